// The daemon about itself, and the contract about itself.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { bringsFile, contract, engineCodes, operations, validator } from "./lib/contract.mjs";
import { command } from "./lib/daemon.mjs";
import { makeWorld } from "./lib/world.mjs";

let world;

before(async () => {
    world = await makeWorld();
});
after(() => world.close());

describe("without a token", () => {
    test("the index leads to contract and health", async () => {
        const index = await world.anyone.ok("getIndex");
        assert.equal(index.name, "timebankd");
        assert.equal(index.version, contract.info.version);
        assert.equal(index.links.contract, "/openapi.json");
    });

    test("the process is alive, and ready with its connections", async () => {
        assert.equal((await world.anyone.ok("getHealth")).status, "pass");
        const { status, checks } = await world.anyone.ok("getReadiness");
        assert.equal(status, "pass");
        for (const lane of ["database:read", "database:write"])
            assert.ok(checks[lane][0].observedValue > 0, lane);
    });

    test("the contract is served as it was bundled", async () => {
        assert.deepEqual(await world.anyone.ok("getContract"), contract);
    });

    test("every error code is explained in both languages", async () => {
        for (const [code, kind] of Object.entries(contract["x-problems"])) {
            const { args, ...texts } = kind; // args says what a refusal shows, not what it means
            const told = await world.anyone.ok("getProblem", { path: { code } });
            assert.deepEqual(told, { code, ...texts });
        }
    });

    test("all error codes are listed", async () => {
        const { data } = await world.anyone.ok("listProblems");
        assert.deepEqual(data.map((one) => one.code),
            Object.keys(contract["x-problems"]).sort());
    });

    test("what changes with the program only may be kept, and is sent once", async () => {
        for (const [id, path] of [["getContract"], ["listProblems"],
            ["getProblem", { code: "not_found" }]]) {
            const first = await world.anyone.call(id, { path });
            const headers = { "if-none-match": first.headers.etag };
            assert.equal((await world.anyone.call(id, { path, headers })).status, 304);
        }
    });

    test("an unknown code is not found, an impossible one refused", async () => {
        await world.anyone.refused("getProblem", "not_found", { path: { code: "no_such_code" } });
        await world.anyone.refused("getProblem", "parameter_invalid", { path: { code: "A-B" } });
    });

    test("a token is not needed, and a wrong one does not matter", async () => {
        await world.anyone.ok("getHealth", { token: "nonsense" });
    });
});

describe("the contract", () => {
    const bodies = [...operations.values()].filter(
        (one) => one.spec.requestBody && !bringsFile(one));

    for (const operation of bodies)
        test(`${operation.id} has an example that fits its schema`, () => {
            const [type] = Object.keys(operation.spec.requestBody.content);
            const { schema } = operation.spec.requestBody.content[type];
            const noun = contract.components.schemas[schema.$ref.split("/").pop()];
            assert.ok(noun.example, "no example");
            const validate = validator("paths", operation.path, operation.method, "requestBody",
                "content", type, "schema");
            assert.ok(validate(noun.example), JSON.stringify(validate.errors));
        });

    test("announces only codes that are explained", () => {
        for (const { id, spec } of operations.values())
            for (const code of spec["x-problems"] ?? [])
                assert.ok(contract["x-problems"][code], `${id}: ${code}`);
    });

    test("explains only codes that somebody answers", () => {
        const announced = new Set(engineCodes);
        for (const { spec } of operations.values())
            for (const code of spec["x-problems"] ?? []) announced.add(code);
        assert.deepEqual(
            Object.keys(contract["x-problems"]).filter((code) => !announced.has(code)), []);
    });
});

describe("the commands", () => {
    test("check proves contract and SQL against the database", () => {
        const run = command(world.database.url, "check");
        assert.equal(run.status, 0, run.stdout + run.stderr);
    });

    test("what is used wrongly ends with status 2 and says how", () => {
        for (const args of [["fly"], ["district", "--code", "371402"], ["serve", "--port=1"],
            ["token", "--district", "12", "--name", "x"]]) {
            const run = command(world.database.url, ...args);
            assert.equal(run.status, 2, args.join(" "));
            assert.notEqual(run.stderr, "");
        }
    });

    test("a first token needs a founded district", () => {
        const run = command(world.database.url, "token", "--district", "999999", "--name", "x");
        assert.equal(run.status, 1);
        assert.match(run.stderr, /999999/);
    });
});
