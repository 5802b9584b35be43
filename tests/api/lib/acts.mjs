// What the tests do again and again: serve, sign, register, verify, let the clock move.
import assert from "node:assert/strict";

import { until } from "./wait.mjs";
import { COMMUNITY, WEEK } from "./world.mjs";

// Hours since Monday that have passed when a world begins: daytime first, as services at night are
// flagged.
const MONDAY = Date.parse("2014-05-12T00:00:00+08:00");
const STRETCHES = [[6, 22], [30, 46], [54, 70], [78, 83], [0, 6], [22, 30], [46, 54], [70, 78]]
    .map((hours) => hours.map((hour) => hour * 60));

// Minutes of the week that nobody has used yet: services of a world never overlap unless meant to.
export function freeTime(world, minutes = 60) {
    world.free ??= STRETCHES.map((stretch) => [...stretch]);
    const stretch = world.free.find(([from, to]) => to - from >= minutes);
    const start = MONDAY + stretch[0] * 60000;
    stretch[0] += minutes;
    return {
        starts_at: new Date(start).toISOString(),
        ends_at: new Date(start + minutes * 60000).toISOString(),
    };
}

export function draftBody(world, changes = {}) {
    const timed = changes.starts_at !== undefined || changes.service_date !== undefined;
    const body = {
        region_code: COMMUNITY,
        team_id: world.team.id,
        volunteer_id: world.volunteers.server.id,
        category_code: "home_care",
        recipient_kind: "person",
        recipient_person_id: world.persons.recipient.id,
        place: "3号楼2单元101",
        content: "打扫房间,陪同买药",
        ...(timed ? {} : freeTime(world)),
        ...changes,
    };
    return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

export function draft(world, changes, by = world.as.leader) {
    return by.ok("createServiceRecord", { body: draftBody(world, changes) });
}

// The code that was last queued for the recipient of a record.
export async function codeOf(world, id) {
    const messages = await world.admin.ok("listTestMessages", { query: { subject_id: id } });
    const [, code] = /(?<!\d)(\d{6})(?!\d)/.exec(messages.data[0].text);
    return code;
}

// As if the codes of a draft had been sent so much earlier: their limits count by the wall clock.
export function ageCodes(world, id, seconds) {
    world.database.query(`UPDATE one_time_codes
        SET recorded_at = recorded_at - interval '${seconds} seconds' WHERE draft_id = '${id}'`);
}

// The recipient types the code that was sent to him.
export async function attestByCode(world, id, by = world.as.resident) {
    await world.as.leader.ok("requestAttestationCode", { path: { id } });
    const code = await codeOf(world, id);
    return by.ok("attestServiceRecord", { path: { id }, body: { method: "code", code } });
}

export function register(world, id, by = world.as.leader, body = {}) {
    return by.ok("registerServiceRecord", { path: { id }, body });
}

// Draft, signature and registration.
export async function serve(world, changes) {
    const { id } = await draft(world, changes);
    await attestByCode(world, id);
    return register(world, id);
}

// The same in one request at the counter: the clerk types, the leader registers.
export function counterBody(world, changes = {}) {
    const { attestation, registrar_id, ...rest } = changes;
    return {
        ...draftBody(world, rest),
        attestation: attestation ?? {
            method: "paper", attester_id: world.persons.recipient.id, capacity: "recipient",
            sheet_number: "签到表-01",
        },
        registrar_id: registrar_id ?? world.persons.leader.id,
    };
}

export function atCounter(world, changes, by = world.as.clerk) {
    return by.ok("recordServiceAtCounter", { body: counterBody(world, changes) });
}

export function setClock(world, standing_clock) {
    return world.admin.ok("setTestClock", { body: { standing_clock } });
}

// Sets the clock and waits until the daemon has brought the period to the state that is due then.
async function periodBecomes(world, path, state, standing_clock) {
    await setClock(world, standing_clock);
    return until(async () => {
        const period = await world.admin.ok("getPeriod", { path });
        return period.state === state && period;
    }, `the ${path.grain} of ${path.begin_date} is ${state}`);
}

export function weekBecomes(world, state, standing_clock, begin_date = WEEK) {
    return periodBecomes(world, { grain: "week", begin_date }, state, standing_clock);
}

export function quarterBecomes(world, state, standing_clock, begin_date) {
    return periodBecomes(world, { grain: "quarter", begin_date }, state, standing_clock);
}

export function monthBecomes(world, state, standing_clock, begin_date) {
    return periodBecomes(world, { grain: "month", begin_date }, state, standing_clock);
}

export async function worklist(by, region_code = COMMUNITY, book_week = WEEK) {
    return by.ok("getWorklist", { path: { region_code, book_week } });
}

// What a close needs: the digest that was read, and a check of each drawn record.
export function closeBody(list, changes = {}) {
    return {
        digest: list.digest,
        checks: list.sample.map((record_id) => ({
            record_id, method: "phone", result: "confirmed",
        })),
        ...changes,
    };
}

export async function closeWeek(by, region_code = COMMUNITY, book_week = WEEK) {
    const list = await worklist(by, region_code, book_week);
    const path = { region_code, book_week };
    return by.ok("closeWorklist", { path, body: closeBody(list) });
}

export async function passbookOf(by, volunteer) {
    return by.ok("getPassbook", { path: { passbook_id: volunteer.passbook_id } });
}

// Who a refusal says may do it instead, as "role region_code".
export function mayOf(problem) {
    assert.ok(Array.isArray(problem.args?.may), JSON.stringify(problem));
    return problem.args.may.map((one) => `${one.role} ${one.region_code}`).sort();
}
