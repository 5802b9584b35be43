// The bad-input matrix, bodies: at each place of each operation's schema one fault at a time, and
// all of them at once. Each is told where it is, and none has an effect.
import { after, before, describe, test } from "node:test";

import { operations } from "./lib/contract.mjs";
import { Matrix, bodyOf } from "./lib/matrix.mjs";
import { places, schemaFaults, withFault } from "./lib/mutations.mjs";
import { faultsOf, fits, pointerOf, sampleOf } from "./lib/schema.mjs";
import { Raw, write } from "./lib/wire.mjs";

const ERRORS_MAX = 64;
const withBody = [...operations.values()].filter(bodyOf);

let matrix;

before(async () => {
    matrix = await new Matrix().build("bodies that do not fit");
});
after(() => matrix.close());

const containsRaw = (value) => value instanceof Raw;

// What both validators must say: the fault itself, with every other that ajv sees at the same
// place.
function expectation(schema, body, { path, value, code }) {
    if (containsRaw(value)) return { [pointerOf(path)]: [code] };
    const found = faultsOf(schema, body);
    const codes = found.get(pointerOf(path));
    if (!codes?.has(code)) throw new Error(`ajv does not say ${code} of ${pointerOf(path)}`);
    return Object.fromEntries([...found].map(([pointer, all]) => [pointer, [...all]]));
}

function casesOf(operation) {
    const schema = bodyOf(operation);
    const { things } = matrix;
    const base = sampleOf(schema, "", things);
    return [...schemaFaults(schema, things)].map((fault) => {
        const body = withFault(schema, base, fault.path, fault.value, things);
        return {
            what: `${pointerOf(fault.path)}: ${fault.what}`,
            body: write(body), codes: ["body_invalid"],
            errors: expectation(schema, body, fault),
        };
    });
}

// Every member wrong in one body: by its type, and by being away or unknown.
function wholesale(operation) {
    const schema = bodyOf(operation);
    const leaves = [...places(schema, matrix.things)].filter(({ path, schema: one }) =>
        path.length > 0 && !one.properties && !one.items);
    let wrongTypes = sampleOf(schema, "", matrix.things);
    for (const { path, schema: leaf } of leaves) {
        const value = [false, "no"].find((one) => !fits(leaf, one));
        if (value === undefined) continue; // anything fits
        wrongTypes = withFault(schema, wrongTypes, path, value, matrix.things);
    }
    const unknown = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`unknown_${i}`, i]));
    return [wrongTypes, { ...wrongTypes, ...unknown }, unknown].map((body, i) => {
        const found = [...faultsOf(schema, body)].slice(0, ERRORS_MAX);
        return { what: `many faults at once (${i})`, body: JSON.stringify(body),
            codes: ["body_invalid"],
            errors: Object.fromEntries(found.map(([pointer, all]) => [pointer, [...all]])) };
    });
}

describe("a body that does not fit is refused with every fault and its place", () => {
    for (const operation of withBody)
        test(operation.id, async () => {
            await matrix.run(operation, [...casesOf(operation), ...wholesale(operation)]);
        });
});

test("every operation with a body was walked", (context) => matrix.tell(context, withBody));
