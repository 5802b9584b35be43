// What breaks, and what is then still true: no acknowledged hour is lost, no refused one is there,
// and an answer that never came is had by sending the same key again.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { counterBody } from "../api/lib/acts.mjs";
import { exchange } from "../api/lib/client.mjs";
import { cluster } from "../api/lib/cluster.mjs";
import { commandOk } from "../api/lib/daemon.mjs";
import { Storm, dice } from "../api/lib/storm.mjs";
import { until } from "../api/lib/wait.mjs";
import { makeWorld } from "../api/lib/world.mjs";

const ROUNDS = 3;
const LULL_MS = 300; // of storm, before and between the blows

let world;

before(async () => {
    world = await makeWorld();
    world.daemon.expectsDefects = true; // it logs what is done to it
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const ready = () =>
    until(async () => (await world.anyone.call("getReadiness")).status === 200,
        "it is ready again");

async function enough(storm, count) {
    await until(() => storm.with("acked").length >= count, `${count} writes are acknowledged`);
}

// Rounds of writes, in each of which `blow` strikes at a random moment.
async function rounds(storm, chance, blow) {
    for (let round = 0; round < ROUNDS; round++) {
        const acked = storm.with("acked").length;
        storm.start();
        await enough(storm, acked + 20);
        await pause(chance() * LULL_MS); // a random moment, not a wait for anything
        await blow(storm);
        await storm.stop();
        await ready();
        storm.assertLog();
    }
}

async function weather(blow) {
    const chance = dice();
    const storm = await new Storm(world).prepare();
    try {
        await rounds(storm, chance, blow);
        const repeated = await storm.resolve();
        commandOk(world.database.url, "reconcile");
        assert.ok(storm.with("refused").length > 0);
        return repeated;
    } catch (cause) {
        throw new Error(`with TB_TEST_SEED=${chance.seed}`, { cause });
    }
}

describe("under writes without a pause", () => {
    test("kill -9 of the daemon", async () => {
        const repeated = await weather(async (storm) => {
            await world.daemon.kill();
            storm.running = false;
            await world.daemon.start();
        });
        assert.ok(repeated > 0, "it was killed with requests in flight");
    });

    test("kill -9 of PostgreSQL; the daemon comes back by itself", () =>
        weather(async (storm) => {
            const { pid } = world.daemon;
            const acked = storm.with("acked").length;
            cluster("crash");
            cluster("start");
            await enough(storm, acked + 20);
            assert.equal(world.daemon.pid, pid);
        }));

    test("an orderly restart of PostgreSQL", () =>
        weather(async (storm) => {
            const acked = storm.with("acked").length;
            cluster("stop");
            cluster("start");
            await enough(storm, acked + 20);
        }));

    test("SIGTERM: what was taken is answered, and the exit is clean", () =>
        weather(async (storm) => {
            await world.daemon.stop();
            storm.running = false;
            await world.daemon.start();
        }));
});

describe("a database that is away", () => {
    test("is a problem that says so; the process lives, and recovers without a restart", async () =>
        {
        const { pid } = world.daemon;
        const key = randomUUID();
        const body = counterBody(world);
        const write = () => world.as.clerk.call("recordServiceAtCounter", { key, body });
        cluster("stop");
        try {
            const readiness = await until(async () => {
                const answer = await world.anyone.call("getReadiness");
                return answer.status === 503 && answer;
            }, "it is not ready");
            assert.equal(readiness.body.status, "fail");
            assert.equal((await world.anyone.call("getHealth")).status, 200);
            for (const answer of [await world.as.clerk.call("listRegions"), await write()]) {
                assert.equal(answer.status, 503, answer.text);
                assert.equal(answer.body.retryable, true);
                assert.ok(answer.body.retry_after_s >= 0);
                assert.ok(["database_unavailable", "deadline_passed"].includes(answer.body.code));
            }
        } finally {
            cluster("start");
        }
        await ready();
        await world.as.clerk.ok("listRegions");
        assert.equal((await write()).status, 201);
        assert.equal((await write()).headers["idempotent-replayed"], "true");
        assert.equal(world.daemon.pid, pid);
    });

    test("a daemon is not started without its database, and says why", async () => {
        const url = world.database.url.replace(world.database.name, "no_such_database");
        const { TB_DAEMON } = process.env;
        const run = spawnSync(TB_DAEMON, ["serve"], {
            encoding: "utf8", env: { ...process.env, DATABASE_URL: url, TIMEBANK_PORT: "10239" },
        });
        assert.equal(run.status, 1);
        assert.match(run.stderr, /no_such_database/);
    });
});

describe("a client that is gone", () => {
    const raw = (body, key) => [
        "POST /v1/service-records/at-counter HTTP/1.1", "Host: localhost",
        `Authorization: Bearer ${world.as.clerk.token}`, "Content-Type: application/json",
        `Idempotency-Key: ${key}`, `Content-Length: ${Buffer.byteLength(body)}`, "", body,
    ].join("\r\n");

    test("before the answer: the same key finds what was done, once", async () => {
        for (let round = 0; round < 20; round++) {
            const key = randomUUID();
            const body = JSON.stringify(counterBody(world, { content: key }));
            const socket = net.connect(world.daemon.port, "127.0.0.1");
            await new Promise((resolve) => socket.write(raw(body, key), resolve));
            socket.destroy();
            const answer = await world.as.clerk.call("recordServiceAtCounter", { key, body });
            assert.equal(answer.status, 201, answer.text);
            const count = world.database.query(
                `SELECT count(*) FROM service_records WHERE content = '${key}'`);
            assert.equal(count, "1");
        }
    });

    test("in the middle of the body: nothing is done", async () => {
        const key = randomUUID();
        const body = JSON.stringify(counterBody(world, { content: key }));
        const socket = net.connect(world.daemon.port, "127.0.0.1");
        await new Promise((resolve) => socket.write(raw(body, key).slice(0, -20), resolve));
        socket.destroy();
        const answer = await world.as.clerk.call("recordServiceAtCounter", { key, body });
        assert.equal(answer.status, 201);
        assert.equal(answer.headers["idempotent-replayed"], undefined);
    });

    test("in great numbers: others are served meanwhile", async () => {
        const idle = Array.from({ length: 200 }, () => net.connect(world.daemon.port, "127.0.0.1"));
        for (const socket of idle) socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n");
        const options = { method: "GET", target: "/healthz", headers: { host: "x" } };
        assert.equal((await exchange(world.daemon.port, options)).status, 200);
        await world.as.clerk.ok("listRegions");
        for (const socket of idle) socket.destroy();
    });
});
