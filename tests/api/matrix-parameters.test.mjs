// The bad-input matrix, parameters: path, query and headers of each operation. Every wrong
// parameter is told by name, and none has an effect.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { operations } from "./lib/contract.mjs";
import { Matrix, butKeys, effects, isWrite, parametersIn } from "./lib/matrix.mjs";
import { parameterEdges, parameterFaults } from "./lib/mutations.mjs";
import { look, sampleOf } from "./lib/schema.mjs";

const QUERY_PARAMETERS_MAX = 32;
const every = [...operations.values()];
const withPath = every.filter((one) => parametersIn(one, "path").length > 0);

let matrix;

before(async () => {
    matrix = await new Matrix().build("parameters and headers");
});
after(() => matrix.close());

const wrong = (what, request, names) => ({
    what, ...request, codes: ["parameter_invalid"],
    errors: Object.fromEntries(names.map((name) => [name, { includes: () => true }])),
});
const refusedAs = (what, request, name, codes) =>
    ({ ...wrong(what, request, [name]), errors: { [name]: codes } });

function pathCases(operation) {
    return parametersIn(operation, "path").flatMap(({ name, schema }) =>
        [...parameterFaults(look(schema))].filter(({ text }) => text !== "").map(
            ({ what, text, codes }) =>
                refusedAs(`${name}: ${what}`, { path: { [name]: text } }, name, codes)));
}

function queryCases(operation) {
    const known = parametersIn(operation, "query");
    const each = known.filter((one) => one.name !== "cursor").flatMap(({ name, schema }) => [
        ...[...parameterFaults(look(schema))].map(({ what, text, codes }) =>
            refusedAs(`${name}: ${what}`, { query: [`${name}=${text}`] }, name, codes)),
        refusedAs(`${name} twice`, { query: Array(2).fill(`${name}=${encodeURIComponent(
            sampleOf(schema, name, matrix.things))}`) }, name, ["unique_items"]),
    ]);
    const unknown = ["no_such_parameter", "LIMIT", "limit[]", "/v1", "\u5b57", ""];
    const flood = Array.from({ length: QUERY_PARAMETERS_MAX + 1 }, (_, i) => `p${i}=1`);
    const names = known.filter((one) => one.name !== "cursor").map((one) => one.name);
    return [
        ...each,
        ...unknown.map((name) => refusedAs(`unknown ${name}`,
            { query: [`${encodeURIComponent(name)}=1`] }, name, ["unknown_field"])),
        refusedAs("a long unknown name", { query: [`${"n".repeat(2000)}=1`] }, "query",
            ["unknown_field"]),
        refusedAs("a broken escape in a name", { query: ["%zz=1"] }, "%zz", ["format"]),
        wrong("all at once", { query: [...names.map((name) => `${name}=%ff`), "no_such=1"] },
            [...names, "no_such"]),
        { what: "33 of them", query: flood, codes: ["parameter_invalid"] },
    ].filter(({ query }) => query.length > 0);
}

const header = (what, name, value, code) => ({ what: `${name}: ${what}`,
    headers: { [name]: value }, codes: [code] });

function headerCases(operation) {
    const key = "idempotency-key", match = "if-match";
    const cases = [];
    if (isWrite(operation))
        for (const text of ["", '""', "a b", "\u00e9", "a\tb", "k".repeat(256)])
            cases.push(header(JSON.stringify(text).slice(0, 9), key, text,
                "idempotency_key_invalid"));
    if (operation.spec["x-idempotency"] === "required")
        cases.push(header("none", key, null, "idempotency_key_missing"));
    if (operation.spec["x-if-match"]) {
        for (const text of ["", "*", '"x"', '"v"', '"v-1"', '"v1", "v2"', '"v9223372036854775808"'])
            cases.push(header(text, match, text, "if_match_invalid"));
        cases.push(header("none", match, null, "if_match_missing"));
    }
    return cases;
}

describe("a wrong path, query or header is refused, each parameter by its name", () => {
    for (const operation of every)
        test(operation.id, async () => {
            await matrix.run(operation, [...pathCases(operation), ...queryCases(operation),
                ...headerCases(operation)]);
        });
});

describe("a cursor that is none of this list is refused", () => {
    for (const operation of every.filter((one) => one.spec["x-sort"]))
        test(operation.id, async () => {
            const texts = ["", "abc", "%00", "A".repeat(100), "A".repeat(3900), "!", "e30"];
            await matrix.run(operation, texts.map((text) => ({
                what: text.slice(0, 9), query: [`cursor=${text}`],
                codes: ["cursor_invalid", "parameter_invalid"],
            })));
        });
});

// Of the right form, and nothing has it.
function unknownValue({ name, schema }) {
    const { format, pattern, maximum } = look(schema);
    if (format === "uuid") return randomUUID();
    if (format === "date") return "2031-01-06";
    if (look(schema).enum || maximum < 100) return null; // there may be all of them
    if (look(schema).type === "integer") return maximum ?? 2 ** 31;
    return /0-9\]\{/.test(pattern) ? sampleOf(schema).replaceAll(/\d/g, "9") : "no_such_thing";
}

describe("what a path names and nobody knows is not found, or an empty list", () => {
    for (const operation of withPath)
        test(operation.id, async () => {
            const cases = parametersIn(operation, "path").map((one) => [one, unknownValue(one)])
                .filter(([, value]) => value !== null).map(([{ name }, value]) => ({
                    what: `${name}=${value}`, path: { [name]: value },
                    judge: ({ status, body }) => {
                        if (operation.spec["x-sort"] && status === 200)
                            return body.data.length > 0 ? "rows" : null;
                        return status >= 400 && status < 500 ? null : `${status}`;
                    },
                }));
            await matrix.run(operation, cases, { digest: butKeys });
        });
});

describe("the last value on each side of a limit is taken", () => {
    for (const operation of every)
        test(operation.id, async () => {
            const cases = parametersIn(operation, "query").flatMap(({ name, schema }) =>
                [...parameterEdges(look(schema))].filter(() => name !== "cursor").map((text) => ({
                    what: `${name}=${text.slice(0, 20)}`,
                    query: [`${name}=${encodeURIComponent(text)}`],
                    judge: ({ body, text: told }) =>
                        (body?.code === "parameter_invalid" ? told : null),
                })));
            await matrix.run(operation, cases, { digest: effects });
        });
});

test("every operation was walked", (context) => {
    assert.ok(matrix.requests > every.length);
    matrix.tell(context, every);
});
