// A month in which withdrawals are corrected by more than it pays: its total is below zero, and told.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { atCounter, closeWeek, monthBecomes, weekBecomes } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { assign, fillBook } from "./lib/withdrawals.mjs";
import { COMMUNITY, DISTRICT, FROZEN, SETTLED, SUBDISTRICT, makeWorld } from "./lib/world.mjs";

const MAY_SETTLED = "2014-06-05T00:00:00+08:00", JUNE_SETTLED = "2014-07-10T00:00:00+08:00";

let world;

before(async () => {
    world = await makeWorld();
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

test("what June takes back of May's withdrawals is June's, below zero", async () => {
    const { server, helper } = world.volunteers;
    await fillBook(world, helper);
    const assignment_id = assign(world, { payer: helper, volunteer: server });
    const { id } = await atCounter(world, { assignment_id });
    await weekBecomes(world, "frozen", FROZEN);
    await closeWeek(world.as.secretary);
    await weekBecomes(world, "settled", SETTLED);
    await monthBecomes(world, "settled", MAY_SETTLED, "2014-05-01");
    await world.as.subdistrictAdmin.ok("createLedgerCorrection",
        { path: { id }, body: { minutes: 20, reason: "经核实" } });
    await monthBecomes(world, "settled", JUNE_SETTLED, "2014-06-01");
    const captured = async (book_month) => Object.fromEntries(
        (await world.admin.all("listRegionStatements", { query: { book_month } }))
            .map((one) => [one.region_code, one.captured_minutes]));
    assert.deepEqual(await captured("2014-05-01"),
        { [DISTRICT]: 60, [SUBDISTRICT]: 60, [COMMUNITY]: 60 });
    assert.deepEqual(await captured("2014-06-01"),
        { [DISTRICT]: -40, [SUBDISTRICT]: -40, [COMMUNITY]: -40 });
});
