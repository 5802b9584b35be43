// Requests made up by fast-check from the contract alone: most are right in form, some have a fault
// that is known. Ids and words come from a pool of those the world has, which grows as it answers.
import fc from "fast-check";

import { roles } from "./contract.mjs";
import { bodyOf, isWrite, parametersIn } from "./matrix.mjs";
import { parameterFaults, schemaFaults, withFault } from "./mutations.mjs";
import { fits, look, typesOf } from "./schema.mjs";
import { Raw } from "./wire.mjs";

const NEAR = Date.parse("2014-05-15T11:07:00+08:00");
const DAY_MS = 86400000;
const NEAR_DAYS = 45;
const ARRAY_MAX = 6;
const TEXT_MAX = 120;

// Of each name the values that are known; the oldest are forgotten.
export class Pool {
    static #MAX = 60;

    constructor(values) {
        this.byName = new Map();
        for (const [name, value] of Object.entries(values)) this.learn(name, value);
    }

    learn(name, value) {
        const known = this.byName.get(name) ?? [];
        if (!known.includes(value)) known.push(value);
        if (known.length > Pool.#MAX) known.shift();
        this.byName.set(name, known);
    }

    // One that fits: of this name, else of any; undefined when there is none.
    pick(name, schema, number) {
        for (const values of [this.byName.get(name) ?? [], [...this.byName.values()].flat()]) {
            const fitting = values.filter((one) => fits(schema, one));
            if (fitting.length > 0) return fitting[number % fitting.length];
        }
        return undefined;
    }
}

const near = fc.integer({ min: -NEAR_DAYS * DAY_MS, max: NEAR_DAYS * DAY_MS })
    .map((ms) => new Date(NEAR + Math.round(ms / 60000) * 60000));
const ever = fc.date({ min: new Date("0001-01-02T00:00:00Z"),
    max: new Date("9999-12-30T00:00:00Z"), noInvalidDate: true });
const instant = fc.oneof({ weight: 9, arbitrary: near }, { weight: 1, arbitrary: ever });
const dayText = (date) => date.toISOString().slice(0, 10);
const instantText = fc.tuple(instant, fc.constantFrom("Z", "+08:00", "-11:30", "+14:00", "z"),
    fc.constantFrom("", ".5", ".123456", ".1234567890123")).map(([date, zone, fraction]) =>
    date.toISOString().replace(/\.\d+Z$/, fraction + zone));

function text(schema) {
    const { format, pattern, minLength = 0, maxLength = TEXT_MAX } = schema;
    const formatted = { uuid: fc.uuid(), date: instant.map(dayText), "date-time": instantText };
    if (formatted[format]) return formatted[format].filter((one) => fits(schema, one));
    if (pattern)
        return fc.stringMatching(new RegExp(pattern)).filter((one) => fits(schema, one));
    const range = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, TEXT_MAX)) };
    const known = fc.constantFrom("冯有才", "北园社区", "'; DROP TABLE persons; --", "%", "\\");
    return fc.oneof(fc.string({ ...range, unit: "grapheme" }), fc.string({ ...range, unit:
        fc.constantFrom("字", "𠮷", "a", " ", "\n", "\u202e", "\ud83d\ude00") }), known)
        .filter((one) => fits(schema, one));
}

function members(schema, pool) {
    const model = Object.fromEntries(Object.entries(schema.properties ?? {}).map(
        ([name, child]) => [name, valueOf(child, name, pool)]));
    return fc.record(model, { requiredKeys: schema.required ?? [], noNullPrototype: true })
        .filter((one) => fits(schema, one));
}

function plainValueOf(schema, name, pool) {
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const types = typesOf(schema);
    const { minimum = -(2 ** 31), maximum = 2 ** 31, minItems = 0 } = schema;
    const kinds = {
        string: () => text(schema),
        integer: () => fc.integer({ min: minimum, max: maximum }),
        number: () => fc.double({ min: minimum, max: maximum, noNaN: true }),
        boolean: () => fc.boolean(),
        null: () => fc.constant(null),
        array: () => fc.array(valueOf(schema.items ?? {}, name, pool), { minLength: minItems,
            maxLength: Math.min(schema.maxItems ?? ARRAY_MAX, minItems + ARRAY_MAX) }),
        object: () => members(schema, pool),
    };
    if (types.length === 0) return fc.jsonValue({ maxDepth: 3 });
    return fc.oneof(...types.map((type) => kinds[type]()));
}

// What fits a schema; `name` is the word under which the pool may know some.
export function valueOf(place, name, pool) {
    const schema = look(place);
    const plain = plainValueOf(schema, name, pool);
    if (schema.enum || !(schema.format === "uuid" || schema.pattern || pool.byName.has(name)))
        return plain;
    const known = fc.tuple(fc.nat(), plain).map(
        ([number, other]) => pool.pick(name, place, number) ?? other);
    return fc.oneof({ weight: 4, arbitrary: known }, { weight: 1, arbitrary: plain });
}

const option = (arbitrary, freq) => fc.option(arbitrary, { nil: undefined, freq });

// {text, fault}: a parameter as it travels, and whether it is wrong.
function parameterOf({ name, schema }, pool) {
    const good = valueOf(schema, name, pool).map((value) =>
        ({ text: encodeURIComponent(value), fault: false }));
    const bad = fc.constantFrom(...parameterFaults(look(schema)))
        .map((one) => ({ text: one.text, fault: true }));
    return fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: bad });
}

function parametersOf(operation, place, pool) {
    const model = {};
    for (const one of parametersIn(operation, place)) {
        if (one.name === "cursor") continue;
        const value = parameterOf(one, pool).filter((made) => place !== "path" || made.text);
        model[one.name] = one.required ? value : option(value, 2);
    }
    return fc.record(model);
}

function brokenBody(schema, pool) {
    const faults = [...schemaFaults(schema, {})].filter((one) => !(one.value instanceof Raw));
    return fc.tuple(valueOf(schema, "", pool), fc.constantFrom(...faults), fc.jsonValue(),
        fc.boolean()).map(([body, { path, value }, other, any]) =>
        withFault(schema, body, path, any ? other : value, {}));
}

const asJson = (value) => JSON.parse(JSON.stringify(value));

function anyBodyOf(operation, pool) {
    const schema = bodyOf(operation);
    if (!schema) return fc.constant(undefined);
    const body = fc.oneof({ weight: 8, arbitrary: valueOf(schema, "", pool) },
        { weight: 3, arbitrary: brokenBody(schema, pool) },
        { weight: 1, arbitrary: fc.object() }).map(asJson);
    return operation.spec.requestBody.required ? body : option(body, 4);
}

function headersOf(operation, pool) {
    const key = fc.oneof({ weight: 6, arbitrary: fc.uuid() },
        { weight: 1, arbitrary: fc.constantFrom("k1", "k2", '"k3"') });
    const version = fc.nat().map((number) =>
        `"v${pool.pick("version", { type: "integer", minimum: 1, maximum: 99 }, number) ?? 1}"`);
    return fc.record({
        ...(isWrite(operation) && { "idempotency-key":
            operation.spec["x-idempotency"] === "required" ? key : option(key, 2) }),
        ...(operation.spec["x-if-match"] && { "if-match": version }),
    });
}

// Mostly somebody who may; now and then anybody.
function roleOf(operation) {
    const allowed = operation.spec["x-roles"] ?? roles;
    return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...allowed) },
        { weight: 1, arbitrary: fc.constantFrom(...roles) });
}

// {id, role, path, query, headers, body}
export function requestOf(operation, pool) {
    return fc.record({
        id: fc.constant(operation.id),
        role: roleOf(operation),
        path: parametersOf(operation, "path", pool),
        query: parametersOf(operation, "query", pool),
        headers: headersOf(operation, pool),
        body: anyBodyOf(operation, pool),
    });
}
