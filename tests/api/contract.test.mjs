// The contract as a document: what other people's tools say of it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { createConfig, lintFromString } from "@redocly/openapi-core";

import { contract } from "./lib/contract.mjs";
import { fits } from "./lib/schema.mjs";

// Problems are told by `default`, which holds for every status.
const RULES = { extends: ["recommended-strict"], rules: { "operation-4xx-response": "off" } };

const lint = async (document) => {
    const config = await createConfig(RULES);
    const found = await lintFromString({ source: JSON.stringify(document), config });
    return found.map((one) => `${one.ruleId}: ${one.message} ${one.location[0]?.pointer}`);
};

test("a linter of OpenAPI 3.1 finds nothing", async () => {
    assert.deepEqual(await lint(contract), []);
});

test("the linter finds what is strange in a parameter", async () => {
    const strange = structuredClone(contract);
    strange.components.parameters.AsOf["to go on printing"] = null;
    assert.equal((await lint(strange)).length, 1);
});

function* examples(node, place = "#") {
    if (node === null || typeof node !== "object") return;
    if (node.example !== undefined && (node.type || node.$ref)) yield [place, node];
    for (const [name, child] of Object.entries(node))
        if (name !== "example") yield* examples(child, `${place}/${name}`);
}

test("every example fits its schema", () => {
    const all = [...examples(contract)];
    assert.ok(all.length > 30);
    assert.deepEqual(all.filter(([, schema]) => !fits(schema, schema.example)), []);
});

test("every body has an example", () => {
    const bodies = Object.values(contract.paths).flatMap(Object.values)
        .flatMap((one) => Object.values(one.requestBody?.content ?? {}));
    const names = bodies.filter(({ schema }) => schema).map(({ schema }) => schema.$ref.split("/").pop());
    assert.deepEqual(names.filter((name) => !contract.components.schemas[name].example), []);
});
