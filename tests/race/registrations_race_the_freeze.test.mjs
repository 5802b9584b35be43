// Registrations go on while the week freezes under them: each is in the week that was open when it
// was done, none is lost, none enters a frozen week.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { draft, passbookOf, register, weekBecomes } from "../api/lib/acts.mjs";
import { commandOk } from "../api/lib/daemon.mjs";
import { FROZEN, WEEK, makeWorld } from "../api/lib/world.mjs";

const RECORDS = 40;
const NEXT_WEEK = "2014-05-19";

let world;

before(async () => {
    world = await makeWorld();
});
after(() => world.close());

async function attested() {
    const { id } = await draft(world);
    await world.as.clerk.ok("attestServiceRecord", {
        path: { id },
        body: { method: "paper", capacity: "recipient", attester_id: world.persons.recipient.id },
    });
    return id;
}

test("registrations that race the freeze are in the one week or the next, and all pending",
    async () => {
        const ids = [];
        for (let i = 0; i < RECORDS; i++) ids.push(await attested());
        const half = RECORDS / 2;
        const [early, , late] = await Promise.all([
            Promise.all(ids.slice(0, half).map((id) => register(world, id))),
            weekBecomes(world, "frozen", FROZEN),
            Promise.all(ids.slice(half).map((id) => register(world, id))),
        ]);
        const weeks = [...early, ...late].map((record) => record.book_week);
        assert.deepEqual(weeks.filter((week) => week !== WEEK && week !== NEXT_WEEK), []);

        const last = await attested();
        assert.equal((await register(world, last)).book_week, NEXT_WEEK);
        const book = await passbookOf(world.as.secretary, world.volunteers.server);
        assert.equal(book.pending_minutes, (RECORDS + 1) * 60);
        commandOk(world.database.url, "reconcile");
    });
