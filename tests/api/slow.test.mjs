// Slow, idle and too many: each is closed at its limit (include/timebank/limits.h), and those who are
// neither are served meanwhile. The limits are waited for, all at the same time.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { exchange } from "./lib/client.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { Raw } from "./lib/raw.mjs";
import { until } from "./lib/wait.mjs";
import { makeWorld } from "./lib/world.mjs";

const HEAD_S = 30;
const HEAD_CROWDED_S = 5;
const BODY_S = 20;
const SENDING_S = 30;
const STUCK_S = 2; // sweeps of a second
const LATE_S = 5; // a sweep, and a machine that does other things too
const SECOND_MS = 1000;

const IDLE = 2000;
const IDLE_KIB_MAX = 48; // of one idle connection; libmicrohttpd's 16 KiB and AddressSanitizer's own
const REFUSED = 2000;
const REFUSED_KIB_MAX = 8192; // of growth
const NEIGHBOUR_MS_MAX = 2000;
const WORKER_CONNECTIONS = 192;
const OWN_DESCRIPTORS = 192;

// Freed memory is given back at once, not kept to find uses of it.
const FLAT = { ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ""}:quarantine_size_mb=1` };

let world;
let folder;
let secure;
let stuck;

before(async () => {
    world = await makeWorld();
    folder = mkdtempSync(join(tmpdir(), "tb-slow-"));
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=slow",
        "-keyout", join(folder, "key"), "-out", join(folder, "pem")], { stdio: "ignore" });
    secure = await new Daemon(world.database.url, {
        TIMEBANK_TLS_CERT_FILE: join(folder, "pem"), TIMEBANK_TLS_KEY_FILE: join(folder, "key"),
    }).start();
    stuck = await new Daemon(world.database.url).start();
});
after(async () => {
    await stuck?.stop();
    await secure?.stop();
    rmSync(folder, { recursive: true, force: true });
    await world.close();
});

const GET = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const CONTRACT = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"; // a quarter of a megabyte
const post = (...lines) =>
    ["POST /v1/households HTTP/1.1", "Host: x", ...lines, "", ""].join("\r\n");
const LENGTH = post("Content-Length: 1000");
const CHUNKED = post("Transfer-Encoding: chunked");
const A = "a".repeat(200);

// What is sent at once, then one byte a second; what was answered; after how long it is closed.
const CASES = [
    ["nothing", "", "", "no answer", HEAD_S],
    ["half a head, then nothing", GET.slice(0, 20), "", "no answer", HEAD_S],
    ["a head, a byte a second", "GET /", A, "no answer", HEAD_S],
    ["headers, a byte a second", GET.slice(0, -2), `X-A: ${A}`, "no answer", HEAD_S],
    ["a request, then nothing", GET, "", "200", HEAD_S],
    ["a request, then the next, a byte a second", GET, GET + A, "200", HEAD_S],
    ["empty lines, a byte a second", "", "\r\n".repeat(100), "no answer", HEAD_S],
    ["a body, nothing of it", LENGTH, "", "no answer", BODY_S],
    ["a body, a byte a second", LENGTH, A, "no answer", BODY_S],
    ["a body expected by 100-continue, nothing of it",
        post("Content-Length: 5", "Expect: 100-continue"), "", "no answer", BODY_S],
    ["a chunk, a byte a second", `${CHUNKED}100\r\n`, A, "no answer", BODY_S],
    ["a chunk's size, a byte a second", CHUNKED, "0".repeat(100), "no answer", BODY_S],
    ["a chunk extension, a byte a second", `${CHUNKED}1;`, A, "no answer", BODY_S],
    ["trailers, a byte a second", `${CHUNKED}0\r\n`, `X-A: ${A}`, "no answer", BODY_S],
    ["a chunk of 16 EiB, nothing of it", `${CHUNKED}ffffffffffffffff\r\n`, "", "no answer", BODY_S],
];

// libmicrohttpd asks to be run at once for ever because of these: they do not last that long, and
// other chunked bodies on their worker that stand still neither.
const STUCK = [
    ["a chunk extension of 20,000 bytes", `${CHUNKED}1;${"a".repeat(20000)}`, "", "no answer",
        STUCK_S],
    ["a chunk's size of 20,000 digits", CHUNKED + "0".repeat(20000), "", "no answer", STUCK_S],
];

function runCase(getDaemon, options, [name, atOnce, slowly, answers, limitS]) {
    test(`${name.padEnd(47)} → ${answers}, closed after ${limitS} s`, async (t) => {
        const raw = await new Raw(getDaemon().port, options).opened;
        if (atOnce) raw.send(atOnce);
        void raw.drip(slowly, SECOND_MS);
        const seconds = (await raw.closed) / 1000;
        t.diagnostic(`${seconds.toFixed(1)} s`);
        assert.equal(raw.answers.join(" ") || "no answer", answers);
        const least = limitS === STUCK_S ? 0 : limitS - 0.5;
        assert.ok(seconds >= least && seconds <= limitS + LATE_S, `closed after ${seconds} s`);
    });
}

const descriptors = (daemon) => readdirSync(`/proc/${daemon.pid}/fd`).length;
const residentKib = (daemon) =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, "utf8"))[1]);

async function withDaemon(env, prefix, act) {
    const daemon = await new Daemon(world.database.url, env, prefix).start();
    try {
        await act(daemon);
    } finally {
        await daemon.stop();
    }
}

async function getHealth(port, options = {}) {
    const begun = performance.now();
    const headers = { connection: "close" };
    const { status } = await exchange(port,
        { method: "GET", target: "/healthz", headers, ...options });
    assert.equal(status, 200);
    return performance.now() - begun;
}

// Asks all the time until the crowd has gone; gives the slowest answer's time.
async function neighbour(daemon, isOver) {
    let worst = 0;
    while (!isOver()) {
        worst = Math.max(worst, await getHealth(daemon.port));
        await pause(100);
    }
    return worst;
}

// A process that may have so many connections on its one worker.
const limitTo = (connections) => {
    const files = connections + OWN_DESCRIPTORS;
    return ["prlimit", `--nofile=${files}:${files}`];
};

describe("each phase has its limit", { concurrency: true }, () => {
    for (const one of CASES) runCase(() => world.daemon, {}, one);

    for (const name of ["nothing", "a request, then the next, a byte a second",
        "a body, a byte a second"]) {
        const [, ...rest] = CASES.find((one) => one[0] === name);
        runCase(() => secure, { secure: {} }, [`TLS: ${name}`, ...rest]);
    }

    for (const [name, ...rest] of STUCK) {
        runCase(() => stuck, {}, [name, ...rest]);
        runCase(() => secure, { secure: {} }, [`TLS: ${name}`, ...rest]);
    }

    test(`${"TLS: half a handshake, a byte a second".padEnd(47)} → closed after ${HEAD_S} s`,
        async (t) => {
            const raw = await new Raw(secure.port).opened;
            void raw.drip("\x16\x03\x01\x00\xff".padEnd(200, "\x01"), SECOND_MS);
            const seconds = (await raw.closed) / 1000;
            t.diagnostic(`${seconds.toFixed(1)} s`);
            assert.ok(seconds < HEAD_S + LATE_S);
        });

    // A paused client does not notice its connection's end: the daemon's descriptors tell.
    for (const [name, everyMs] of [["nothing", 0], ["a byte a second", SECOND_MS]])
        for (const kind of ["", "TLS: "])
            test(`${`${kind}a reader of ${name}`.padEnd(47)} → closed after ${SENDING_S} s`, (t) =>
                withDaemon(kind ? secure.env : {}, [], async (daemon) => {
                    await getHealth(daemon.port, { secure: daemon.secure });
                    await pause(SECOND_MS);
                    const before = descriptors(daemon);
                    const options = { ...(kind && { secure: {} }), highWaterMark: 1 };
                    const raw = await new Raw(daemon.port, options).opened;
                    const begun = performance.now();
                    raw.socket.pause();
                    raw.send(CONTRACT.repeat(200));
                    const timer = everyMs && setInterval(() => raw.socket.read(1), everyMs);
                    await pause(SECOND_MS);
                    assert.equal(descriptors(daemon), before + 1);
                    await until(() => descriptors(daemon) === before, "it is closed", 60000);
                    const seconds = (performance.now() - begun) / 1000;
                    clearInterval(timer);
                    t.diagnostic(`${seconds.toFixed(1)} s`);
                    assert.ok(seconds > SENDING_S - 1 && seconds < SENDING_S + LATE_S, seconds);
                    raw.destroy();
                }));

    test(`${IDLE} idle connections are closed after ${HEAD_S} s, memory flat, others served`, (t) =>
        withDaemon(FLAT, [], async (daemon) => {
            const crowd = async () => {
                const all = Array.from({ length: IDLE }, () => new Raw(daemon.port));
                await Promise.all(all.map((raw) => raw.opened));
                for (const [i, raw] of all.entries()) if (i % 2) raw.send(GET);
                return all;
            };
            for (const raw of await crowd()) raw.destroy(); // what is kept for later is kept now
            await until(() => descriptors(daemon) < IDLE / 10, "they have gone");
            const before = residentKib(daemon);
            const first = await crowd();
            await until(() => descriptors(daemon) > IDLE, "all are accepted");
            let over = false;
            const watch = neighbour(daemon, () => over);
            await pause(2 * SECOND_MS);
            const peak = residentKib(daemon);
            const ends = await Promise.all(first.map((raw) => raw.closed));
            over = true;
            const worst = await watch;
            const after = residentKib(daemon);
            const second = await crowd();
            await pause(2 * SECOND_MS);
            const again = residentKib(daemon);
            for (const raw of second) raw.destroy();
            t.diagnostic(`RSS in KiB: ${before} before, ${peak} with ${IDLE} connections ` +
                `(${((peak - before) / IDLE).toFixed(1)} each), ${after} afterwards, ${again} ` +
                "with as many again");
            t.diagnostic(`closed after ${(Math.min(...ends) / 1000).toFixed(1)} to ` +
                `${(Math.max(...ends) / 1000).toFixed(1)} s; the neighbour's slowest answer ` +
                `${Math.round(worst)} ms`);
            assert.ok(Math.min(...ends) > (HEAD_S - 1) * SECOND_MS);
            assert.ok(Math.max(...ends) < (HEAD_S + LATE_S) * SECOND_MS);
            assert.ok((peak - before) / IDLE < IDLE_KIB_MAX);
            assert.ok(again - peak < REFUSED_KIB_MAX, "it grows from crowd to crowd");
            assert.ok(worst < NEIGHBOUR_MS_MAX, `a neighbour waited ${worst} ms`);
        }));

    test(`${REFUSED} refused messages of each kind leave memory flat`, (t) =>
        withDaemon(FLAT, [], async (daemon) => {
            const bad = [`${GET.slice(0, -4)}\nX: y\r\n\r\n`, `${CHUNKED}zz\r\n`,
                GET.replace("Host: x", `X: ${"a".repeat(20000)}`), `GET /\0 HTTP/1.1\r\n\r\n`];
            const wave = async (count) => {
                for (let i = 0; i < count; i += 100)
                    await Promise.all(Array.from({ length: 100 }, async (_, n) =>
                        (await new Raw(daemon.port).opened).send(bad[n % bad.length]).closed));
            };
            await wave(REFUSED / 4);
            const before = residentKib(daemon);
            await wave(REFUSED * bad.length);
            const after = residentKib(daemon);
            t.diagnostic(`RSS in KiB: ${before} after ${REFUSED / 4}, ${after} after ` +
                `${REFUSED * bad.length} more`);
            assert.ok(after - before < REFUSED_KIB_MAX);
        }));

    test(`${WORKER_CONNECTIONS} connections are served; one more when an idle one has ended`, (t) =>
        withDaemon({ TIMEBANK_WORKERS: "1" }, limitTo(WORKER_CONNECTIONS), async (daemon) => {
            const open = () => new Raw(daemon.port).opened;
            const taken = await Promise.all(Array.from({ length: WORKER_CONNECTIONS }, open));
            for (const raw of taken) raw.send(GET);
            await until(() => taken.every((raw) => raw.answers.length === 1), "all are answered");
            const late = await open();
            late.send(GET);
            await pause(SECOND_MS);
            assert.deepEqual(late.answers, [], "there is no room for it");
            const begun = performance.now();
            await until(() => late.answers.length === 1, "it is answered", 20000);
            const seconds = (performance.now() - begun) / 1000;
            t.diagnostic(`after ${seconds.toFixed(1)} s`);
            assert.ok(seconds < HEAD_CROWDED_S + LATE_S);
            await Promise.all(taken.map((raw) => raw.closed));
            await getHealth(daemon.port);
            late.destroy();
        }));
});
