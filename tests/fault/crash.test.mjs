// kill -9 of the daemon and of PostgreSQL while clients write: nothing that was acknowledged is lost,
// nothing is done twice, and what nobody knows is found out by sending the same key again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { until } from "../api/lib/wait.mjs";
import { makeWorld } from "../api/lib/world.mjs";
import { Writers, cluster } from "./writers.mjs";

const ROUNDS = 3;
const SEED = Number(process.env.TB_SEED ?? Date.now() % 100000);

let world;
let seed = SEED;

// Between 200 and 700 ms, by the seed.
function delay() {
    seed = (seed * 48271) % 2147483647;
    return 200 + (seed % 500);
}

async function ready() {
    await until(async () => (await world.anyone.call("getReadiness")).status === 200,
        "the daemon is ready again");
}

before(async () => {
    world = await makeWorld();
    world.daemon.expectsDefects = true;
});
after(() => world.close());

test("kill -9 of the daemon under writes", async (t) => {
    t.diagnostic(`TB_SEED=${SEED}`);
    for (let round = 0; round < ROUNDS; round++) {
        const writers = await new Writers(world).prepare();
        writers.start();
        await pause(delay());
        await world.daemon.kill();
        await pause(50);
        await writers.stop();
        await world.daemon.start();
        const unknown = await writers.settleUnknown();
        assert.ok(writers.count("acked") > 0);
        assert.ok(unknown.length > 0, "the kill came too late to be seen");
        t.diagnostic(`round ${round + 1}: ${writers.checkAll(unknown)}`);
    }
});

test("kill -9 of PostgreSQL under writes", async (t) => {
    t.diagnostic(`TB_SEED=${SEED}`);
    for (let round = 0; round < ROUNDS; round++) {
        const writers = await new Writers(world).prepare();
        writers.start();
        await pause(delay());
        cluster("crash");
        await pause(100);
        cluster("start");
        await ready();
        await pause(200);
        await writers.stop();
        const unknown = await writers.settleUnknown();
        assert.ok(writers.count("acked") > 0);
        t.diagnostic(`round ${round + 1}: ${writers.checkAll(unknown)}`);
    }
});

test("without a database it says so, stays healthy and recovers by itself", async () => {
    cluster("stop");
    assert.equal((await world.anyone.call("getHealth")).status, 200);
    await until(async () => (await world.anyone.call("getReadiness")).status === 503,
        "the daemon notices");
    const asked = Date.now();
    const refused = await world.as.clerk.call("listRegions");
    assert.equal(refused.status, 503);
    assert.ok(["database_unavailable", "deadline_passed"].includes(refused.body.code));
    assert.ok(refused.body.retryable);
    assert.ok(Date.now() - asked < 15000);
    cluster("start");
    await ready();
    assert.equal((await world.as.clerk.call("listRegions")).status, 200);
});
