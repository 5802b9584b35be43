// What secretaries and subdistricts do: close, decide, return.
import { textOf } from "../calendar.mjs";
import { compareWorklist, expectedRecord } from "../compare.mjs";
import { isWithin } from "../oracle/people.mjs";
import { actorFor } from "./service.mjs";
import { ofRecord, single } from "./command.mjs";

const VERIFIERS = ["community_secretary", "subdistrict_admin"];

export function closeWorklist(player) {
    const { random, oracle: { weeks }, district } = player;
    const lists = [...weeks.worklists.values()];
    const frozen = lists.filter((one) => weeks.stateOf(one.week) === "frozen" && !one.closedBy);
    const list = frozen.length && random.chance(92) ? random.pick(frozen)
        : random.pick(lists.slice(-6));
    if (!list) return null;
    const actors = district.actors.filter((one) => VERIFIERS.includes(one.role) &&
        isWithin(list.region, one.region));
    const secretary = actors.filter((one) => one.role === "community_secretary");
    const actor = random.pick(random.chance(90) && secretary.length ? secretary : actors);
    return { name: "closeWorklist", keep: null,
        play: () => playClose(player, list, actor, drawClose(player, list, actor)) };
}

// Which records are drawn for a check the daemon decides: what follows must not depend on it.
function drawClose({ random, oracle: { people, weeks } }, list, actor) {
    const matters = weeks.sampleSize(list) > 0 && list.members.every((one) => one.flags.size ||
        !(one.decision || people.hadPart(actor.person, one)));
    return { mismatch: random.chance(15) ? random.pick(list.members).id : null,
        forgets: random.chance(6) && matters, stale: random.chance(4),
        strange: random.chance(3), result: random.pick(["confirmed", "confirmed", "unreachable"]) };
}

async function playClose(player, list, actor, { mismatch, forgets, stale, strange, result }) {
    const { oracle: { weeks }, world } = player;
    const path = { region_code: list.region, book_week: textOf(list.week) };
    const read = await world.admin.ok("getWorklist", { path });
    const ids = new Set([...(forgets ? [] : read.sample), ...(mismatch ? [mismatch] : [])]);
    const checks = [...ids].map((record_id) => ({ record_id, method: "phone",
        result: record_id === mismatch ? "mismatch" : result }));
    if (strange) checks.push({ record_id: "0190f0c0-0000-7000-8000-0000000000ff", method: "phone",
        result: "confirmed" });
    const faults = weeks.closeFaults(list, actor, checks);
    const digest = stale ? "0".repeat(64) : read.digest;
    if (stale) faults.add("worklist_changed");
    if (read.sample.some((id) => !ids.has(id))) faults.add("spot_checks_missing");
    await player.send(actor, "closeWorklist", { path, body: { digest, checks } }, faults, (came) => {
        const left = weeks.close(list, actor.person, checks);
        compareWorklist(player.oracle, list, came);
        return { exceptions: left.map(([record, reason]) =>
            ({ record_id: record.id, reason, decided: false }))
            .sort((a, b) => (a.record_id < b.record_id ? -1 : 1)) };
    });
}

// Records that wait for a decision of their own come first.
function drawUndecided({ random, oracle: { service, weeks } }) {
    const open = service.all((one) => one.status === "registered" &&
        weeks.stateOf(one.week) === "frozen");
    const single = open.filter((one) => one.flags.size || one.exceptions.size);
    return random.pick(single.length && random.chance(75) ? single : open);
}

export function decideRecord(player) {
    const { random, oracle: { service, weeks } } = player;
    const record = random.chance(93) ? drawUndecided(player)
        : random.pick(service.all((one) => !one.openingOf));
    const actor = record && actorFor(player,
        record.flags.has("long_day") ? [...VERIFIERS, "district_admin"] : VERIFIERS, record);
    if (!actor) return null;
    const decision = random.weighted([[50, "accept"], [20, "reduce"], [15, "reject"],
        [15, "return"]]);
    const minutes = decision === "reduce" ? random.between(1, Math.min(1440, record.minutes + 1))
        : undefined;
    const body = { decision, ...(minutes && { minutes }),
        ...((decision !== "accept" || random.chance(10)) && !random.chance(3) && { reason: "已核" }) };
    return single({ actor, operation: "decideServiceRecord",
        options: { path: { id: record.id }, body }, keep: keepOf(player, record),
        faults: () => weeks.decideFaults(record, actor, { ...body, minutes }),
        done: () => {
            weeks.decide(record, actor.person, decision, minutes);
            return expectedRecord(record);
        } });
}

const keepOf = ({ oracle }, record) => [...ofRecord(record),
    ...(record.assignment ? [`v ${oracle.books.holds.get(record.assignment).payer}`] : [])];

export function returnRecord(player) {
    const { random, oracle: { service, weeks } } = player;
    const record = random.pick(service.all((one) => !one.openingOf &&
        (one.status === "registered" || random.chance(5))).slice(-30));
    const actor = record && actorFor(player, VERIFIERS, record);
    if (!actor) return null;
    return single({ actor, operation: "returnServiceRecord",
        options: { path: { id: record.id }, body: { reason: "时间有误" } },
        keep: keepOf(player, record),
        faults: () => weeks.returnFaults(record, actor),
        done: () => {
            const isFrozen = weeks.stateOf(record.week) === "frozen";
            if (isFrozen) weeks.decide(record, actor.person, "return");
            else {
                record.verifier = actor.person;
                record.decision = { decision: "return", minutes: 0, week: record.week };
                service.end(record, "returned");
            }
            return expectedRecord(record);
        } });
}
