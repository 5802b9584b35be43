// Where the daemon and the oracle do not agree.
import assert from "node:assert/strict";

export class Difference extends Error {}

// Each value that is expected, in what came; lists are compared whole.
export function compare(expected, actual, where) {
    for (const [name, value] of Object.entries(expected)) {
        const came = actual?.[name];
        try {
            assert.deepEqual(came, value);
        } catch {
            throw new Difference(`${where}: ${name} is ${JSON.stringify(came)}, ` +
                `not ${JSON.stringify(value)}`);
        }
    }
}
