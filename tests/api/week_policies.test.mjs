// When a week's verification ends, and in which steps its minutes are credited: dated policies.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import {
    atCounter, closeBody, closeWeek, freeTime, passbookOf, serve, setClock, weekBecomes, worklist,
} from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, DISTRICT, FROZEN, NOW, SETTLED, WEEK, makeWorld } from "./lib/world.mjs";

const NEXT_WEEK = "2014-05-19";

let world, secretary, admin;

beforeEach(async () => {
    world = await makeWorld();
    ({ secretary } = world.as);
    ({ admin } = world);
});
afterEach(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const policy = (name, value, valid_from = WEEK) => admin.ok("createPolicy",
    { body: { name, value, region_code: DISTRICT, valid_from, source: "区办会议纪要" } });
const dueOf = async (begin_date, grain = "week") => new Date(Date.parse(
    (await admin.ok("getPeriod", { path: { grain, begin_date } })).due_at) + 8 * 3600000)
    .toISOString().slice(0, 16);
const settle = () => commandOk(world.database.url, "settle");
const reason = { reason: "电话核实" };

describe("the cut-off", () => {
    test("moves with the policy for the weeks from its day on, and their months", async () => {
        assert.deepEqual([await dueOf(WEEK), await dueOf(NEXT_WEEK)],
            ["2014-05-22T00:00", "2014-05-29T00:00"]);
        const made = await policy("week_cutoff", "P2DT18H", NEXT_WEEK);
        settle();
        assert.deepEqual([await dueOf(WEEK), await dueOf(NEXT_WEEK), await dueOf("2014-05-26")],
            ["2014-05-22T00:00", "2014-05-28T18:00", "2014-06-04T18:00"]);
        assert.equal(await dueOf("2014-05-01", "month"), "2014-06-04T18:00");
        await policy("week_cutoff", "P5D", "2014-05-26");
        settle();
        assert.deepEqual([await dueOf(NEXT_WEEK), await dueOf("2014-05-26")],
            ["2014-05-28T18:00", "2014-06-07T00:00"]);
        const { data } = await admin.ok("listEffectivePolicies", { query: { as_of: NEXT_WEEK } });
        assert.equal(data.find((one) => one.name === "week_cutoff").policy_id, made.id);
    });

    test("goes on to the next working day, to the same hour", async () => {
        await policy("week_cutoff", "P5DT9H"); // Saturday
        settle();
        assert.equal(await dueOf(WEEK), "2014-05-26T09:00");
        await admin.ok("createPublicHoliday", { body: { holiday_date: "2014-05-26",
            kind: "holiday", name: "节日", source: "国办" } });
        settle();
        assert.equal(await dueOf(WEEK), "2014-05-27T09:00");
    });

    test("of a frozen or settled week stays; nothing settles before it, all after", async () => {
        const record = await serve(world);
        await policy("week_cutoff", "P1D");
        await weekBecomes(world, "frozen", FROZEN);
        await policy("week_cutoff", "P3D");
        settle();
        assert.deepEqual([await dueOf(WEEK), await dueOf(NEXT_WEEK)],
            ["2014-05-20T00:00", "2014-05-29T00:00"]);
        await closeWeek(secretary);
        await setClock(world, "2014-05-19T23:59:59+08:00");
        settle();
        assert.equal((await passbookOf(admin, world.volunteers.server)).balance_minutes, 0);
        await weekBecomes(world, "settled", "2014-05-20T00:00:00+08:00");
        assert.equal((await passbookOf(admin, world.volunteers.server)).balance_minutes,
            record.minutes);
        const { data: [run] } = await admin.ok("listSettlementRuns", { query: { from: WEEK } });
        assert.ok(run.policy_version > 0);
    });

    test("a close at the hour of the cut-off is too late", async () => {
        await serve(world);
        await policy("week_cutoff", "P0DT9H");
        await weekBecomes(world, "frozen", FROZEN);
        const list = await worklist(secretary);
        await world.daemon.stop(); // so that nothing settles before the close
        world.database.query("UPDATE installation SET standing_clock = '2014-05-19T09:00+08:00'");
        await world.daemon.start();
        const answer = await secretary.call("closeWorklist", {
            path: { region_code: COMMUNITY, book_week: WEEK }, body: closeBody(list) });
        assert.equal(answer.body.code, "worklist_overdue");
    });

    test("of a policy that ends is the one before; a far day is no trouble", async () => {
        const own = await policy("week_cutoff", "P1D", NEXT_WEEK);
        await policy("week_cutoff", "P2D", "9999-12-31");
        settle();
        assert.equal(await dueOf(NEXT_WEEK), "2014-05-27T00:00");
        await admin.refused("endPolicy", "policy_needed", { path: { policy_id: own.id },
            body: { valid_to: "2014-06-02", reason: "x" } });
        await admin.ok("endPolicy",
            { path: { policy_id: own.id }, body: { valid_to: NEXT_WEEK, reason: "误设" } });
        settle();
        assert.equal(await dueOf(NEXT_WEEK), "2014-05-29T00:00");
    });

    for (const value of ["P0D", "P0DT0H", "P7D", "P6DT24H", "P3DT0H", "3D", "P3", "P-1D", "PT5H", 3])
        test(`is never ${JSON.stringify(value)}`, () => admin.refused("createPolicy",
            "policy_value_invalid", { body: { name: "week_cutoff", value, region_code: DISTRICT,
                source: "x" } }));

    test("is the district's; from an hour to six days and 23 hours", async () => {
        await admin.refused("createPolicy", "policy_of_district_only", { body: {
            name: "week_cutoff", value: "P1D", region_code: COMMUNITY, source: "x" } });
        await policy("week_cutoff", "P0DT1H", NEXT_WEEK);
        settle();
        assert.equal(await dueOf(NEXT_WEEK), "2014-05-26T01:00");
        await policy("week_cutoff", "P6DT23H", NEXT_WEEK);
        settle();
        assert.equal(await dueOf(NEXT_WEEK), "2014-06-02T23:00"); // Sunday is none
    });
});

describe("rounding", () => {
    const book = (key) => passbookOf(admin, world.volunteers[key]);

    test("credits whole steps; what was earned, and stars, count all", async () => {
        await policy("rounding", "half_hour_down");
        const long = await atCounter(world, freeTime(world, 89));
        const short = await atCounter(world,
            { volunteer_id: world.volunteers.helper.id, ...freeTime(world, 29) });
        await weekBecomes(world, "frozen", FROZEN);
        await closeWeek(secretary);
        const read = (id) => secretary.ok("getServiceRecord", { path: { id } });
        const shown = async ({ id }) => {
            const { minutes, verified_minutes } = await read(id);
            return [minutes, verified_minutes];
        };
        assert.deepEqual([await shown(long), await shown(short)], [[89, 60], [29, 0]]);
        await weekBecomes(world, "settled", SETTLED);
        const figures = async (key) => {
            const { balance_minutes, earned_minutes, pending_minutes } = await book(key);
            return [balance_minutes, earned_minutes, pending_minutes];
        };
        assert.deepEqual([await figures("server"), await figures("helper")],
            [[60, 89, 0], [0, 29, 0]]);
        const path = { passbook_id: world.volunteers.server.passbook_id };
        const [line] = await admin.all("listPassbookLines", { path });
        const records = await admin.all("listPassbookLineRecords",
            { path: { ...path, line_no: line.line_no } });
        assert.deepEqual([line.minutes, records.map((one) => one.minutes)], [60, [60]]);
        const { data: [run] } = await admin.ok("listSettlementRuns", { query: { from: WEEK } });
        assert.deepEqual([run.records, run.deposits, run.minutes], [2, 1, 60]);
    });

    test("is done to a decision too; its evidence says what was decided", async () => {
        await policy("rounding", "quarter_hour_down");
        const outside = await world.person({ name: "外社区人" }, "371402001002");
        const odd = await atCounter(world, { recipient_person_id: outside.id, attestation: {
            method: "paper", sheet_number: "7", attester_id: outside.id, capacity: "recipient" } });
        await weekBecomes(world, "frozen", FROZEN);
        const path = { id: odd.id };
        const decided = await secretary.ok("decideServiceRecord",
            { path, body: { decision: "reduce", minutes: 44, ...reason } });
        assert.equal(decided.verified_minutes, 30);
        const { chain } = await secretary.ok("getServiceRecordEvidence", { path });
        assert.equal(chain.at(-1).minutes, 44);
        await weekBecomes(world, "settled", SETTLED);
        const { balance_minutes, earned_minutes } = await book("server");
        assert.deepEqual([balance_minutes, earned_minutes], [30, 44]);
    });

    test("a change in the week counts for the next; the past is never rounded again", async () => {
        const record = await atCounter(world, freeTime(world, 89));
        await policy("rounding", "hour_down", NOW.slice(0, 10));
        await weekBecomes(world, "frozen", FROZEN);
        await closeWeek(secretary);
        await weekBecomes(world, "settled", SETTLED);
        await policy("rounding", "hour_down", "2014-03-03");
        assert.equal((await book("server")).balance_minutes, 89);
        const { verified_minutes } = await secretary.ok("getServiceRecord",
            { path: { id: record.id } });
        assert.equal(verified_minutes, 89);
    });
});
