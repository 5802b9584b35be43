// What a passbook stores and when it can be used: the district's rules availability and storage_cap_minutes.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import { atCounter, closeWeek, passbookOf, quarterBecomes, weekBecomes } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { fillBook } from "./lib/withdrawals.mjs";
import { COMMUNITY, DISTRICT, FROZEN, QUARTER_SETTLED, SETTLED, makeWorld } from "./lib/world.mjs";

const QUARTER = "2014-04-01", NOTICE = "371402-2014Q2-1";
const FINAL = "2014-07-18T00:00:00+08:00"; // seven full days after the posting on 10 July
let world, book;

beforeEach(async () => {
    world = await makeWorld();
    book = world.volunteers.server;
});
afterEach(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const rule = (name, value) => world.admin.ok("createPolicy",
    { body: { name, value, region_code: DISTRICT, source: "会议纪要" } });
const minutes = async () => {
    const { balance_minutes, embargoed_minutes, available_minutes, earned_minutes } =
        await passbookOf(world.as.volunteer, book);
    return [balance_minutes, embargoed_minutes, available_minutes, earned_minutes];
};
const lines = async () => (await world.as.volunteer.all("listPassbookLines",
    { path: { passbook_id: book.passbook_id } })).map((line) => [line.kind, line.minutes]);
async function pool() {
    const { id } = await world.as.secretary.ok("createTimePool",
        { body: { region_code: COMMUNITY, name: "爱心时间池", purpose: "助老" } });
    return id;
}
const give = (pool_id, given) => ({
    path: { passbook_id: book.passbook_id }, body: { pool_id, minutes: given },
});

// Two hours of a week, settled.
async function serveTwoHours() {
    await atCounter(world);
    await atCounter(world);
    await weekBecomes(world, "frozen", FROZEN);
    await closeWeek(world.as.secretary);
    await weekBecomes(world, "settled", SETTLED);
}

describe("after_notice", () => {
    test("deposits count at once and are usable when the notice is final", async () => {
        await fillBook(world, book, 30);
        await rule("availability", "after_notice");
        await serveTwoHours();
        assert.deepEqual(await minutes(), [150, 120, 30, 150]);
        const pool_id = await pool();
        const { args } = await world.as.volunteer.refused("createDonation", "balance_insufficient",
            give(pool_id, 31));
        assert.equal(args.available_minutes, 30);
        await quarterBecomes(world, "settled", QUARTER_SETTLED, QUARTER);
        await world.as.secretary.ok("createNoticePostings", { path: { number: NOTICE },
            body: { postings: [{ region_code: COMMUNITY, place: "公示栏",
                posted_at: QUARTER_SETTLED }] } });
        await quarterBecomes(world, "noticed", QUARTER_SETTLED, QUARTER);
        assert.deepEqual(await minutes(), [150, 120, 30, 150]);
        await quarterBecomes(world, "final", FINAL, QUARTER);
        assert.deepEqual(await minutes(), [150, 0, 150, 150]);
        await world.as.volunteer.ok("createDonation", give(pool_id, 150));
        assert.deepEqual(await minutes(), [0, 0, 0, 150]);
    });

    test("is the rule of weeks that end on its first day or later", async () => {
        await world.admin.ok("createPolicy", { body: { name: "availability", value: "after_notice",
            region_code: DISTRICT, source: "会议纪要", valid_from: "2014-05-19" } });
        await serveTwoHours();
        assert.deepEqual(await minutes(), [120, 0, 120, 120]);
    });
});

describe("a storage cap", () => {
    test("lets the deposit in and counts it, then takes what is above", async () => {
        await rule("storage_cap_minutes", 100);
        await fillBook(world, book, 70);
        await serveTwoHours();
        assert.deepEqual(await minutes(), [100, 0, 100, 190]);
        assert.deepEqual(await lines(), [["opening", 70], ["deposit", 120], ["retirement", -90]]);
        const path = { passbook_id: book.passbook_id, line_no: 3 };
        assert.deepEqual(await world.as.volunteer.all("listPassbookLineRecords", { path }), []);
        const [run] = await world.admin.all("listSettlementRuns",
            { query: { grain: "week", from: "2014-05-12", to: "2014-05-12" } });
        assert.deepEqual([run.deposits, run.minutes], [1, 120]);
        await quarterBecomes(world, "settled", QUARTER_SETTLED, QUARTER);
        const [statement] = await world.as.volunteer.all("listMonthStatements",
            { query: { book_month: "2014-05-01" } });
        assert.deepEqual([statement.deposited_minutes, statement.retired_minutes,
            statement.closing_minutes, statement.earned_minutes], [120, 90, 100, 190]);
        const [region] = await world.admin.all("listRegionStatements",
            { query: { book_month: "2014-05-01", region_code: COMMUNITY } });
        assert.equal(region.retired_minutes, 90);
    });

    test("is none from the day that says so", async () => {
        await rule("storage_cap_minutes", 100);
        await rule("storage_cap_minutes", "none");
        await serveTwoHours();
        assert.deepEqual(await minutes(), [120, 0, 120, 120]);
    });
});
