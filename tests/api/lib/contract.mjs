// The bundled contract, and whether an answer keeps it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const METHODS = ["get", "post", "patch", "put", "delete"];

export const contract = JSON.parse(readFileSync(process.env.TB_CONTRACT, "utf8"));

// The refusals that any operation may answer; the bundle does not say which file a code is from.
const ENGINE_FILE = new URL("../../../openapi/problems/engine.yaml", import.meta.url);
export const engineCodes = new Set(
    readFileSync(ENGINE_FILE, "utf8").match(/^[a-z][a-z0-9_]*(?=:)/gm),
);

export const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
const { validate: isDate } = ajv.formats.date;
const { validate: isTime } = ajv.formats.time;

// ajv-formats also takes a blank for the T, an offset without colon or minutes, the URN of a UUID
// and the year 0000, which RFC 3339, RFC 9562 and the calendar do not know.
const isDay = (text) => isDate(text) && !text.startsWith("0000");
ajv.addFormat("uuid", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
ajv.addFormat("date", isDay);
ajv.addFormat("date-time", (text) =>
    /^[Tt]$/.test(text[10]) && /([Zz]|[+-]\d\d:\d\d)$/.test(text) &&
    isDay(text.slice(0, 10)) && isTime(text.slice(11)));
ajv.addSchema(contract, "contract");
const compiled = new Map();

const escape = (step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"));

export function validator(...steps) {
    const pointer = `contract#/${steps.map(escape).join("/")}`;
    if (!compiled.has(pointer)) compiled.set(pointer, ajv.compile({ $ref: pointer }));
    return compiled.get(pointer);
}

function assertValid(validate, value, what) {
    assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)}\n${preview(value)}`);
}

export function preview(value) {
    return JSON.stringify(value)?.slice(0, 2000);
}

function* eachOperation() {
    for (const [path, item] of Object.entries(contract.paths))
        for (const method of METHODS)
            if (item[method]) {
                const spec = item[method];
                const parameters = (spec.parameters ?? []).map(
                    (p) => (p.$ref ? contract.components.parameters[p.$ref.split("/").pop()] : p),
                );
                yield { id: spec.operationId, path, method, spec, parameters };
            }
}

export const operations = new Map([...eachOperation()].map((one) => [one.id, one]));

// A body that is a file has no schema: its media types say what it is.
export const bringsFile = (operation) =>
    Object.values(operation.spec.requestBody?.content ?? {}).some((media) => !media.schema);
export const isList = (operation) => Boolean(operation.spec["x-sort"]);
export const roles = contract.components.schemas.RoleName.enum;
// Where a dry run is 200, the thing itself is 201.
export const successStatus = (operation, isDry = false) =>
    Number(Object.keys(operation.spec.responses).filter((status) => status.startsWith("2"))
        .at(isDry ? 0 : -1));

// "{name}" in a problem's text stands for an argument; "-" is printed where there is none.
function checkTexts(problem, kind) {
    for (const [, name] of kind.detail_en.matchAll(/\{([a-z_]+)\}/g))
        assert.ok(name in (problem.args ?? {}), `${problem.code} has no argument ${name}`);
    assert.ok([kind.title_en, kind.title_zh].includes(problem.title), problem.title);
}

function checkProblem(operation, answer) {
    const { body, status } = answer;
    assert.equal(answer.type, "application/problem+json", answer.text);
    assertValid(validator("components", "schemas", "Problem"), body, "a problem");
    const kind = contract["x-problems"][body.code];
    assert.ok(kind, `${body.code} is no code of the contract`);
    assert.equal(body.status, status);
    assert.equal(kind.status, status, `${body.code} has another status`);
    assert.equal(body.type, `/problems/${body.code}`);
    assert.equal(body.request_id, answer.headers["x-request-id"]);
    const own = operation?.spec["x-problems"] ?? [];
    assert.ok(
        engineCodes.has(body.code) || own.includes(body.code),
        `${operation?.id} does not announce ${body.code}`,
    );
    checkTexts(body, kind);
    for (const [name, value] of Object.entries(body.args ?? {}))
        assert.ok(typeof value !== "number" || !name.endsWith("_code"), `${name} is no string`);
    if (status === 401) assert.match(answer.headers["www-authenticate"], /Bearer realm="timebank"/);
    if (status === 405) assert.match(answer.headers.allow, /OPTIONS/);
    assert.equal(body.retryable, body.retry_after_s !== null);
    assert.equal(answer.headers["retry-after"],
        body.retryable ? String(body.retry_after_s) : undefined);
    assert.ok(!(status === 503 || status === 429) || body.retryable);
    assert.ok(["zh-CN", "en"].includes(answer.headers["content-language"]));
}

function checkHeaders(operation, answer) {
    assert.ok(answer.headers["x-request-id"]);
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
    assert.match(answer.headers["server-timing"], /^db;dur=\d+\.\d{3}, total;dur=\d+\.\d{3}$/);
    assert.match(answer.headers.vary, /Accept-Language/);
    const seconds = answer.status < 400 && operation?.spec["x-cache-seconds"];
    assert.equal(answer.headers["cache-control"],
        seconds ? `public, max-age=${seconds}` : "no-store");
    if ([201, 202].includes(answer.status))
        assert.match(answer.headers.location, /^\/v1\/[^/].*\/[^/]+$/, "without Location");
    if (answer.status === 200 && operation?.method === "get" && !operation.id.match(/Health|Readi|Index/))
        assert.match(answer.headers.etag, /^"(v\d+\.[0-9a-f]{8}|[0-9a-f]{16})"$/);
    if (answer.body?.version !== undefined && answer.status < 300 && operation.path !== "/")
        assert.match(answer.headers.etag, new RegExp(`^"v${answer.body.version}\\.[0-9a-f]{8}"$`));
}

// answer: {status, headers, type, text, body}, operation: null where no operation is meant.
export function checkAnswer(operation, answer) {
    checkHeaders(operation, answer);
    if (answer.status === 304) {
        assert.equal(answer.text, "");
        return;
    }
    if (answer.headers["preference-applied"] || (operation === null && answer.status === 204)) {
        assert.ok([201, 202, 204].includes(answer.status));
        assert.equal(answer.text, "");
        return;
    }
    const documented = operation?.spec.responses[answer.status];
    if (!documented) {
        assert.ok(answer.status >= 400,
            `${operation?.id} answers ${answer.status}: ${answer.text}`);
        checkProblem(operation, answer);
        return;
    }
    const types = Object.keys(documented.content);
    assert.ok(types.includes(answer.type), `${operation.id} answers ${answer.type}`);
    if (!documented.content[answer.type].schema) {
        assert.match(answer.headers["content-disposition"], /^attachment; filename="[\w.]+"$/);
        assert.equal(answer.bytes.length, Number(answer.headers["content-length"]));
        return;
    }
    assertValid(
        validator("paths", operation.path, operation.method, "responses", String(answer.status),
            "content", answer.type, "schema"),
        /json$/.test(answer.type) ? answer.body : answer.text,
        `${operation.id} ${answer.status}`,
    );
}
