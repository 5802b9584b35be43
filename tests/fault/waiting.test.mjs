// Writes that wait for a database that is away: each gets its answer in time, no key is lost, and the
// daemon ends orderly with them still waiting.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { cluster } from "../api/lib/cluster.mjs";
import { until } from "../api/lib/wait.mjs";
import { COMMUNITY, makeWorld } from "../api/lib/world.mjs";

let world;

const household = (key, address_line = "等1") =>
    world.as.clerk.call("createHousehold", { key, body: { region_code: COMMUNITY, address_line } });

async function ready() {
    await until(async () => (await world.anyone.call("getReadiness")).status === 200,
        "the daemon is ready again");
}

before(async () => {
    world = await makeWorld();
    world.daemon.expectsDefects = true;
});
after(() => world.close());

test("one that follows an expired one is answered, and the key is free again", async () => {
    await household(randomUUID(), "令牌"); // the token is in the cache now
    const key = randomUUID();
    cluster("stop");
    const first = household(key);
    await pause(300);
    const second = household(key);
    for (const answer of [await first, await second]) {
        assert.equal(answer.status, 503, answer.text);
        assert.ok(answer.body.retryable);
    }
    cluster("start");
    await ready();
    const third = await household(key);
    assert.equal(third.status, 201, third.text);
    assert.equal((await household(key)).body.id, third.body.id);
});

test("SIGTERM with writes that wait for a lock: all are answered and the exit is clean", async () => {
    const lock = world.database.background("BEGIN; LOCK TABLE households; SELECT pg_sleep(20)");
    await pause(300);
    const waiting = Array.from({ length: 6 }, (_, i) => household(randomUUID(), `锁${i}`));
    await pause(300);
    await world.daemon.stop();
    for (const result of await Promise.allSettled(waiting))
        if (result.status === "fulfilled") assert.equal(result.value.status, 503);
    lock.kill();
    await world.daemon.start();
    await ready();
});
