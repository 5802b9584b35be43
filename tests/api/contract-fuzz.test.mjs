// The contract's fuzzer: requests made up from the contract alone, sent side by side to a district
// that lives on under them. Whatever is asked, the answer is one of the contract's and no 5xx; what
// ajv finds wrong is refused at those places, and what ajv finds right is never refused as wrong in
// form. Afterwards the ledger's invariants hold, and the daemon has seen no defect.
//
// TB_FUZZ_SECONDS is how long (60), TB_FUZZ_SEED where it begins. Without either the requests are
// the same each time, so that a change is not blamed for what chance finds;
// TB_FUZZ_SECONDS=3600 ./dev test api/contract-fuzz looks for what nobody has thought of.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import fc from "fast-check";

import { requestOf, Pool } from "./lib/arbitraries.mjs";
import { Client } from "./lib/client.mjs";
import { operations } from "./lib/contract.mjs";
import { Daemon, commandOk } from "./lib/daemon.mjs";
import { Database } from "./lib/database.mjs";
import { bodyOf } from "./lib/matrix.mjs";
import { places } from "./lib/mutations.mjs";
import { faultsOf } from "./lib/schema.mjs";
import { makeThings } from "./lib/things.mjs";
import { COMMUNITY, REGIONS, makeWorld } from "./lib/world.mjs";

const { TB_FUZZ_SECONDS, TB_FUZZ_SEED } = process.env;
const SECONDS = Number(TB_FUZZ_SECONDS ?? 60);
const SEED = Number(TB_FUZZ_SEED ?? (TB_FUZZ_SECONDS ? Date.now() % 2 ** 31 : 20140515));
// A district is used up by deaths, leavings and closes: after so long a fresh copy is taken.
const DISTRICT_MS = 20000;
const RUNS = 20;
const AT_ONCE_MAX = 12;
const ERRORS_MAX = 64;
const LOG_LINES = 12;
const TRIES_MAX = 8;
const BUSY = ["overloaded", "contended"];
const FORM = ["body_invalid", "body_malformed", "body_missing"];
// Whose ends would end the fuzzer's own callers: only what it has made itself is known of these.
const CALLERS = ["user_id", "grant_id", "token_id"];
const CLOCK_MAX = "2014-09-01";

let world, values, tokens;
const failures = new Set(); // what the database refused instead of the operation's own rules
const told = { requests: 0, successes: 0, busy: 0, by: new Map() };

before(async () => {
    world = await makeWorld();
    const spare = await world.actor({ role: "information_officer", region: COMMUNITY, name: "闲" });
    values = { ...await makeThings(world), user_id: spare.actor.user.id,
        grant_id: spare.actor.grant.id, token_id: spare.actor.tokenId };
    tokens = (role) => world.byRole(role).token;
    await world.daemon.stop();
});
after(() => {
    world.anyone.close();
    world.database.drop();
});

// A copy of the world with a daemon of its own.
class District {
    async open() {
        this.database = new Database(world.database.name);
        this.daemon = await new Daemon(this.database.url).start();
        this.client = new Client(this.daemon);
        this.pool = new Pool(values);
        for (const code of REGIONS) this.pool.learn("region_code", code);
        for (const one of Object.values(world.persons)) this.pool.learn("person_id", one.id);
        for (const one of Object.values(world.volunteers)) this.pool.learn("volunteer_id", one.id);
        return this;
    }

    async close() {
        this.client.close();
        await this.daemon.stop();
        for (const line of this.daemon.lines.filter((one) => one.includes("statement_failed"))) {
            const { operation, sqlstate } = JSON.parse(line);
            failures.add(`${operation} ${sqlstate}`);
        }
        commandOk(this.database.url, "reconcile");
        this.database.drop();
    }

    // What the daemon said at last explains what went wrong.
    async abandon() {
        this.client.close();
        const { exitCode, signalCode } = this.daemon.child;
        await this.daemon.kill();
        this.database.drop();
        return [`the daemon: ${exitCode ?? signalCode ?? "alive"}`,
            ...this.daemon.lines.slice(-LOG_LINES)].join("\n");
    }

    // A new thing's address tells the values of its path.
    #learnLocation(location) {
        for (const { path, method } of operations.values()) {
            const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
            const found = method === "get" && names.length > 0 &&
                new RegExp(`^${path.replaceAll(/\{\w+\}/g, "([^/]+)")}$`).exec(location);
            if (found) names.forEach((name, i) => this.pool.learn(name, found[i + 1]));
        }
    }

    #learn(node) {
        for (const [name, value] of Object.entries(node ?? {})) {
            if (value !== null && typeof value === "object") this.#learn(value);
            else if (known.has(name) && !CALLERS.includes(name)) this.pool.learn(name, value);
        }
    }

    async ask(request) {
        const operation = operations.get(request.id);
        const text = ([name, { text: value }]) => `${name}=${value}`;
        const query = Object.entries(request.query).filter(([, one]) => one).map(text).join("&");
        const target = operation.path.replaceAll(/\{(\w+)\}/g,
            (_, name) => request.path[name].text);
        const headers = Object.fromEntries(
            Object.entries(request.headers).filter(([, value]) => value !== undefined));
        const body = request.body === undefined ? undefined : JSON.stringify(request.body);
        if (body !== undefined) headers["content-type"] = "application/json";
        const answer = await this.client.send(operation, {
            method: operation.method.toUpperCase(), target: query ? `${target}?${query}` : target,
            headers, body, token: operation.spec["x-roles"] ? tokens(request.role) : null,
        });
        if (answer.headers.location) this.#learnLocation(answer.headers.location);
        if (answer.status < 300) this.#learn(answer.body);
        return answer;
    }
}

// The words that requests use: what answers say under them can be said again.
const known = new Set(["version", ...[...operations.values()].flatMap((one) => [
    ...one.parameters.map(({ name }) => name),
    ...[...places(bodyOf(one) ?? {}, {})].map(({ path }) => path.at(-1)),
])]);

async function answerOf(district, request) {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
        const answer = await district.ask(request);
        told.requests++;
        if (!(answer.status === 503 && BUSY.includes(answer.body.code))) return answer;
        told.busy++;
        await pause(50 * (tries + 1));
    }
    throw new Error(`${request.id} is refused as busy ${TRIES_MAX} times`);
}

const placesIn = (problem) =>
    [...new Set(problem.errors.map((one) => one.pointer ?? one.parameter))].sort();

// What is JSON and is not read all the same: a scalar, a NUL, an integer beyond 64 bits.
function isUnreadable(body) {
    const text = JSON.stringify(body);
    const beyond = (number) => Number.isInteger(number) && !`${number}`.includes("e") &&
        Math.abs(number) >= 2 ** 63;
    let found = body === null || typeof body !== "object" || text.includes("\\u0000");
    JSON.parse(text, (_, value) => (found ||= beyond(value), value));
    return found;
}

// The form of a request, judged by ajv and by how it was made.
function checkForm(operation, request, problem) {
    const wrong = Object.entries({ ...request.path, ...request.query })
        .filter(([, one]) => one?.fault).map(([name]) => name).sort();
    if (wrong.length > 0) {
        assert.equal(problem.code, "parameter_invalid");
        assert.deepEqual(placesIn(problem), wrong);
        return;
    }
    assert.notEqual(problem?.code, "parameter_invalid");
    const faults = request.body === undefined ? new Map()
        : faultsOf(bodyOf(operation), request.body);
    if (faults.size > 0 && problem) {
        assert.equal(problem.code, isUnreadable(request.body) ? "body_malformed" : "body_invalid");
        if (problem.code === "body_invalid" && faults.size < ERRORS_MAX)
            assert.deepEqual(placesIn(problem), [...faults.keys()].sort());
    } else if (faults.size > 0) {
        assert.fail(`taken with faults at ${[...faults.keys()]}`);
    } else if (!isUnreadable(request.body ?? {})) {
        assert.ok(!FORM.includes(problem?.code), "refused as wrong in form");
    }
}

function check(request, answer) {
    const operation = operations.get(request.id);
    assert.ok(answer.status < 500, "a 5xx");
    if (answer.status === 401) return; // its caller has been ended by another request
    const problem = answer.status >= 400 ? answer.body : null;
    const allowed = operation.spec["x-roles"]?.includes(request.role) ?? true;
    assert.equal(problem?.code === "role_not_allowed", !allowed);
    if (allowed) checkForm(operation, request, problem);
}

async function sendAll(district, requests) {
    await Promise.all(requests.map(async (request) => {
        const answer = await answerOf(district, request);
        const said = `${request.id} by ${request.role}: ${JSON.stringify(request)}\n${answer.text}`;
        try {
            check(request, answer);
        } catch (error) {
            throw new Error(`${error.message}\n${said.slice(0, 3000)}`, { cause: error });
        }
        const good = answer.status < 300;
        told.successes += good;
        told.by.set(request.id, (told.by.get(request.id) ?? 0) + good);
    }));
}

// A clock that stands centuries later lets the daemon settle each of their weeks: right, and long.
const isPatient = ({ id, body }) =>
    id !== "setTestClock" || !(String(body?.standing_clock) > CLOCK_MAX);

test(`every answer is the contract's, whatever is asked (seed ${SEED})`, async (context) => {
    const end = Date.now() + SECONDS * 1000;
    for (let seed = SEED; Date.now() < end;) {
        const district = await new District().open();
        const request = fc.oneof(...[...operations.values()].map(
            (one) => requestOf(one, district.pool))).filter(isPatient);
        const property = fc.asyncProperty(
            fc.array(request, { minLength: 1, maxLength: AT_ONCE_MAX }),
            (requests) => sendAll(district, requests));
        const until = Math.min(end, Date.now() + DISTRICT_MS);
        try {
            while (Date.now() < until) await fc.assert(property, { numRuns: RUNS, seed: seed++ });
        } catch (error) {
            throw new Error(`${error.message}\n${await district.abandon()}`, { cause: error });
        }
        await district.close();
    }
    const answered = [...told.by.values()].filter((count) => count > 0).length;
    context.diagnostic(`note: contract fuzzer: seed ${SEED}, ${told.requests} requests, ` +
        `${told.successes} successes at ${answered} of ${operations.size} operations, ` +
        `${told.busy} busy, no answer outside the contract`);
    if (failures.size > 0)
        context.diagnostic(`note: statements that failed as a whole: ${[...failures].sort()}`);
    assert.equal(told.by.size, operations.size);
});
