// What an office and a volunteer look for among records, and what one answer shows of each.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { atCounter, closeWeek, draft, serve, weekBecomes } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, FROZEN, SETTLED, WEEK, makeWorld } from "./lib/world.mjs";

const NEXT_WEEK = "2014-05-19";
const LONG = { starts_at: "2014-05-14T08:00:00+08:00", ends_at: "2014-05-14T16:30:00+08:00" };
const APRIL = { starts_at: "2014-04-10T09:00:00+08:00", ends_at: "2014-04-10T09:40:00+08:00" };

let world, secretary, leader, clerk, volunteer, kept, late, odd, carried, sentBack, waiting;

// A week with a clean record, a late one, a flagged one that is reduced, one that is carried, one that
// was sent back; and a draft.
before(async () => {
    world = await makeWorld();
    ({ secretary, leader, clerk, volunteer } = world.as);
    kept = await serve(world);
    late = await atCounter(world, APRIL);
    odd = await atCounter(world, LONG);
    carried = await atCounter(world, { registrar_id: world.as.head.actor.person.id, attestation: {
        method: "paper", sheet_number: "12", capacity: "family_proxy", relation: "书记",
        attester_id: secretary.actor.person.id } });
    sentBack = await serve(world);
    await secretary.ok("returnServiceRecord",
        { path: { id: sentBack.id }, body: { reason: "时间有误" } });
    waiting = await draft(world);
    await weekBecomes(world, "frozen", FROZEN);
    await closeWeek(secretary);
    await secretary.ok("decideServiceRecord", { path: { id: odd.id },
        body: { decision: "reduce", minutes: 60, reason: "电话核实" } });
    await weekBecomes(world, "settled", SETTLED);
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const ids = (query, by = clerk) => by.all("listServiceRecords", { query })
    .then((rows) => rows.map((row) => row.id).sort());
const idsOf = (...records) => records.map((one) => one.id).sort();
const read = (record, by = clerk) => by.ok("getServiceRecord", { path: { id: record.id } });

describe("listServiceRecords narrows", () => {
    test("by lateness, which drafts do not have", async () => {
        const rows = await clerk.all("listServiceRecords", { query: { registered_late: true } });
        assert.ok(rows.every((row) => row.registered_late));
        assert.ok(rows.some((row) => row.id === late.id));
        const inTime = await clerk.all("listServiceRecords", { query: { registered_late: false } });
        assert.ok(inTime.every((row) => row.registered_late === false));
        assert.ok(!inTime.some((row) => row.id === waiting.id));
    });

    test("by what the rules found", async () => {
        assert.deepEqual(await ids({ flagged: true }), idsOf(odd));
        assert.deepEqual(await ids({ flagged: false }),
            idsOf(kept, late, carried, sentBack, waiting));
    });

    test("by the week of the verification, after all carries", async () => {
        assert.deepEqual(await ids({ book_week: NEXT_WEEK }), idsOf(carried));
        assert.deepEqual(await ids({ book_week: WEEK }), idsOf(kept, late, odd, sentBack));
    });

    test("by who registered and who typed it", async () => {
        assert.deepEqual(await ids({ registrar_id: world.as.head.actor.person.id }),
            idsOf(carried));
        assert.deepEqual(await ids({ entered_by: clerk.actor.user.id }),
            idsOf(late, odd, carried));
        assert.deepEqual(await ids({ entered_by: clerk.actor.user.id,
            registrar_id: world.persons.leader.id }), idsOf(late, odd));
    });

    test("by each state", async () => {
        for (const [status, records] of [["draft", [waiting]], ["returned", [sentBack]],
            ["registered", [carried]], ["verified", [kept, late, odd]], ["void", []]])
            assert.deepEqual(await ids({ status }), idsOf(...records), status);
    });

    test("in the order of entering, newest first", async () => {
        const rows = await clerk.all("listServiceRecords", { query: { sort: "-created_at" } });
        const times = rows.map((row) => Date.parse(row.created_at));
        assert.deepEqual(times, [...times].sort((a, b) => b - a));
    });
});

describe("one answer shows", () => {
    test("names beside ids and codes", async () => {
        const one = await read(kept);
        assert.deepEqual(
            [one.server_name, one.recipient_name, one.registrar_name, one.team_name,
                one.region_name, one.category_name, one.recipient_address, one.flags],
            ["李卫东", "冯有才", "高组长", "霞光红服务队", "北园社区", "居家养老", null, []]);
        const { data } = await clerk.ok("listServiceRecords", { query: { book_week: WEEK } });
        assert.deepEqual(data.find((row) => row.id === kept.id), one);
    });

    test("the same when it has just been written", async () => {
        const made = await draft(world, { team_id: undefined, recipient_kind: "household",
            recipient_person_id: undefined,
            recipient_household_id: world.households.recipients.id }, clerk);
        assert.deepEqual([made.team_name, made.recipient_address, made.registrar_name],
            [null, "3号楼2单元101", null]);
        assert.deepEqual(await read(made), made);
        const record = await atCounter(world);
        assert.equal(record.registrar_name, "高组长");
        assert.deepEqual(await read(record), record);
        await leader.ok("discardServiceRecord", { path: { id: waiting.id } });
        waiting = made;
        await leader.ok("voidServiceRecord", { path: { id: record.id }, body: { reason: "重复" } });
    });

    test("the category as it was called on the day of the service", async () => {
        const path = { category_code: "patrol" };
        const { version } = await world.admin.ok("getServiceCategory", { path });
        await world.admin.ok("renameServiceCategory", { path, match: version,
            body: { name: "平安巡防", valid_from: "2014-05-15" } });
        const called = async (service_date) => {
            const made = await draft(world, { category_code: "patrol", service_date, minutes: 10 });
            assert.deepEqual(await read(made), made);
            await leader.ok("discardServiceRecord", { path: { id: made.id } });
            return made.category_name;
        };
        assert.deepEqual([await called("2014-05-14"), await called("2014-05-15")],
            ["治安巡逻", "平安巡防"]);
    });

    test("the community as it was called on that day", async () => {
        const path = { region_code: COMMUNITY };
        const { version } = await world.admin.ok("getRegion", { path });
        await world.admin.ok("renameRegion", { path, match: version,
            body: { name: "北园新社区", valid_from: "2014-05-15" } });
        const later = await draft(world, { service_date: "2014-05-15", minutes: 30 });
        assert.deepEqual([(await read(late)).region_name, later.region_name],
            ["北园社区", "北园新社区"]);
        await leader.ok("discardServiceRecord", { path: { id: later.id } });
    });

    test("what the rules found, and why it was reduced", async () => {
        const one = await read(odd);
        assert.deepEqual([one.flags, one.status_reason, one.verified_minutes],
            [["long_day"], "电话核实", 60]);
    });
});

describe("listServiceMonths", () => {
    const months = (by) => by.all("listServiceMonths",
        { path: { volunteer_id: world.volunteers.server.id } });

    test("sums a volunteer's services by the month of the day", async () => {
        const [may, april, ...others] = await months(volunteer);
        assert.deepEqual(others, []);
        assert.deepEqual(april, { month: "2014-04-01", drafts: 0, records: 1, minutes: 40,
            pending_minutes: 0, verified_minutes: 40, registered_late: 1, returned: 0 });
        const { registered_late, ...rest } = may;
        assert.ok(registered_late <= 3);
        assert.deepEqual(rest, { month: "2014-05-01", drafts: 1, records: 3,
            minutes: 60 + 60 + 510, pending_minutes: 60, verified_minutes: 120, returned: 1 });
        assert.deepEqual(await months(secretary), [may, april]);
    });

    test("shows nobody what he may not see", async () => {
        assert.deepEqual(await months(world.as.siblingSecretary), []);
        assert.deepEqual(await months(world.as.siblingLeader), []);
        const [may] = await months(world.as.resident);
        assert.equal(may.month, "2014-05-01");
    });
});
