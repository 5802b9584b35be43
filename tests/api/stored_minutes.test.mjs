// What a passbook stores and when it can be used: the district's rules availability and storage_cap_minutes.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import { atCounter, closeWeek, passbookOf, quarterBecomes, weekBecomes } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { fillBook } from "./lib/withdrawals.mjs";
import { COMMUNITY, DISTRICT, FROZEN, QUARTER_SETTLED, SETTLED, makeWorld } from "./lib/world.mjs";

const QUARTER = "2014-04-01";
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
// Two hours of a week, settled.
async function serveTwoHours() {
    await atCounter(world);
    await atCounter(world);
    await weekBecomes(world, "frozen", FROZEN);
    await closeWeek(world.as.secretary);
    await weekBecomes(world, "settled", SETTLED);
}

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
