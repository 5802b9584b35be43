// The contract's schemas seen by the tests: what a keyword says, what fits, and what ajv finds
// wrong. The daemon has a validator of its own; wherever the two disagree one of them is wrong.
import fc from "fast-check";

import { ajv, contract } from "./contract.mjs";

const SEED = 20140515;

const compiled = new WeakMap();

const unescape = (step) =>
    decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");

function target(reference) {
    return reference.slice(2).split("/").reduce((node, step) => node[unescape(step)], contract);
}

// A schema's keywords, those of what it refers to included.
export function look(schema) {
    if (!schema.$ref) return schema;
    const { $ref, ...own } = schema;
    return { ...look(target($ref)), ...own };
}

export const typesOf = (schema) => [look(schema).type ?? []].flat();

function compile(schema) {
    if (!compiled.has(schema)) {
        const text = JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"contract#/');
        compiled.set(schema, ajv.compile(JSON.parse(text)));
    }
    return compiled.get(schema);
}

export const fits = (schema, value) => compile(schema)(value);

const snake = (keyword) => keyword.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const step = (name) => `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
export const pointerOf = (path) => `#${path.map(step).join("")}`;

// What ajv finds, in the words of the daemon: pointer -> the codes of its faults.
export function faultsOf(schema, value) {
    const validate = compile(schema);
    const found = new Map();
    if (validate(value)) return found;
    for (const { instancePath, keyword, params } of validate.errors) {
        let [pointer, code] = [`#${instancePath}`, snake(keyword)];
        if (keyword === "required") pointer += step(params.missingProperty);
        if (keyword === "additionalProperties") {
            pointer += step(params.additionalProperty);
            code = "unknown_field";
        }
        found.set(pointer, (found.get(pointer) ?? new Set()).add(code));
    }
    return found;
}

function sampleText(schema, name, values) {
    if (values[name] !== undefined && fits(schema, values[name])) return values[name];
    if (schema.format === "uuid") return "0190f0c0-0000-7000-8000-0000000000ff";
    if (schema.format === "date") return "2014-05-15";
    if (schema.format === "date-time") return "2014-05-15T11:00:00+08:00";
    if (!schema.pattern) return "字".repeat(Math.max(1, schema.minLength ?? 0));
    const text = fc.stringMatching(new RegExp(schema.pattern)).filter((one) => fits(schema, one));
    return fc.sample(text, { seed: SEED, numRuns: 1 })[0];
}

function sampleObject(schema, values) {
    const given = schema.example ?? {};
    const missing = (schema.required ?? []).filter((name) => !(name in given));
    return {
        ...structuredClone(given),
        ...Object.fromEntries(missing.map((name) =>
            [name, sampleOf(schema.properties[name], name, values)])),
    };
}

// A value that fits: the example of the contract, else the least; `values` are preferred by name.
export function sampleOf(place, name = "", values = {}) {
    const schema = look(place);
    const types = typesOf(schema);
    if (types.includes("object")) return sampleObject(schema, values);
    if (schema.example !== undefined) return schema.example;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return values[name] ?? schema.enum[0];
    if (types.includes("string")) return sampleText(schema, name, values);
    if (types.includes("array"))
        return Array.from({ length: Math.max(1, schema.minItems ?? 0) },
            () => sampleOf(schema.items, name, values));
    if (types.includes("integer") || types.includes("number"))
        return values[name] ?? schema.minimum ?? Math.min(1, schema.maximum ?? 1);
    return types.includes("boolean") ? false : null;
}
