// The bad-input matrix, its other side: the last value that a body's schema allows is not refused
// as one that does not fit. What the operation then says is its own affair, but never a 5xx.
import { after, before, describe, test } from "node:test";

import { operations } from "./lib/contract.mjs";
import { Matrix, bodyOf, effects } from "./lib/matrix.mjs";
import { edges, withFault } from "./lib/mutations.mjs";
import { pointerOf, sampleOf } from "./lib/schema.mjs";
import { write } from "./lib/wire.mjs";

const withBody = [...operations.values()].filter(bodyOf);

let matrix;

before(async () => {
    matrix = await new Matrix().build("bodies at the edge");
});
after(() => matrix.close());

function casesOf(operation) {
    const schema = bodyOf(operation);
    const base = sampleOf(schema, "", matrix.things);
    return [...edges(schema, matrix.things)].map(({ path, what, value }) => ({
        what: `${pointerOf(path)}: ${what}`,
        body: write(withFault(schema, base, path, value, matrix.things)),
        judge: ({ body, text }) =>
            (["body_invalid", "body_malformed"].includes(body.code) ? text : null),
    }));
}

describe("a body at the edge is not refused as one that does not fit", () => {
    for (const operation of withBody)
        test(operation.id, async () => {
            await matrix.run(operation, casesOf(operation), { digest: effects });
        });
});

test("every operation with a body was walked", (context) => matrix.tell(context, withBody));
