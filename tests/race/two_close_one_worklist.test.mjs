// Two secretaries of one community close the same week at once: one close, one refusal.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { serve, weekBecomes } from "../api/lib/acts.mjs";
import { commandOk } from "../api/lib/daemon.mjs";
import { COMMUNITY, FROZEN, SETTLED, WEEK, makeWorld } from "../api/lib/world.mjs";

let world;

before(async () => {
    world = await makeWorld();
});
after(() => world.close());

test("two that close one worklist: the records are accepted and deposited once", async () => {
    const other = await world.actor({
        role: "community_secretary", region: COMMUNITY, name: "副书记",
    });
    for (let i = 0; i < 5; i++) await serve(world);
    await weekBecomes(world, "frozen", FROZEN);
    const path = { region_code: COMMUNITY, book_week: WEEK };
    const list = await other.ok("getWorklist", { path });
    const body = {
        digest: list.digest,
        checks: list.sample.map((record_id) => ({
            record_id, method: "phone", result: "confirmed",
        })),
    };
    const answers = await Promise.all(
        [world.as.secretary, other, world.as.secretary, other].map((client) =>
            client.call("closeWorklist", { path, body })));
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409, 409, 409]);
    for (const { status, body: problem } of answers)
        if (status === 409) assert.equal(problem.code, "worklist_closed_already");

    await weekBecomes(world, "settled", SETTLED);
    const [book] = await world.admin.all("listPassbooks", {
        query: { volunteer_id: world.volunteers.server.id },
    });
    assert.equal(book.balance_minutes, 300);
    assert.equal(book.line_no, 1);
    commandOk(world.database.url, "reconcile");
});
