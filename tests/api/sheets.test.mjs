// Sign-in sheets: one paper, one request, all of its lines or none.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { atCounter, closeWeek, passbookOf, weekBecomes } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { digestOf } from "./lib/digest.mjs";
import { pngOf, upload } from "./lib/scans.mjs";
import { sheetBody } from "./lib/sheets.mjs";
import { COMMUNITY, FROZEN, SETTLED, SIBLING, TODAY, makeWorld } from "./lib/world.mjs";

const LINES_MAX = 200;

let world, clerk, patrol, idle, number = 100;

before(async () => {
    world = await makeWorld();
    clerk = world.as.clerk;
    patrol = [];
    for (let i = 0; i < 12; i++) patrol.push(await world.newVolunteer(`巡逻员${i + 1}`));
    idle = await world.newVolunteer("闲人");
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const lineOf = (volunteer, more) => ({ volunteer_id: volunteer.id, ...more });
const sheet = (lines, changes) => sheetBody(world, lines, { sheet_number: `表-${number++}`, ...changes });
const send = (body, options = {}) => clerk.call("createServiceSheet", { body, ...options });
const enter = (body, options = {}) => clerk.ok("createServiceSheet", { body, ...options });
const dry = { query: { dry_run: "true" } };
const count = (table) => Number(world.database.query(`SELECT count(*) FROM ${table}`));
const spelled = (problem) => problem.errors.map((one) => `${one.pointer} ${one.code}`);

// The faults of a sheet, of which nothing is stored, dry or not.
async function faultsOf(body) {
    const before = digestOf(world.database, "idempotency_keys");
    const trial = await clerk.refused("createServiceSheet", "sheet_faulty", { body, ...dry });
    const problem = await clerk.refused("createServiceSheet", "sheet_faulty", { body });
    assert.deepEqual(spelled(problem), spelled(trial));
    assert.equal(problem.args.faults, problem.errors.length);
    assert.deepEqual(digestOf(world.database, "idempotency_keys"), before);
    return spelled(problem);
}

const oneFault = async (changes, ...expected) =>
    assert.deepEqual(await faultsOf(sheet([lineOf(idle)], changes)), expected);

describe("acceptance scenario 8: a patrol sheet of 12 lines with one wrong total", () => {
    const lines = () => patrol.map((volunteer, i) => i % 2
        ? { volunteer_number: volunteer.volunteer_number } : lineOf(volunteer, { minutes: 90 }));
    const wrong = () => sheetBody(world, lines(), { sheet_number: "巡逻-8",
        totals: { lines: 12, minutes: 1250 } });
    const right = () => sheetBody(world, lines(), { sheet_number: "巡逻-8",
        totals: { lines: 12, minutes: 1260 } });

    test("the dry run shows where; nothing is stored", async () => {
        const before = digestOf(world.database);
        const problem = await clerk.refused("createServiceSheet", "sheet_faulty",
            { body: wrong(), ...dry });
        assert.deepEqual(spelled(problem), ["#/totals/minutes sheet_total_differs"]);
        assert.match(problem.errors[0].detail, /1250.*1260/);
        assert.deepEqual(digestOf(world.database), before);
    });

    test("the dry run of the corrected one shows what would be; nothing is stored", async () => {
        const before = digestOf(world.database);
        const would = await enter(right(), { ...dry, key: null });
        assert.deepEqual([would.dry_run, would.id, would.lines_count, would.minutes],
            [true, null, 12, 1260]);
        assert.deepEqual(would.lines.map((line) => [line.line_no, line.record_id, line.minutes]),
            patrol.map((_, i) => [i + 1, null, i % 2 ? 120 : 90]));
        assert.deepEqual(digestOf(world.database), before);
    });

    test("corrected and sent twice: 12 records once", async () => {
        const records = count("service_records");
        const key = randomUUID();
        await send(right(), { key, ...dry }); // a dry run keeps no key
        const first = await send(right(), { key });
        const again = await send(right(), { key });
        assert.equal(first.status, 201);
        assert.equal(first.headers.location, `/v1/service-sheets/${first.body.id}`);
        assert.equal(again.text, first.text);
        assert.equal(again.headers["idempotent-replayed"], "true");
        const other = await clerk.refused("createServiceSheet", "sheet_number_taken",
            { body: right() });
        assert.equal(other.args.sheet_id, first.body.id);
        assert.equal(count("service_records"), records + 12);
        for (const [i, volunteer] of patrol.entries()) {
            const { pending_minutes, balance_minutes } =
                await passbookOf(world.as.secretary, volunteer);
            assert.deepEqual([pending_minutes, balance_minutes], [i % 2 ? 120 : 90, 0]);
        }
    });

    test("50 at once with as many keys: once", async () => {
        const body = sheet([lineOf(world.volunteers.helper, {
            starts_at: "2014-05-14T08:00:00+08:00", ends_at: "2014-05-14T09:00:00+08:00" })],
        { totals: { lines: 1, minutes: 60 } });
        const answers = await Promise.all(Array.from({ length: 50 }, () => send(body)));
        const codes = answers.map((one) => one.body.code ?? one.status);
        assert.equal(codes.filter((one) => one === 201).length, 1);
        assert.equal(codes.filter((one) => one === "sheet_number_taken").length, 49, String(codes));
    });
});

describe("a sheet that was entered", () => {
    let made, scan;

    before(async () => {
        scan = (await upload(clerk, pngOf("巡逻签到表"))).sha256;
        const day = { service_date: "2014-05-13", starts_at: "2014-05-13T08:00:00+08:00",
            ends_at: "2014-05-13T09:00:00+08:00" };
        made = await enter(sheet([lineOf(patrol[0]), lineOf(patrol[1], { minutes: 30 })], {
            ...day, totals: { lines: 2, minutes: 90 }, person_in_charge: "老周",
            category_code: "performance",
            attestation: { method: "paper", attester_id: world.persons.daughter.id,
                second_attester_id: world.persons.recipient.id, capacity: "witness", scan },
        }));
    });

    test("is read as it was answered, with its records as they are now", async () => {
        const path = { sheet_id: made.id };
        assert.deepEqual(await clerk.ok("getServiceSheet", { path }), made);
        const [line] = made.lines;
        const record = await clerk.ok("getServiceRecord", { path: { id: line.record_id } });
        assert.deepEqual([record.status, record.minutes, record.registrar_id, record.entered_by],
            ["registered", 60, world.persons.leader.id, clerk.actor.user.id]);
        await clerk.ok("voidServiceRecord",
            { path: { id: line.record_id }, body: { reason: "未到场" } });
        const now = await clerk.ok("getServiceSheet", { path });
        assert.deepEqual(now.lines.map((one) => one.status), ["void", "registered"]);
    });

    test("is known by its records, with both who signed and the scan", async () => {
        const { chain, sheet: from } = await clerk.ok("getServiceRecordEvidence",
            { path: { id: made.lines[1].record_id } });
        assert.deepEqual(from, { id: made.id, sheet_number: made.sheet_number, line_no: 2 });
        const signed = chain.filter((one) => one.duty === "attester");
        assert.deepEqual(signed.map((one) => one.person_id).sort(),
            [world.persons.daughter.id, world.persons.recipient.id].sort());
        for (const one of signed)
            assert.deepEqual([one.capacity, one.minutes, one.sheet_number, one.scan],
                ["witness", 30, made.sheet_number, scan]);
        const { sheet: none } = await clerk.ok("getServiceRecordEvidence",
            { path: { id: (await atCounter(world)).id } });
        assert.equal(none, null);
        const { records } = await clerk.ok("getScan", { path: { sha256: scan } });
        assert.deepEqual(records.map((one) => one.id).sort(),
            made.lines.map((one) => one.record_id).sort());
    });

    test("is listed in its region, by number and day", async () => {
        const list = (query, by = clerk) => by.ok("listServiceSheets", { query });
        const { data } = await list({ sheet_number: made.sheet_number });
        assert.deepEqual(data.map((one) => one.id), [made.id]);
        assert.deepEqual((await list({ service_date_to: "2014-05-12" })).data, []);
        assert.ok((await list({ service_date_from: "2014-05-13", region_code: COMMUNITY,
            team_id: world.team.id })).data.length > 0);
        assert.deepEqual((await list({}, world.as.siblingLeader)).data, []);
        await world.as.siblingSecretary.refused("getServiceSheet", "not_found",
            { path: { sheet_id: made.id } });
    });

    test("may have the number of another community's", async () => {
        const body = sheet([lineOf(world.volunteers.siblingServer)], {
            region_code: SIBLING, team_id: world.siblingTeam.id, sheet_number: made.sheet_number,
            registrar_id: world.persons.siblingLeader.id,
        });
        await world.as.siblingSecretary.ok("createServiceSheet", { body });
    });

    test("outside of the caller's region, or of another team, is not found", async () => {
        const body = sheet([lineOf(patrol[2])]);
        for (const key of ["siblingSecretary", "siblingLeader", "farSecretary"])
            for (const options of [{ body }, { body, ...dry }])
                await world.as[key].refused("createServiceSheet", "not_found", options);
    });
});

describe("each volunteer has his own minutes and times", () => {
    const at = (from, to) => ({ starts_at: `2014-05-12T${from}:00+08:00`,
        ends_at: `2014-05-12T${to}:00+08:00` });
    const day = (from, to) => ({ service_date: "2014-05-12", ...at(from, to) });

    test("of the head, or of the line; back to back is no overlap", async () => {
        const made = await enter(sheet([
            lineOf(patrol[3]), lineOf(patrol[3], at("10:00", "10:30")),
            lineOf(patrol[4], { minutes: 1 }),
        ], { ...day("08:00", "10:00"), totals: { lines: 3, minutes: 151 } }));
        assert.deepEqual(made.lines.map((one) => one.minutes), [120, 30, 1]);
    });

    test("of a day without clock times", async () => {
        const made = await enter(sheet([lineOf(patrol[5], { minutes: 45 })],
            { service_date: "2014-05-12", starts_at: undefined, ends_at: undefined }));
        assert.equal(made.lines[0].starts_at, null);
    });

    test("of one volunteer twice they must lie apart", async () => {
        assert.deepEqual(await faultsOf(sheet([
            lineOf(patrol[6]), lineOf(patrol[7]), lineOf(patrol[6], at("09:59", "10:30")),
            { volunteer_number: patrol[7].volunteer_number },
        ], { ...day("08:00", "10:00"), totals: { lines: 4, minutes: 391 } })),
        ["#/lines/2/volunteer_id sheet_lines_overlap",
            "#/lines/3/volunteer_number sheet_lines_overlap"]);
        assert.deepEqual(await faultsOf(sheet(
            [lineOf(patrol[6], { minutes: 5 }), lineOf(patrol[6], { minutes: 5 })],
            { service_date: "2014-05-12", starts_at: undefined, ends_at: undefined })),
        ["#/lines/1/volunteer_id sheet_lines_overlap"]);
    });

    test("must not overlap what he did elsewhere, nor exceed a day", async () => {
        await enter(sheet([lineOf(patrol[8])], day("12:00", "14:00")));
        assert.deepEqual(await faultsOf(sheet([lineOf(patrol[8])], day("13:59", "15:59"))),
            ["#/lines/0/starts_at time_overlap"]);
        const bare = { service_date: "2014-05-12", starts_at: undefined, ends_at: undefined };
        assert.deepEqual(await faultsOf(sheet([lineOf(patrol[8], { minutes: 1321 })], bare)),
            ["#/lines/0/minutes day_exceeded"]);
        await enter(sheet([lineOf(patrol[8], { minutes: 1320 })], bare));
    });
});

describe("every fault of every line is told at once, by its place", () => {
    test("of the head once, of the lines each", async () => {
        const night = { starts_at: "2014-05-13T19:00:00+08:00", ends_at: "2014-05-13T20:00:00+08:00" };
        const young = await world.volunteer((await world.person({ name: "新来的" })).id, TODAY);
        const faults = await faultsOf(sheet([
            lineOf(patrol[9], { minutes: 121 }),
            { volunteer_id: randomUUID() },
            { volunteer_number: "3714029999999", minutes: 30 },
            lineOf(young),
            lineOf(patrol[10], night),
            lineOf(patrol[11], { starts_at: night.ends_at, ends_at: night.starts_at }),
            lineOf(world.volunteers.leader),
            lineOf(patrol[9], { starts_at: "2014-05-14T21:00:00+08:00" }),
        ], { category_code: "no_such", totals: { lines: 7, minutes: 1 } }));
        assert.deepEqual(faults, [
            "#/category_code category_not_in_force",
            "#/totals/lines sheet_total_differs",
            "#/totals/minutes sheet_total_differs",
            "#/lines/0/minutes minutes_exceed_times",
            "#/lines/1/volunteer_id volunteer_unknown",
            "#/lines/2/volunteer_number volunteer_unknown",
            "#/lines/3/volunteer_id service_before_joining",
            "#/lines/4/starts_at sheet_of_another_day",
            "#/lines/5/starts_at service_times_reversed",
            "#/lines/5/starts_at sheet_of_another_day",
            "#/lines/6/volunteer_id registrar_is_server",
            "#/lines/7/starts_at service_times_incomplete",
        ]);
    });

    test("a line names nobody, or two", async () => {
        const made = await enter(sheet([lineOf(patrol[2], { minutes: 1,
            volunteer_number: patrol[2].volunteer_number })], {
            service_date: "2014-05-12", starts_at: undefined, ends_at: undefined }));
        assert.equal(made.lines[0].volunteer_id, patrol[2].id);
        assert.deepEqual(await faultsOf(sheet([
            { minutes: 30 }, lineOf(idle, { volunteer_number: patrol[0].volunteer_number }),
        ])), ["#/lines/0/volunteer_id volunteer_unknown",
            "#/lines/1/volunteer_number volunteer_unknown"]);
    });

    test("in the caller's language", async () => {
        const { errors: [one] } = await clerk.refused("createServiceSheet", "sheet_faulty", {
            body: sheet([{ volunteer_id: randomUUID() }]), headers: { "accept-language": "zh" } });
        assert.match(one.detail, /本区没有该志愿者/);
    });

    test("who typed it served in a line", async () => {
        const typist = await world.volunteer(clerk.actor.person.id);
        assert.deepEqual(await faultsOf(sheet([lineOf(patrol[0], { starts_at: "2014-05-14T05:00:00+08:00",
            ends_at: "2014-05-14T06:00:00+08:00" }), lineOf(typist)],
        { totals: { lines: 2, minutes: 180 } })), ["#/lines/1/volunteer_id entered_by_server"]);
    });

    test("who signed it, or lives with who did, served in a line", async () => {
        const { helper, server } = world.volunteers;
        const attestation = { method: "paper", attester_id: world.persons.spouse.id,
            capacity: "partner_unit" };
        assert.deepEqual(await faultsOf(sheet([lineOf(server)], { attestation })),
            ["#/lines/0/volunteer_id attester_of_servers_household"]);
        assert.deepEqual(await faultsOf(sheet([lineOf(helper)], {
            attestation: { ...attestation, attester_id: world.persons.helper.id } })),
        ["#/lines/0/volunteer_id attester_is_server"]);
    });

    test("the recipient is of the family of one of them", async () => {
        const { server } = world.volunteers;
        assert.deepEqual(await faultsOf(sheet([lineOf(server)], {
            recipient_kind: "person", recipient_label: undefined,
            recipient_person_id: world.persons.spouse.id,
            attestation: { method: "paper", attester_id: world.persons.daughter.id,
                capacity: "family_proxy", relation: "外甥女" } })),
        ["#/lines/0/volunteer_id recipient_is_family"]);
    });

    test("the head's own", async () => {
        const { recipient, daughter } = world.persons;
        const signed = (changes) => ({ attestation: { method: "paper", attester_id: daughter.id,
            capacity: "partner_unit", ...changes } });
        await oneFault({ recipient_kind: "group", recipient_label: undefined },
            "#/recipient_kind recipient_does_not_fit");
        await oneFault({ team_id: randomUUID(), registrar_id: world.as.secretary.actor.person.id },
            "#/team_id team_not_active");
        await oneFault({ registrar_id: recipient.id }, "#/registrar_id registrar_not_entitled");
        await oneFault({ registrar_id: daughter.id }, "#/registrar_id registrar_is_attester");
        await oneFault(signed({ attester_id: randomUUID() }), "#/attestation/attester_id attester_unknown");
        await oneFault(signed({ capacity: "recipient" }), "#/attestation/capacity capacity_does_not_fit");
        await oneFault(signed({ capacity: "guardian" }), "#/attestation/capacity capacity_does_not_fit");
        await oneFault(signed({ capacity: "witness" }),
            "#/attestation/capacity capacity_not_of_category",
            "#/attestation/second_attester_id second_attester_missing");
        await oneFault({ ...signed({ capacity: "witness" }), category_code: "performance" },
            "#/attestation/second_attester_id second_attester_missing");
        await oneFault(signed({ method: "thumbprint" }), "#/attestation/witness_id witness_missing");
        await oneFault(signed({ second_attester_id: recipient.id, witness_id: recipient.id }),
            "#/attestation/witness_id witness_does_not_fit");
        await oneFault(signed({ scan: "0".repeat(64) }), "#/attestation/scan scan_unknown");
        await oneFault({ service_date: "2014-05-13" }, "#/service_date sheet_of_another_day");
        await oneFault({ service_date: "2014-05-16", starts_at: undefined, ends_at: undefined,
            lines: [lineOf(idle, { minutes: 120 })] }, "#/service_date service_in_future");
        await oneFault({ ends_at: undefined, lines: [lineOf(idle, { minutes: 120 })] },
            "#/starts_at service_times_incomplete");
    });
});

describe("at the edge", () => {
    const many = async (n) => {
        const [one] = patrol;
        return Array.from({ length: n }, (_, i) => lineOf(one, {
            starts_at: new Date(Date.parse("2014-05-15T00:00:00+08:00") + i * 60000).toISOString(),
            ends_at: new Date(Date.parse("2014-05-15T00:01:00+08:00") + i * 60000).toISOString(),
        }));
    };
    const of = async (n) => sheet(await many(n), { service_date: TODAY, starts_at: undefined,
        ends_at: undefined, totals: { lines: Math.min(n, LINES_MAX), minutes: n } });

    test("200 lines are entered, 201 are not", async () => {
        await clerk.refused("createServiceSheet", "body_invalid", { body: await of(LINES_MAX + 1) });
        const made = await enter(await of(LINES_MAX));
        assert.equal(made.lines_count, LINES_MAX);
        assert.equal((await clerk.ok("getServiceSheet", { path: { sheet_id: made.id } })).lines.length,
            LINES_MAX);
    });

    test("of more faults than are shown the number is told", async () => {
        const lines = Array.from({ length: LINES_MAX }, () => ({ volunteer_id: randomUUID(),
            starts_at: "2014-05-12T10:00:00+08:00", ends_at: "2014-05-12T09:00:00+08:00" }));
        const problem = await clerk.refused("createServiceSheet", "sheet_faulty",
            { body: sheet(lines, { totals: { lines: 1, minutes: 1 } }) });
        assert.equal(problem.errors.length, 512);
        assert.equal(problem.args.faults, 602);
    });

    test("a key is needed, but for a dry run", async () => {
        const body = sheet([lineOf(patrol[1])]);
        await clerk.refused("createServiceSheet", "idempotency_key_missing", { body, key: null });
        await clerk.refused("createServiceSheet", "parameter_invalid",
            { body, query: { dry_run: "yes" } });
    });

    test("the sheets of the week are verified and settle like any record", async () => {
        await weekBecomes(world, "frozen", FROZEN);
        await closeWeek(world.as.secretary);
        await weekBecomes(world, "settled", SETTLED);
        const book = await passbookOf(world.as.secretary, patrol[4]);
        assert.ok(book.balance_minutes > 0);
    });
});
