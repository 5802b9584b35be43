// Drafts, signatures, registrations, and taking back what was wrong.
import { MINUTE_MS, dayOf, midnight, textOf, timeText } from "../calendar.mjs";
import { expectedRecord } from "../compare.mjs";
import { COMMUNITIES, SUBDISTRICT } from "../district.mjs";
import { isWithin } from "../oracle/people.mjs";
import { contentOf } from "../oracle/service.mjs";
import { ofRecord, single } from "./command.mjs";

const WRITERS = ["subdistrict_clerk", "community_secretary", "community_clerk", "team_leader",
    "residents_group_head", "information_officer"];
const VOIDERS = ["community_secretary", "community_clerk", "team_leader", "residents_group_head"];
const QUARTER_HOUR = 15 * MINUTE_MS;
const CATEGORIES = ["home_care", "companionship", "patrol", "performance", "lunch_table"];
const NOBODY = "0190f0c0-0000-7000-8000-0000000000ff";

const recordsIn = (player, ...statuses) => player.oracle.service.all((one) =>
    statuses.includes(one.status) && !one.openingOf);

// Mostly a recent one, so that things go on.
const pickRecord = (player, ...statuses) => {
    const list = recordsIn(player, ...statuses);
    return player.random.chance(80) ? player.random.pick(list.slice(-25))
        : player.random.pick(list);
};

export function actorFor(player, roles, record) {
    const fits = player.district.actors.filter((one) => roles.includes(one.role) &&
        isWithin(record.region, one.region));
    const visible = fits.filter((one) => one.role !== "team_leader" || one.team === record.team);
    return player.random.pick(visible);
}

// Mostly by day, often to the very edge of the usual hours, 06:00 to 22:00.
function atUsualHours(random, latest, minutes) {
    const morning = midnight(dayOf(latest)) + 6 * 60 * MINUTE_MS;
    const evening = morning + 16 * 60 * MINUTE_MS;
    let end = latest;
    if (latest > evening && random.chance(80)) end = evening - QUARTER_HOUR * random.below(3);
    const start = end - minutes * MINUTE_MS;
    if (start < morning && random.chance(80)) {
        const later = morning + minutes * MINUTE_MS;
        if (later <= latest) return { start: morning, end: later, minutes };
    }
    return { start, end, minutes };
}

// When somebody served: mostly in the last days, in a time that is still free.
function drawTimes(player, volunteer, wanted = null) {
    const { random, oracle } = player;
    const draw = () => {
        const back = random.chance(85) ? random.below(3 * 96) : random.below(45 * 96);
        const minutes = wanted ?? (random.chance(4) ? random.between(481, 1440) : 15 * random.between(1, 12));
        const latest = Math.floor(oracle.now / QUARTER_HOUR) * QUARTER_HOUR - back * QUARTER_HOUR;
        return atUsualHours(random, latest, minutes);
    };
    const isFree = ({ start, end }) => !oracle.service.all((one) => one.volunteer === volunteer &&
        ["attested", "registered", "verified"].includes(one.status) &&
        one.start !== null && one.start < end && start < one.end).length;
    let times = draw();
    for (let tries = 0; tries < 4 && !isFree(times); tries++) times = draw();
    return times;
}

function timeFields(player, volunteer) {
    const { random } = player;
    const { start, end, minutes } = drawTimes(player, volunteer);
    if (random.chance(12))
        return { service_date: textOf(dayOf(start)),
            minutes: random.chance(10) ? 1440 : Math.min(minutes, 300) };
    const [from, to] = random.chance(2) ? [end, start] : [start, end];
    return { starts_at: timeText(from), ends_at: timeText(to),
        ...(random.chance(25) && { minutes: random.between(1, minutes + (random.chance(5) ? 9 : 0)) }),
        ...(random.chance(1) && { ends_at: timeText(player.oracle.now + QUARTER_HOUR) }) };
}

function recipientFields(player) {
    const { random, district, oracle } = player;
    const persons = [...oracle.people.persons.keys()];
    return random.weighted([
        [70, () => ({ recipient_kind: "person", recipient_person_id: random.pick(persons) })],
        [10, () => ({ recipient_kind: "household",
            recipient_household_id: random.pick(district.households) })],
        [10, () => ({ recipient_kind: "group", recipient_label: "小饭桌的孩子" })],
        [8, () => ({ recipient_kind: "public", recipient_label: "全体居民" })],
        [2, () => ({ recipient_kind: "person", recipient_household_id: district.households[0] })],
    ])();
}

// A body that is mostly right.
function draftBody(player, actor) {
    const { random, district, oracle } = player;
    const communities = COMMUNITIES.filter((one) => isWithin(one, actor.region));
    const region = random.chance(2) && actor.region === SUBDISTRICT ? SUBDISTRICT
        : random.pick(communities);
    const near = district.volunteers.filter((one) =>
        isWithin(oracle.people.person(one.person).region, region));
    const volunteer = random.pick(near.length && random.chance(85) ? near : district.volunteers).id;
    const open = [...oracle.books.holds.values()].filter((one) => one.volunteer === volunteer &&
        ((one.state === "open" && !one.record) || random.chance(1)));
    return {
        region_code: region,
        volunteer_id: random.chance(1) ? NOBODY : volunteer,
        category_code: random.chance(1) ? "no_such_thing" : random.pick(CATEGORIES),
        ...(actor.role !== "team_leader" && random.chance(60) && {
            team_id: random.pick(district.teams) }),
        ...recipientFields(player),
        place: "活动室", content: `服务${random.below(1000)}`,
        ...timeFields(player, volunteer),
        ...(open.length && random.chance(80) && { assignment_id: random.pick(open).assignment }),
        ...(random.chance(1) && { assignment_id: random.pick(
            [...oracle.books.holds.keys(), NOBODY]) }),
    };
}

// What a writer says; a leader's own team when he names none.
function content(body, actor) {
    const one = contentOf(body);
    return actor.role === "team_leader" ? { ...one, team: one.team ?? actor.team } : one;
}

export function createDraft(player) {
    const actor = player.random.pick(player.district.actors.filter((one) =>
        WRITERS.includes(one.role)));
    const body = draftBody(player, actor);
    const one = content(body, actor);
    const { service } = player.oracle;
    return single({ actor, operation: "createServiceRecord", options: { body },
        keep: keepOf(player, one),
        faults: () => service.draftFaults(one, actor.person),
        done: ({ id, version }) => {
            const record = service.draft(id, one, actor.person);
            record.version = version;
            return expectedRecord(record);
        } });
}

function keepOf(player, { volunteer, region, assignment }) {
    const payer = player.oracle.books.holds.get(assignment)?.payer;
    return [`v ${volunteer}`, `w ${region}`, ...(payer ? [`v ${payer}`] : [])];
}

export function updateDraft(player) {
    const { random, oracle: { service } } = player;
    const record = random.chance(95) ? pickRecord(player, "draft")
        : pickRecord(player, "attested", "registered", "verified", "void");
    const actor = record && actorFor(player, WRITERS, record);
    if (!actor) return null;
    const body = random.weighted([
        [40, () => ({ content: `改正${random.below(1000)}` })],
        [30, () => (record.start === null ? { minutes: random.between(1, 200) }
            : { minutes: random.between(1, (record.end - record.start) / MINUTE_MS + 1) })],
        [30, () => {
            const { start, end, minutes } = drawTimes(player, record.volunteer);
            return record.start === null ? { content: "改正" }
                : { starts_at: timeText(start), ends_at: timeText(end), minutes };
        }],
    ])();
    const match = random.chance(4) ? record.version + 7 : record.version;
    const changed = { ...record, ...(body.content && { content: body.content }),
        ...(body.minutes && { minutes: body.minutes }),
        ...(body.starts_at && { start: Date.parse(body.starts_at), end: Date.parse(body.ends_at),
            day: dayOf(Date.parse(body.starts_at)) }) };
    return single({ actor, operation: "updateServiceRecord",
        options: { path: { id: record.id }, body, match }, keep: keepOf(player, record),
        faults: () => {
            if (record.status !== "draft") return new Set(["already_attested", "version_mismatch"]);
            const found = service.draftFaults(changed, actor.person);
            return match === record.version ? found : found.add("version_mismatch");
        },
        done: ({ version }) => {
            Object.assign(record, { content: changed.content, minutes: changed.minutes,
                start: changed.start, end: changed.end, day: changed.day, version });
            return expectedRecord(record);
        } });
}

export function discardDraft(player) {
    const record = player.random.chance(80) ? pickRecord(player, "draft")
        : pickRecord(player, "attested", "registered", "replaced");
    const actor = record && actorFor(player, WRITERS, record);
    if (!actor) return null;
    return single({ actor, operation: "discardServiceRecord",
        options: { path: { id: record.id } }, keep: keepOf(player, record),
        faults: () => new Set(record.status === "draft" ? [] : ["already_attested"]),
        done: () => {
            record.status = "discarded";
            player.oracle.service.records.delete(record.id);
            return { status: "discarded", id: record.id };
        } });
}

// Mostly who should sign.
function drawSignature(player, record) {
    const { random, oracle: { people } } = player;
    const persons = [...people.persons.keys()];
    const other = () => random.pick(persons);
    const officers = { patrol: ["partner_unit"], performance: ["venue_keeper"],
        lunch_table: ["guardian"] }[record.category] ??
        ["partner_unit", "venue_keeper", "organiser"];
    const right = { person: () => ({ capacity: "recipient", attester: record.recipient }),
        household: () => ({ capacity: "recipient",
            attester: random.pick(people.members(record.household)) }) }[record.kind] ??
        (() => ({ capacity: random.pick(officers), attester: other(), relation: "亲属" }));
    const a = random.weighted([[88, right],
        [4, () => ({ capacity: "family_proxy", attester: other(),
            relation: random.chance(80) ? "亲属" : undefined })],
        [4, () => ({ capacity: "witness", attester: other(),
            second: random.chance(70) ? other() : undefined })],
        [4, () => ({ capacity: "recipient", attester: other() })]])();
    if (a.second === a.attester) delete a.second;
    if (random.chance(15)) a.minutes = random.between(1, record.minutes + (random.chance(5) ? 5 : 0));
    if (a.minutes > 1440) a.minutes = 1440;
    if (random.chance(92)) a.sheet = `签到表-${random.below(100)}`;
    return a;
}

const paper = ({ attester, second, capacity, minutes, relation, sheet }) => ({ method: "paper", capacity,
    attester_id: attester, ...(sheet && { sheet_number: sheet }), ...(second && { second_attester_id: second }),
    ...(minutes && { minutes }), ...(relation && { relation }) });

export function attestOnPaper(player) {
    const { random, oracle: { service } } = player;
    const record = random.chance(96) ? pickRecord(player, "draft")
        : pickRecord(player, "attested", "registered", "verified", "void", "returned");
    const actor = record && actorFor(player, WRITERS, record);
    if (!actor) return null;
    const a = drawSignature(player, record);
    return single({ actor, operation: "attestServiceRecord",
        options: { path: { id: record.id }, body: paper(a) }, keep: keepOf(player, record),
        faults: () => service.attestFaults(record, actor.person, a),
        done: () => {
            service.attest(record, a);
            return expectedRecord(record);
        } });
}

export function register(player) {
    const { random, oracle: { service } } = player;
    const record = random.chance(93) ? pickRecord(player, "attested")
        : pickRecord(player, "draft", "registered", "verified", "void", "returned", "rejected");
    const actor = record && actorFor(player, WRITERS, record);
    if (!actor) return null;
    const registrar = drawRegistrar(player, record, actor);
    return single({ actor, operation: "registerServiceRecord",
        options: { path: { id: record.id },
            body: registrar === actor.person ? {} : { registrar_id: registrar } },
        keep: ofRecord(record),
        faults: () => (record.status === "attested"
            ? service.registrarFaults(record, registrar, actor.person)
            : new Set([service.stateFault(record.status)])),
        done: () => {
            service.register(record, registrar);
            return expectedRecord(record);
        } });
}

// A clerk names one who may; others mostly register themselves.
function drawRegistrar(player, record, actor) {
    const { random, district } = player;
    const entitled = district.actors.filter((one) => one.region === record.region &&
        ["community_secretary", "residents_group_head", "team_leader"].includes(one.role));
    const who = entitled.length && random.chance(90) ? entitled : district.actors;
    const isRegistrar = ["community_secretary", "residents_group_head"].includes(actor.role);
    return isRegistrar && random.chance(50) ? actor.person : random.pick(who).person;
}

// What a withdrawal was placed for is served, for less or for longer than was held.
export function serveHold(player) {
    const { random, oracle } = player;
    const hold = random.pick([...oracle.books.holds.values()].filter((one) =>
        one.state === "open" && !one.record));
    const minutes = hold && random.between(Math.ceil(hold.minutes / 2), hold.minutes * 2);
    return hold && minutes <= 480 ? recordAtCounter(player, { volunteer_id: hold.volunteer,
        assignment_id: hold.assignment, category_code: "home_care",
        ...timesOf(drawTimes(player, hold.volunteer, minutes)) }) : null;
}

const timesOf = ({ start, end }) => ({ starts_at: timeText(start), ends_at: timeText(end),
    minutes: undefined, service_date: undefined });

export function recordAtCounter(player, changes = {}) {
    const { random, district, oracle: { service, people } } = player;
    const actor = random.pick(district.actors.filter((one) => WRITERS.includes(one.role)));
    const body = { ...draftBody(player, actor), ...changes };
    const d = { ...content(body, actor), replaces: null, attesters: [], registrar: null };
    d.server = people.serverOf(d.volunteer);
    if (!d.server) return null;
    const a = drawSignature(player, { ...d, minutes: Math.max(1, d.minutes) });
    if (!a.attester) return null;
    const registrar = drawRegistrar(player, d, actor);
    const judged = { ...d, status: "draft" };
    return single({ actor, operation: "recordServiceAtCounter",
        options: { body: { ...body, attestation: paper(a), registrar_id: registrar } },
        keep: keepOf(player, d),
        faults: () => new Set([...service.attestFaults(judged, actor.person, a),
            ...service.registrarFaults(d, registrar, actor.person,
                [a.attester, a.second].filter(Boolean))]),
        done: ({ id }) => {
            const record = service.draft(id, content(body, actor), actor.person);
            service.attest(record, a);
            service.register(record, registrar);
            return expectedRecord(record);
        } });
}

export function voidRecord(player) {
    const { random, oracle: { service } } = player;
    const record = random.chance(90) ? pickRecord(player, "attested", "registered")
        : pickRecord(player, "draft", "verified", "void", "returned", "rejected", "replaced");
    const actor = record && actorFor(player, VOIDERS, record);
    if (!actor) return null;
    return single({ actor, operation: "voidServiceRecord",
        options: { path: { id: record.id }, body: { reason: "重复" } }, keep: keepOf(player, record),
        faults: () => service.voidFaults(record, actor.person),
        done: () => {
            service.end(record, "void");
            return expectedRecord(record);
        } });
}

export function replaceRecord(player) {
    const { random, oracle: { service } } = player;
    const old = random.chance(90)
        ? pickRecord(player, "attested", "registered", "returned", "returned", "rejected")
        : pickRecord(player, "draft", "verified", "void", "replaced");
    const actor = old && actorFor(player, WRITERS, old);
    if (!actor) return null;
    const body = random.chance(50) ? { content: "更正" } : { minutes: random.between(1, old.minutes) };
    const d = { ...old, ...(body.minutes && { minutes: body.minutes }), replaces: old.id };
    return single({ actor, operation: "replaceServiceRecord",
        options: { path: { id: old.id }, body }, keep: keepOf(player, old),
        faults: () => service.replaceFaults(old, d, actor.person),
        done: ({ id, version }) => {
            const { region, team, volunteer, category, kind, recipient, household, label, start, end,
                day, minutes, assignment } = d;
            const record = service.draft(id, { region, team, volunteer, category, kind, recipient,
                household, label, start, end, day, minutes, assignment }, actor.person);
            Object.assign(record, { replaces: old.id, version });
            return expectedRecord(record);
        } });
}

// The recipient's code: sent, sometimes typed wrong or after a change, then right.
export function signByCode(player) {
    const { random, oracle: { service }, world } = player;
    const record = random.pick(recordsIn(player, "draft").filter((one) =>
        one.kind === "person" && !one.codeSent).slice(-25));
    const actor = record && actorFor(player, WRITERS, record);
    if (!actor) return null;
    const wrong = random.chance(20);
    const path = { id: record.id };
    const a = { attester: record.recipient, capacity: "recipient", isCode: true };
    return { name: "signByCode", keep: keepOf(player, record), play: async () => {
        record.codeSent = true;
        await player.send(actor, "requestAttestationCode", { path }, new Set(), () =>
            ({ record_id: record.id, recipient_id: record.recipient, minutes: record.minutes }));
        const { data: [message] } = await world.admin.ok("listTestMessages",
            { query: { subject_id: record.id } });
        const [, code] = /(?<!\d)(\d{6})(?!\d)/.exec(message.text);
        const faults = () => service.attestFaults(record, actor.person, a);
        if (wrong) {
            const other = String((Number(code) + 1) % 1000000).padStart(6, "0");
            await player.send(actor, "attestServiceRecord",
                { path, body: { method: "code", code: other } }, faults().add("code_wrong"));
        }
        await player.send(actor, "attestServiceRecord", { path, body: { method: "code", code } },
            faults(), () => {
                service.attest(record, a);
                return expectedRecord(record);
            });
    } };
}
