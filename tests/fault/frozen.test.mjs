// A database that neither answers nor ends its connections, as when its machine hangs or the network
// between has gone: everything is answered in time all the same, and the daemon can be ended.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { setClock } from "../api/lib/acts.mjs";
import { cluster } from "../api/lib/cluster.mjs";
import { commandOk } from "../api/lib/daemon.mjs";
import { until } from "../api/lib/wait.mjs";
import { COMMUNITY, FROZEN, WEEK, makeWorld } from "../api/lib/world.mjs";

const DEADLINE_MS = 10000; // of a request
const DRAIN_MS = 10000;
const MARGIN_MS = 2500; // a second of silence, the steps of the watch, and a slow machine
const HEALTH_MS = 1000;
const ROUND = 4; // of each kind of request

const CODES = ["database_unavailable", "deadline_passed", "outcome_unknown"];

let world;

before(async () => {
    world = await makeWorld();
    world.daemon.expectsDefects = true;
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const ready = () =>
    until(async () => (await world.anyone.call("getReadiness")).status === 200,
        "the daemon is ready again");

const household = (key, address_line) =>
    world.as.clerk.call("createHousehold", { key, body: { region_code: COMMUNITY, address_line } });

async function timed(promise) {
    const begun = performance.now();
    const answer = await promise;
    return { answer, ms: performance.now() - begun };
}

// A read, a page, a write with a key and one without, several times: what is in flight at a freeze.
function manyKinds(keys) {
    return keys.flatMap((key) => [
        timed(world.as.clerk.call("getRegion", { path: { region_code: COMMUNITY } })),
        timed(world.as.clerk.call("listPersons")),
        timed(household(key, `冻${key}`)),
        timed(household(null, "无钥匙")),
    ]);
}

async function frozen(act) {
    await world.as.clerk.ok("listRegions"); // the token is in the cache now
    cluster("freeze");
    try {
        return await act();
    } finally {
        cluster("thaw");
    }
}

async function watchHealth(isOver) {
    let worst = 0;
    while (!isOver()) {
        const { answer, ms } = await timed(world.anyone.call("getHealth"));
        assert.equal(answer.status, 200);
        worst = Math.max(worst, ms);
        await pause(50);
    }
    return worst;
}

async function stopTimed() {
    const begun = performance.now();
    await world.daemon.stop();
    return performance.now() - begun;
}

test("every request is answered by its deadline, and afterwards a key finds its work", async (t) => {
    const keys = Array.from({ length: ROUND }, randomUUID);
    let over = false;
    const answers = await frozen(async () => {
        const health = watchHealth(() => over);
        const late = manyKinds(keys); // sent on connections that look alive
        await pause(7000);
        const later = manyKinds(Array.from({ length: ROUND }, randomUUID)); // these have none
        const all = await Promise.all([...late, ...later]);
        over = true;
        const worst = await health;
        assert.ok(worst < HEALTH_MS, `health took ${worst} ms`);
        t.diagnostic(`note: slowest health check ${Math.round(worst)} ms`);
        return all;
    });
    for (const { answer, ms } of answers) {
        assert.equal(answer.status, 503, answer.text);
        assert.ok(CODES.includes(answer.body.code), answer.text);
        assert.ok(ms < DEADLINE_MS + MARGIN_MS, `${answer.body.code} after ${ms} ms`);
    }
    t.diagnostic(`note: slowest answer ${Math.round(Math.max(...answers.map(({ ms }) => ms)))} ms`);
    await ready();
    for (const key of keys) {
        assert.equal((await household(key, `冻${key}`)).status, 201);
        assert.equal(world.database.query(
            `SELECT count(*) FROM households WHERE address_line = '冻${key}'`), "1");
    }
});

test("SIGTERM with requests in flight: all are answered, and the end comes in time", async (t) => {
    const keys = Array.from({ length: ROUND }, randomUUID);
    const ms = await frozen(async () => {
        const answers = manyKinds(keys);
        await pause(500);
        const taken = await stopTimed();
        for (const { answer } of await Promise.all(answers)) assert.equal(answer.status, 503);
        return taken;
    });
    t.diagnostic(`note: ended after ${Math.round(ms)} ms`);
    assert.ok(ms < DRAIN_MS + MARGIN_MS, `it took ${ms} ms`);
    await world.daemon.start();
    for (const key of keys) assert.equal((await household(key, `冻${key}`)).status, 201);
});

test("SIGTERM with nothing in flight ends at once", async (t) => {
    const ms = await frozen(stopTimed);
    t.diagnostic(`note: ended after ${Math.round(ms)} ms`);
    assert.ok(ms < MARGIN_MS, `it took ${ms} ms`);
    await world.daemon.start();
});

test("SIGTERM during a settlement that waits for the database ends in time", async (t) => {
    world.database.background(
        "BEGIN; LOCK TABLE periods IN SHARE MODE; SELECT pg_sleep(30)");
    const waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'" +
        " AND application_name = 'timebankd settle'";
    await pause(300);
    await setClock(world, FROZEN);
    await until(() => world.database.query(waits) === "1", "the settlement waits");
    const ms = await frozen(stopTimed);
    world.database.query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity" +
        " WHERE query LIKE 'BEGIN; LOCK TABLE periods%'");
    t.diagnostic(`note: ended after ${Math.round(ms)} ms`);
    assert.ok(ms < DRAIN_MS + MARGIN_MS, `it took ${ms} ms`);
    await world.daemon.start();
    const path = { grain: "week", begin_date: WEEK };
    await until(async () => (await world.admin.ok("getPeriod", { path })).state === "frozen",
        "the week is frozen");
});
