// Two records of one volunteer that overlap are attested at once: exactly one wins the time.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { draft, freeTime } from "../api/lib/acts.mjs";
import { makeWorld } from "../api/lib/world.mjs";

const PAIRS = 8;

let world;

before(async () => {
    world = await makeWorld();
});
after(() => world.close());

const sign = (id) =>
    world.as.clerk.call("attestServiceRecord", {
        path: { id },
        body: {
            method: "paper", capacity: "recipient", attester_id: world.persons.recipient.id,
        },
    });

test("two that attest overlapping records: one wins, the other is told which record", async () => {
    for (let pair = 0; pair < PAIRS; pair++) {
        const time = freeTime(world);
        const drafts = await Promise.all([draft(world, time), draft(world, time)]);
        const answers = await Promise.all(drafts.map(({ id }) => sign(id)));
        const [won, lost] = answers[0].status === 200 ? answers : answers.toReversed();
        assert.equal(won.status, 200, won.text);
        assert.equal(lost.status, 409, lost.text);
        assert.equal(lost.body.code, "time_overlap");
        assert.ok(lost.text.includes(won.body.id));
    }
});

test("back to back is no overlap", async () => {
    const first = freeTime(world);
    const second = freeTime(world);
    assert.equal(first.ends_at, second.starts_at);
    const drafts = await Promise.all([draft(world, first), draft(world, second)]);
    const answers = await Promise.all(drafts.map(({ id }) => sign(id)));
    assert.deepEqual(answers.map((answer) => answer.status), [200, 200]);
});
