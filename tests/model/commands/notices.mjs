// Notices are hung up and taken down; people object, and cases are decided.
import { MINUTE_MS, timeText } from "../calendar.mjs";
import { isWithin } from "../oracle/people.mjs";

const POSTERS = ["community_secretary", "community_clerk", "subdistrict_clerk"];
const HOUR_MS = 60 * MINUTE_MS;

// Whatever changes a notice is followed by a wake-up, so that both see the same next.
const waking = (name, play) => ({ name, keep: null, play: async (player) => {
    await play(player);
    await player.moveTo(player.oracle.now);
} });

const recent = ({ oracle }) => [...oracle.notices.all.values()].slice(-3)
    .filter((one) => one.lines.size);

export function postNotice(player) {
    const { random, oracle, district } = player;
    const notice = random.pick(recent(player).filter((one) =>
        oracle.notices.stateOf(one.quarter) !== "final"));
    if (!notice) return null;
    const pages = [...new Set([...notice.lines.values()].filter((one) => one.isNew)
        .map((one) => one.region))];
    const missing = pages.filter((region) =>
        !notice.postings.some((one) => one.region === region && one.down === null));
    const region = random.pick(missing.length && random.chance(90) ? missing : pages);
    const actor = random.pick(district.actors.filter((one) => POSTERS.includes(one.role) &&
        region && isWithin(region, one.region)));
    if (!actor) return null;
    const span = oracle.now - notice.drawnAt;
    const at = random.chance(5) ? notice.drawnAt - HOUR_MS
        : Math.floor((oracle.now - random.below(Math.min(span, 12 * HOUR_MS) + 1)) / 1000) * 1000;
    return waking("createNoticePostings", async () => {
        const faults = new Set(at < notice.drawnAt ? ["posting_time_invalid"] : []);
        await player.send(actor, "createNoticePostings", { path: { number: notice.number },
            body: { postings: [{ region_code: region, place: "公示栏", posted_at: timeText(at) }] } },
        faults, ({ postings: [{ id }] }) => {
            notice.postings.push({ id, region, at, down: null });
            const { pages: count, posted } = oracle.notices.standing(notice);
            return { pages: count, posted_pages: posted };
        });
    });
}

export function takeDown(player) {
    const { random, oracle, district } = player;
    const [notice, posting] = random.pick(recent(player).flatMap((one) =>
        one.postings.map((each) => [one, each]))) ?? [];
    const actor = posting && random.pick(district.actors.filter((one) =>
        POSTERS.includes(one.role) && isWithin(posting.region, one.region)));
    if (!actor || oracle.notices.stateOf(notice.quarter) === "final") return null;
    return waking("takeDownNoticePosting", async () => {
        const faults = new Set(posting.down === null ? [] : ["posting_taken_down"]);
        await player.send(actor, "takeDownNoticePosting",
            { path: { posting_id: posting.id }, body: {} }, faults, () => {
                posting.down = oracle.now;
                return {};
            });
    });
}

export function object(player) {
    const { random, oracle, district } = player;
    const notice = random.pick(recent(player));
    if (!notice) return null;
    const [volunteer, line] = random.pick([...notice.lines]);
    const target = random.weighted([[80, { volunteer }], [17, { region: line.region }], [3, {}]]);
    const actor = random.chance(50) ? null : random.pick(district.actors.filter((one) =>
        POSTERS.includes(one.role)));
    const body = { statement: "有误", objector_name: "周先生",
        ...(target.volunteer && { line_code: line.code }),
        ...(target.region && { region_code: target.region }) };
    return { name: "object", keep: null, play: async () => {
        const faults = oracle.notices.objectionFaults(notice, target, actor?.region);
        await player.send(actor, actor ? "createObjection" : "filePublicObjection",
            { path: { number: notice.number }, body }, faults, () => {
                const one = oracle.notices.object(notice, target);
                return { case_number: one.number, region_code: one.region,
                    due_at: timeText(one.due) };
            });
        await player.moveTo(oracle.now);
    } };
}

// Records that moved minutes of the line's book, mostly.
function drawCorrections({ random, oracle }, one) {
    const count = random.weighted([[25, 0], [60, 1], [15, 2]]);
    const booked = oracle.service.all((record) => record.payment &&
        (!one.volunteer || record.volunteer === one.volunteer || random.chance(3)));
    return Array.from({ length: count }, () => random.pick(booked.slice(-30))).filter(Boolean)
        .map((record) => ({ record_id: record.id, minutes: random.chance(95)
            ? random.between(0, record.minutes) : record.minutes + 1 }));
}

export function decideCase(player) {
    const { random, oracle, district } = player;
    const { notices } = oracle;
    const all = [...notices.cases.values()];
    const open = all.filter((one) => notices.caseState(one) === "open");
    const one = random.pick(open.length && random.chance(95) ? open : all.slice(-5));
    const actor = one && random.pick(district.actors.filter((each) =>
        ["district_admin", "subdistrict_admin"].includes(each.role) &&
        isWithin(one.region, each.region)));
    if (!actor) return null;
    const decision = random.weighted([[70, "upheld"], [20, "dismissed"], [10, "withdrawn"]]);
    const corrections = decision === "upheld" || random.chance(3) ? drawCorrections(player, one) : [];
    const body = { decision, reason: "经核实", ...(corrections.length && { corrections }) };
    return waking("decideObjection", async () => {
        await player.send(actor, "decideObjection", { path: { case_number: one.number }, body },
            notices.decideFaults(one, actor, body), (came) => {
                const known = new Set(one.all.map(({ id }) => id));
                const fresh = came.corrections.filter((each) => !known.has(each.correction_id));
                const ids = corrections.map(({ record_id }) =>
                    fresh.find((each) => each.record_id === record_id)?.correction_id);
                notices.decide(one, actor, body, ids);
                return expectedCase(one, came, notices);
            });
    });
}

function expectedCase(one, came, notices) {
    const wanted = one.all.map(({ record, before, minutes, state }) =>
        `${record.id} ${before} ${minutes} ${state}`).sort();
    const told = came.corrections.map((each) =>
        `${each.record_id} ${each.minutes_before} ${each.minutes} ${each.state}`).sort();
    return { state: notices.caseState(one),
        ...(wanted.join() !== told.join() && { corrections: wanted }) };
}
