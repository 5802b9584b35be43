// What is wrong is reported, answered, corrected in the ledger, and approved.
import { textOf } from "../calendar.mjs";
import { isWithin } from "../oracle/people.mjs";
import { single } from "./command.mjs";
import { actorFor } from "./service.mjs";

const REPORTERS = ["subdistrict_clerk", "community_secretary", "community_clerk", "team_leader",
    "residents_group_head", "information_officer"];
const VERIFIERS = ["community_secretary", "subdistrict_admin"];
const CORRECTORS = ["district_admin", "subdistrict_admin"];

const byText = (a, b) => (a < b ? -1 : 1);
const describe = (one) => `${one.kind} ${one.corrected ?? one.corrected_kind} ${one.minutes}`;

// A correction waits for whoever pays, and a case for all.
const keepOf = (record) => {
    const { payment, volunteer, region } = record;
    const payer = payment?.capture?.debit;
    return [`v ${volunteer}`, `w ${region}`, ...(payer ? [`v ${payer}`] : [])];
};

function expectedCorrection({ oracle }, one) {
    return { state: one.state, minutes_before: one.before, minutes: one.minutes,
        deficit_minutes: one.state === "posted" ? one.deficit
            : oracle.corrections.deficit(one.record, one.minutes),
        book_month: one.month === undefined ? null : textOf(one.month),
        case_number: one.caseNumber };
}

function drawRecord({ random, oracle: { service } }) {
    const all = service.all((one) => one.payment);
    const withdrawn = all.filter((one) => one.payment.capture);
    const booked = withdrawn.length && random.chance(40) ? withdrawn : all;
    return random.pick(booked.length && random.chance(90) ? booked.slice(-40)
        : service.all((one) => one.status !== "draft"));
}

export function correctRecord(player) {
    const { random, oracle } = player;
    const record = drawRecord(player);
    if (!record) return null;
    const actor = actorFor(player, CORRECTORS, record);
    const minutes = random.weighted([[60, () => random.between(0, record.minutes)], [20, () => 0],
        [10, () => record.minutes], [10, () => record.minutes + random.below(2)]])();
    return single({ actor, operation: "createLedgerCorrection", keep: keepOf(record),
        options: { path: { id: record.id }, body: { minutes, reason: "经核实" } },
        faults: () => oracle.corrections.faults(record, minutes, actor.person),
        done: (came) => {
            const one = oracle.corrections.create(came.id, record, minutes, actor.person);
            return { ...expectedCorrection(player, one), ...expectedTransfers(one, came) };
        } });
}

// In any order among the reversals and among the replacements.
function expectedTransfers(one, came) {
    const wanted = one.transfers.map(describe);
    const told = came.transfers.map(describe);
    const isSame = [...wanted].sort(byText).join() === [...told].sort(byText).join();
    return isSame ? {} : { transfers: wanted };
}

export function approveCorrection(player) {
    const { random, oracle: { corrections, notices } } = player;
    const all = [...corrections.all.values()];
    const waiting = all.filter((one) => one.state === "awaiting_approval");
    const one = random.pick(waiting.length ? waiting : all.slice(-5));
    if (!one || (!waiting.length && !random.chance(20))) return null;
    const actor = player.actor(random.pick(["admin", "secondAdmin"]));
    const decision = random.chance(70) ? "approve" : "decline";
    const body = { decision, ...((decision === "decline") === random.chance(95) && { reason: "已谈" }) };
    const ofCase = one.caseNumber && notices.cases.get(one.caseNumber);
    return single({ actor, operation: "decideLedgerCorrection",
        keep: ofCase ? null : keepOf(one.record),
        options: { path: { correction_id: one.id }, body },
        faults: () => corrections.decideFaults(one, actor.person, body),
        done: (came) => {
            corrections.decide(one, decision);
            return { ...expectedCorrection(player, one), ...expectedTransfers(one, came),
                deficit_minutes: decision === "approve" ? one.deficit : came.deficit_minutes };
        },
        after: async (playing) => ofCase && playing.moveTo(playing.oracle.now) });
}

export function reportError(player) {
    const { random, oracle } = player;
    const { service, people, requests } = oracle;
    const record = random.pick(service.all((one) => !one.openingOf).slice(-40));
    const actor = record && actorFor(player, REPORTERS, record);
    if (!actor) return null;
    const parts = [record.server, record.recipient, ...record.attesters].filter(Boolean);
    const requester = random.chance(60) ? random.pick(parts)
        : random.chance(80) ? actor.person : random.pick([...people.persons.keys()]);
    return single({ actor, operation: "createCorrectionRequest",
        keep: [`v ${record.volunteer}`, `w ${record.region}`],
        options: { path: { id: record.id },
            body: { reason: "时间有误", wrong: ["minutes"], requester_id: requester } },
        faults: () => requests.createFaults(record, actor, requester),
        done: ({ id }) => {
            requests.create(id, record, requester);
            return { state: "open", awaiting: null, record_status: record.status };
        } });
}

function drawRequest({ random, oracle: { requests } }) {
    const all = [...requests.all.values()];
    const open = all.filter((one) => requests.stateOf(one) === "open");
    return random.pick(open.length && random.chance(90) ? open : all.slice(-10));
}

export function answerReport(player) {
    const { random, oracle: { requests } } = player;
    const one = drawRequest(player);
    const actor = one && actorFor(player, VERIFIERS, one.record);
    if (!actor) return null;
    const decision = random.chance(70) ? "accept" : "decline";
    const follow_up = decision === "accept" && random.chance(40)
        ? random.pick(["replace", "void", "return", "decide", "ledger_correction"]) : undefined;
    const body = { decision, ...(follow_up && { follow_up }),
        ...(decision === "decline" && !random.chance(5) && { reason: "无误" }) };
    return single({ actor, operation: "decideCorrectionRequest",
        keep: [`v ${one.record.volunteer}`, `w ${one.record.region}`],
        options: { path: { id: one.record.id, correction_request_id: one.id }, body },
        faults: () => requests.answerFaults(one, actor, body),
        done: () => {
            requests.answer(one, decision, follow_up);
            return { state: requests.stateOf(one), follow_up: one.followUp };
        } });
}

export function withdrawReport(player) {
    const { oracle: { requests } } = player;
    const one = drawRequest(player);
    const actor = one && actorFor(player, REPORTERS, one.record);
    if (!actor || !isWithin(one.record.region, actor.region)) return null;
    return single({ actor, operation: "withdrawCorrectionRequest",
        keep: [`v ${one.record.volunteer}`, `w ${one.record.region}`],
        options: { path: { id: one.record.id, correction_request_id: one.id }, body: {} },
        faults: () => requests.withdrawFaults(one, actor),
        done: () => {
            one.answer = "withdrawn";
            return { state: "withdrawn" };
        } });
}
