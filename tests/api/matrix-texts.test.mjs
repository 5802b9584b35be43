// The bad-input matrix, bytes: bodies that are no JSON at all, too large, of the wrong type,
// missing or not expected; at each place of each schema what no JSON text may hold. None has an
// effect.
import { after, before, describe, test } from "node:test";

import { bringsFile, operations } from "./lib/contract.mjs";
import { Matrix, bodyOf } from "./lib/matrix.mjs";
import { textFaults, withFault } from "./lib/mutations.mjs";
import { pointerOf, sampleOf } from "./lib/schema.mjs";
import { write } from "./lib/wire.mjs";

const BODY_BYTES_MAX = 1024 * 1024;
const withBody = [...operations.values()].filter(bodyOf);
const withoutBody = [...operations.values()].filter(
    (one) => !bodyOf(one) && !bringsFile(one));

let matrix;

before(async () => {
    matrix = await new Matrix().build("bodies that are no JSON");
});
after(() => matrix.close());

function fixedCases() {
    const malformed = (what, body, reason) => ({ what, body, codes: ["body_malformed"], reason });
    return [
        malformed("half an object", '{"a":', "json_malformed"),
        malformed("a trailing comma", '{"a":1,}', "json_malformed"),
        malformed("two values", "{} {}", "json_malformed"),
        malformed("blanks only", " \r\n\t", "json_empty"),
        malformed("a comment", "{} // no", "json_malformed"),
        malformed("single quotes", "{'a':1}", "json_malformed"),
        malformed("a byte order mark", "\ufeff{}", "json_malformed"),
        malformed("a number with a leading zero", '{"a":01}', "json_malformed"),
        malformed("NaN", '{"a":NaN}', "json_malformed"),
        malformed("a raw control character", '{"a":"\u0001"}', "json_malformed"),
        malformed("a NUL behind it", "{}\u0000", "json_malformed"),
        malformed("a NUL in a name", '{"a\\u0000":1}', "json_nul_character"),
        malformed("UTF-16", Buffer.from('{"a":1}', "utf16le"), "json_malformed"),
        malformed("33 levels", `${"[".repeat(33)}${"]".repeat(33)}`, "json_too_deep"),
    ];
}

const typed = (what, type) => ({ what, headers: { "content-type": type },
    codes: ["media_type_unsupported"] });

function casesOf(operation) {
    const schema = bodyOf(operation);
    const base = sampleOf(schema, "", matrix.things);
    const within = [...textFaults(schema, matrix.things)].map(({ path, what, value, code }) => ({
        what: `${pointerOf(path)}: ${what}`, reason: code, codes: ["body_malformed"],
        body: write(withFault(schema, base, path, value, matrix.things)),
    }));
    const large = { what: "1 MiB + 1", codes: ["body_too_large"],
        body: JSON.stringify(base).padEnd(BODY_BYTES_MAX + 1) };
    const types = ["text/plain", "application/xml", "application/jsonx", "json", ";", null];
    return [...fixedCases(), ...within, large, ...types.map((one) => typed(`type ${one}`, one))];
}

describe("a body that is no JSON is refused, and told why", () => {
    for (const operation of withBody)
        test(operation.id, async () => {
            await matrix.run(operation, casesOf(operation));
        });
});

describe("no body where one is needed is refused", () => {
    for (const operation of withBody.filter((one) => one.spec.requestBody.required))
        test(operation.id, async () => {
            await matrix.run(operation, [{ what: "none", body: "", codes: ["body_missing"] }]);
        });
});

describe("a body that is no file is refused where one is expected", () => {
    for (const operation of [...operations.values()].filter(bringsFile))
        test(operation.id, async () => {
            const typed = (type, body, code) => ({ what: `${type} ${body.length}`, body,
                headers: { "content-type": type }, codes: [code] });
            await matrix.run(operation, [
                typed("application/json", "{}", "file_type_unsupported"),
                typed("image/gif", "GIF89a", "file_type_unsupported"),
                typed("image/png", "{}", "file_of_another_type"),
                typed("image/png", "", "file_type_unsupported"),
            ]);
        });
});

describe("a body where none is expected is refused", () => {
    for (const operation of withoutBody)
        test(operation.id, async () => {
            const headers = { "content-type": "application/json" };
            const cases = ["{}", "null", "x", "{"].map((body) =>
                ({ what: body, headers, body, codes: ["body_not_expected"] }));
            await matrix.run(operation, cases);
        });
});

test("every operation was walked", (context) => matrix.tell(context, [...operations.values()]));
