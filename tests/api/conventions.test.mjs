// What every answer has beside its body: cross-origin headers, preferences, rates, timing, traces.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { Client } from "./lib/client.mjs";
import { Daemon, command } from "./lib/daemon.mjs";
import { until } from "./lib/wait.mjs";
import { COMMUNITY, makeWorld } from "./lib/world.mjs";

const ORIGIN = "https://app.example";
const QUOTA = 20; // of the second daemon, in 60 s
const STRANGER_WRITES_MAX = 30;
const FAILURES_MAX = 60;

let world, daemon, other;

// A second daemon on the same database, with rates and an allow-list.
before(async () => {
    world = await makeWorld();
    daemon = new Daemon(world.database.url, {
        TIMEBANK_RATE_LIMIT: `${QUOTA}/60`,
        TIMEBANK_CORS_ORIGINS: `https://else.example,${ORIGIN}`,
    });
    daemon.keepsRequests = true;
    await daemon.start();
    other = new Client(daemon);
});
after(async () => {
    other.close();
    await daemon.stop();
    await world.close();
});

const household = (address_line) => ({ body: { region_code: COMMUNITY, address_line } });

describe("a page of another origin", () => {
    const from = (origin, headers = {}) => ({ headers: { origin, ...headers } });
    const allowed = (answer) => answer.headers["access-control-allow-origin"];

    test("may read answers and errors when its origin is listed", async () => {
        const answers = [
            await other.call("getHealth", from(ORIGIN)),
            await other.call("listRegions", from(ORIGIN)),
            await other.send(null, { method: "GET", target: "/nowhere", ...from(ORIGIN) }),
            await other.send(null, { method: "BREW", target: "/healthz", ...from(ORIGIN) }),
        ];
        assert.deepEqual(answers.map((one) => one.status), [200, 401, 404, 405]);
        for (const answer of answers) {
            assert.equal(allowed(answer), ORIGIN);
            assert.match(answer.headers.vary, /Origin/);
            for (const name of ["ETag", "Link", "Location", "Retry-After", "RateLimit",
                "RateLimit-Policy", "Idempotent-Replayed", "X-Request-Id", "Content-Disposition"])
                assert.ok(answer.headers["access-control-expose-headers"].split(", ").includes(name));
            assert.equal(answer.headers["access-control-allow-credentials"], undefined);
        }
    });

    test("may not when it is not, nor where no list was given", async () => {
        for (const origin of ["https://evil.example", "http://app.example", `${ORIGIN}:444`,
            `${ORIGIN}/`, "null"])
            assert.equal(allowed(await other.call("getHealth", from(origin))), undefined, origin);
        assert.equal(allowed(await world.anyone.call("getHealth", from(ORIGIN))), undefined);
    });

    const preflight = (client, origin) => client.send(null, {
        method: "OPTIONS", target: "/v1/households",
        ...from(origin, { "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,idempotency-key" }),
    });

    test("asks before it writes, and is told for two hours", async () => {
        const answer = await preflight(other, ORIGIN);
        assert.equal(answer.status, 204);
        assert.equal(answer.headers["access-control-max-age"], "7200");
        assert.match(answer.headers["access-control-allow-methods"], /POST/);
        for (const name of ["Authorization", "Content-Type", "Idempotency-Key", "If-Match",
            "Prefer", "X-HTTP-Method-Override"])
            assert.ok(answer.headers["access-control-allow-headers"].split(", ").includes(name));
    });

    test("is told nothing when its origin is not listed", async () => {
        const answer = await preflight(other, "https://evil.example");
        assert.equal(answer.status, 204);
        for (const name of Object.keys(answer.headers))
            assert.ok(!name.startsWith("access-control-"), name);
    });

    test("an origin that is none, and one too many, are refused at the start", () => {
        const start = (origins) => {
            const saved = process.env.TIMEBANK_CORS_ORIGINS;
            process.env.TIMEBANK_CORS_ORIGINS = origins;
            const run = command("postgresql:///nowhere", "serve");
            if (saved === undefined) delete process.env.TIMEBANK_CORS_ORIGINS;
            return run;
        };
        const many = (n) => Array.from({ length: n }, (_, i) => `https://a${i}.example`).join(",");
        for (const origins of ["app.example", `${ORIGIN}/path`, "https://", many(17)]) {
            const run = start(origins);
            assert.equal(run.status, 2, origins);
            assert.match(run.stderr, /TIMEBANK_CORS_ORIGINS/);
        }
        assert.equal(start(many(16)).status, 1, "16 origins are taken; the database is not there");
    });
});

describe("Prefer: return=minimal", () => {
    const minimal = (value = "return=minimal") => ({ headers: { prefer: value } });

    test("a creation is answered by its place and tag alone", async () => {
        const key = randomUUID();
        const short = await world.as.clerk.call("createHousehold",
            { ...household("简1"), ...minimal(), key });
        assert.equal(short.status, 201);
        assert.equal(short.text, "");
        assert.equal(short.headers["preference-applied"], "return=minimal");
        const whole = await world.as.clerk.call("createHousehold", { ...household("简1"), key });
        assert.equal(whole.headers["idempotent-replayed"], "true");
        assert.equal(whole.headers.location, short.headers.location);
        assert.equal(whole.headers.etag, short.headers.etag);
        assert.ok(short.headers.location.endsWith(whole.body.id));
    });

    test("a change is answered by 204", async () => {
        const person = await world.person({ name: "简二" });
        const answer = await world.as.clerk.call("updatePerson", {
            path: { person_id: person.id }, body: { name: "简三" }, match: person.version,
            ...minimal("respond-async, Return=Minimal; foo"),
        });
        assert.equal(answer.status, 204);
        assert.match(answer.headers.etag, /^"v2\./);
    });

    test("a refusal is told all the same", async () => {
        await world.as.clerk.refused("updatePerson", "not_found",
            { path: { person_id: randomUUID() }, body: { name: "无" }, match: 1, ...minimal() });
    });

    test("what is shown once is shown, and a read is not cut short", async () => {
        const grant_id = world.as.clerk.actor.grant.id;
        const token = await world.admin.call("createToken",
            { body: { grant_id, label: "简" }, ...minimal() });
        assert.match(token.body.token, /^tb_371402_/);
        assert.equal(token.headers["preference-applied"], undefined);
        assert.ok((await world.admin.ok("listRegions", minimal())).data.length > 0);
    });

    test("another preference changes nothing", async () => {
        const answer = await world.as.clerk.call("createHousehold",
            { ...household("简4"), ...minimal("return=representation") });
        assert.equal(answer.body.address_line, "简4");
    });
});

describe("rates", () => {
    const rateOf = (answer) => {
        const [, r, t] = /^"default";r=(\d+);t=(\d+)$/.exec(answer.headers.ratelimit);
        return { remaining: Number(r), reset_s: Number(t) };
    };
    const read = (client) => client.call("getRegion", { path: { region_code: COMMUNITY } });

    test("each answer says what is left, and the last but one is refused", async () => {
        const client = other.as(world.as.head.token);
        for (let i = 1; i <= QUOTA; i++) {
            const answer = await read(client);
            assert.equal(answer.status, 200, `${i}: ${answer.text}`);
            assert.equal(answer.headers["ratelimit-policy"], `"default";q=${QUOTA};w=60`);
            const { remaining, reset_s } = rateOf(answer);
            assert.ok(remaining >= QUOTA - i && remaining <= QUOTA - i + 1, `${i}: ${remaining}`);
            assert.ok(reset_s <= 3 * i, `${i}: ${reset_s}`);
        }
        const refused = await until(async () => {
            const answer = await read(client);
            return answer.status === 429 && answer;
        }, "the quota is spent");
        assert.equal(refused.body.code, "rate_limited");
        assert.deepEqual(refused.body.args, { quota: QUOTA, window_s: 60 });
        assert.ok(refused.body.retry_after_s >= 1 && refused.body.retry_after_s <= 3);
        assert.equal(rateOf(refused).remaining, 0);
        assert.equal((await read(other.as(world.as.officer.token))).status, 200, "a neighbour");
        await until(async () => (await read(client)).status === 200, "it comes back", 6000);
    });

    test("tokens in vain slow their address down, and hold nobody up who is known", async () => {
        const known = other.as(world.as.auditor.token);
        assert.equal((await read(known)).status, 200);
        const guess = () => {
            const secret = (randomUUID() + randomUUID()).replaceAll("-", "").slice(0, 43);
            return read(other.as(`tb_371402_${secret}`));
        };
        const statuses = [];
        for (let i = 0; i < FAILURES_MAX + 5; i++) statuses.push((await guess()).status);
        assert.deepEqual(statuses.slice(0, FAILURES_MAX),
            Array.from({ length: FAILURES_MAX }, () => 401));
        assert.ok(statuses.slice(FAILURES_MAX).includes(429));
        assert.equal((await read(known)).status, 200);
        await until(async () => (await guess()).status === 401, "another guess is due", 5000);
    });

    test("of whoever needs no token are counted by address", async () => {
        const list = () => other.call("listPublicNotices", { path: { district_code: "371402" } });
        const first = await list();
        assert.equal(first.status, 200);
        assert.ok(rateOf(first).remaining < QUOTA);
        await until(async () => (await list()).status === 429, "the quota is spent");
        const file = () => other.call("filePublicObjection", {
            path: { number: "371402-2014Q2-1" },
            body: { region_code: COMMUNITY, statement: "x", objector_name: "x" },
        });
        const statuses = [];
        for (let i = 0; i < STRANGER_WRITES_MAX + 2; i++) statuses.push((await file()).status);
        assert.deepEqual(statuses.slice(0, STRANGER_WRITES_MAX),
            Array.from({ length: STRANGER_WRITES_MAX }, () => 404));
        assert.ok(statuses.slice(STRANGER_WRITES_MAX).includes(429));
    });

    test("where they are off nothing is said of them", async () => {
        const answer = await read(world.as.head);
        assert.equal(answer.headers.ratelimit, undefined);
        assert.equal(answer.headers["ratelimit-policy"], undefined);
    });

    test("a rate that is none is refused at the start", () => {
        for (const rate of ["100", "0/60", "10/0", "1000001/60", "10/3601", "a/b", "10/60/1"]) {
            process.env.TIMEBANK_RATE_LIMIT = rate;
            const run = command("postgresql:///nowhere", "serve");
            delete process.env.TIMEBANK_RATE_LIMIT;
            assert.equal(run.status, 2, rate);
            assert.match(run.stderr, /TIMEBANK_RATE_LIMIT/);
        }
    });
});

describe("traces and times", () => {
    const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const logged = (id) => until(
        () => daemon.requests.find((line) => JSON.parse(line).request_id === id), "it is logged");

    test("a request is logged with the trace that it belongs to", async () => {
        for (const [id, traceparent, trace] of [
            ["t-1", TRACE, TRACE],
            ["t-2", TRACE.toUpperCase(), null],
            ["t-3", `ff${TRACE.slice(2)}`, null],
            ["t-4", TRACE.replace(/4bf9[0-9a-f]+/, "0".repeat(32)), null],
            ["t-5", "00-1-2-3", null],
            ["t-6", `${TRACE}-more`, null],
        ]) {
            await other.call("getHealth", { headers: { traceparent, "x-request-id": id } });
            assert.equal(JSON.parse(await logged(id)).trace, trace, id);
        }
    });

    test("the time in the database is told, and is a part of the whole", async () => {
        const answer = await world.admin.call("listRegions");
        const [db, total] = answer.headers["server-timing"].match(/\d+\.\d+/g).map(Number);
        assert.ok(db > 0 && db <= total, answer.headers["server-timing"]);
        const health = await world.anyone.call("getHealth");
        assert.match(health.headers["server-timing"], /^db;dur=0\.000,/);
    });
});
