// What can be wrong with a body, derived from its schema: at each place one fault at a time.
import { fits, look, sampleOf, typesOf } from "./schema.mjs";
import { Raw, Twice } from "./wire.mjs";

const DEPTH_MAX = 32;
export const REMOVED = Symbol("removed");

const ODD = [null, true, 7, "text", ["text"], { text: 1 }];
const BAD_FORMATS = {
    uuid: ["", "1", "0190f0c0-0000-7000-8000-00000000000g", "0190f0c0000070008000000000000001",
        "{0190f0c0-0000-7000-8000-000000000001}", " 0190f0c0-0000-7000-8000-000000000001"],
    date: ["", "2014-02-29", "2014-13-01", "2014-5-15", "20140515", "2014-05-15T00:00:00Z",
        "0000-01-01", "today", "infinity"],
    "date-time": ["", "2014-05-15", "2014-05-15T09:00:00", "2014-05-15 09:00:00Z",
        "2014-05-15T24:00:00Z", "2014-05-15T09:00Z", "2014-05-15T09:00:00+0800", "now",
        "2014-05-15T23:59:60+08:00"],
};
const TEXTS = ["", "!", "字", "0", "z".repeat(400)];

const typeOf = (value) =>
    value === null ? "null" : Array.isArray(value) ? "array" : typeof value;

function isOfType(value, types) {
    const type = typeOf(value);
    return types.includes(type) || (type === "number" && types.includes("integer"));
}

function* wrongTypes(schema) {
    const types = typesOf(schema);
    if (types.length === 0) return; // anything fits
    for (const value of ODD)
        if (!isOfType(value, types)) yield { what: `${typeOf(value)} for ${types}`, value,
            code: "type" };
    if (types.includes("integer")) yield { what: "1.5", value: 1.5, code: "type" };
}

const cut = (text, length) => [...text].slice(0, length).join("");
const fill = (text, length) => cut((text || "字").repeat(length), length);

function* wrongTexts(schema, sample) {
    const { minLength = 0, maxLength, pattern, format } = schema;
    if (minLength > 0)
        yield { what: `${minLength} - 1 characters`, code: "min_length",
            value: cut(fill(sample, minLength), minLength - 1) };
    if (maxLength !== undefined)
        yield { what: `${maxLength} + 1 characters`, value: fill(sample, maxLength + 1),
            code: "max_length" };
    for (const value of pattern ? TEXTS : [])
        if (!new RegExp(pattern, "u").test(value))
            yield { what: `${JSON.stringify(value.slice(0, 9))} for ${pattern}`, value,
                code: "pattern" };
    for (const value of BAD_FORMATS[format] ?? [])
        yield { what: `${JSON.stringify(value)} is no ${format}`, value, code: "format" };
}

function* wrongNumbers({ minimum, maximum }) {
    if (minimum !== undefined)
        yield { what: "the minimum - 1", value: minimum - 1, code: "minimum" };
    if (maximum === undefined) return;
    yield { what: "the maximum + 1", value: maximum + 1, code: "maximum" };
    for (const text of ["9007199254740993", "9223372036854775807"]) // 2^53 + 1, 2^63 - 1
        yield { what: text, value: new Raw(text), code: "maximum" };
}

function* wrongArrays(schema, sample) {
    const { minItems = 0, maxItems, uniqueItems } = schema;
    if (minItems > 0)
        yield { what: "too few", value: sample.slice(0, minItems - 1), code: "min_items" };
    if (maxItems !== undefined) {
        const value = Array.from({ length: maxItems + 1 }, () => sample[0]);
        yield { what: `${maxItems} + 1`, value, code: "max_items" };
    }
    if (uniqueItems)
        yield { what: "one twice", value: [sample[0], sample[0]], code: "unique_items" };
}

// Faults of the value itself; `sample` fits.
function* wrongValues(schema, sample) {
    const types = typesOf(schema);
    yield* wrongTypes(schema);
    if (schema.enum) yield { what: "none of the words", value: "no_such_word", code: "enum" };
    else if (typeof sample === "string") yield* wrongTexts(schema, sample);
    if (types.includes("integer") || types.includes("number")) yield* wrongNumbers(schema);
    if (Array.isArray(sample)) yield* wrongArrays(schema, sample);
}

function* wrongMembers(schema, path) {
    if (schema.additionalProperties === false)
        for (const name of ["no_such_field", "a/b~c", "", "__proto__"])
            yield { what: `unknown ${JSON.stringify(name)}`, path: [...path, name], value: 1,
                code: "unknown_field" };
    for (const name of schema.required ?? [])
        yield { what: `no ${name}`, path: [...path, name], value: REMOVED, code: "required" };
    if (schema.minProperties > 0 && !schema.required)
        yield { what: "nothing", path, value: {}, code: "min_properties" };
}

// Every place of a schema, those of optional members too: {path, schema, sample}.
export function* places(place, values, sample = sampleOf(place, "", values), path = []) {
    const schema = look(place);
    yield { path, schema, sample };
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
        const value = sample?.[name] ?? sampleOf(child, name, values);
        yield* places(child, values, value, [...path, name]);
    }
    if (schema.items)
        yield* places(schema.items, values, sample[0] ?? sampleOf(schema.items, "", values),
            [...path, 0]);
}

const isScalar = (value) => typeOf(value) !== "array" && typeOf(value) !== "object";

// {path, what, value, code}: `value` at `path` of a body that fits is refused there with `code`.
export function* schemaFaults(place, values) {
    for (const { path, schema, sample } of places(place, values)) {
        for (const fault of wrongValues(schema, sample))
            if (path.length > 0 || !isScalar(fault.value)) yield { path, ...fault };
        if (typesOf(schema).includes("object")) yield* wrongMembers(schema, path);
    }
}

const nested = (levels) => new Raw("[".repeat(levels) + "]".repeat(levels));
const NOT_UTF8 = [[0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xe8, 0xb7, 0x22]];
const BEYOND = ["1e400", "-1e400", "9223372036854775808", "-9223372036854775809"];

// {path, what, value, code}: `code` is the reason why the body is no JSON.
export function* textFaults(place, values) {
    for (const value of ODD.filter(isScalar))
        yield { path: [], what: `only ${JSON.stringify(value)}`, value, code: "json_scalar" };
    for (const { path, schema, sample } of places(place, values)) {
        if (path.length === 0) continue;
        const fault = (what, value, code) => ({ path, what, value, code });
        const types = typesOf(schema);
        if (typeof path.at(-1) === "string")
            yield fault("twice", new Twice(sample), "json_duplicate_key");
        yield fault("too deep", nested(DEPTH_MAX - path.length + 1), "json_too_deep");
        if (types.includes("string")) {
            yield fault("a NUL", "a\u0000b", "json_nul_character");
            yield fault("a lone high surrogate", new Raw('"\\ud800"'), "json_malformed");
            yield fault("a lone low surrogate", new Raw('"\\udc00"'), "json_malformed");
            for (const bytes of NOT_UTF8) yield fault("no UTF-8", new Raw(bytes), "json_not_utf8");
        }
        if (types.includes("integer") || types.includes("number"))
            for (const number of BEYOND)
                yield fault(number, new Raw(number), "json_number_range");
    }
}

function textAt(schema, length) {
    for (const one of ["𠮷", "a", "1", "0"]) {
        const text = one.repeat(length);
        if (fits(schema, text)) return text;
    }
    return undefined;
}

// {path, what, value}: the last that fits on each side of a limit.
export function* edges(place, values) {
    for (const { path, schema, sample } of places(place, values)) {
        const edge = (what, value) => ({ path, what, value });
        const { minimum, maximum, minLength, maxLength, maxItems, minItems } = schema;
        if (minimum !== undefined) yield edge("the minimum", minimum);
        if (maximum !== undefined) yield edge("the maximum", maximum);
        if (minimum !== undefined && Number.isInteger(sample))
            yield edge("an integer with a fraction of 0", new Raw(`${sample}.0`));
        for (const length of schema.enum || schema.format ? [] : [minLength, maxLength])
            if (length !== undefined && textAt(schema, length) !== undefined)
                yield edge(`${length} characters`, textAt(schema, length));
        for (const word of schema.enum ?? []) yield edge(`${word}`, word);
        if (typesOf(schema).includes("null")) yield edge("null", null);
        for (const count of Array.isArray(sample) ? [minItems ?? 0, maxItems] : [])
            if (count !== undefined && !schema.uniqueItems)
                yield edge(`${count} of them`, Array.from({ length: count }, () => sample[0]));
    }
}

const isIndex = (step) => typeof step === "number";

// A copy of `body` with `value` at `path`; what is missing on the way is made of samples.
export function withFault(place, body, path, value, values) {
    if (path.length === 0) return value;
    const [name, ...rest] = path;
    const schema = look(place);
    const copy = isIndex(name) ? [...(body ?? [])] : { ...body };
    if (value === REMOVED && rest.length === 0) {
        delete copy[name];
        return copy;
    }
    const child = isIndex(name) ? schema.items : schema.properties?.[name];
    const old = name in copy ? copy[name] : child && sampleOf(child, String(name), values);
    const made = withFault(child ?? {}, old, rest, value, values);
    Object.defineProperty(copy, name, { value: made, enumerable: true, configurable: true });
    return copy;
}

const BROKEN_ESCAPES = ["%", "%4", "a%zz", "%u0041"];
const NO_TEXT = ["a%00", "%ff", "%ed%a0%80", "%c0%80"];
const NO_NUMBER = ["", "many", "1.5", "1e400", "0x10", "%201", "+1", "9223372036854775808",
    "-9223372036854775809", "NaN"];

function* wrongParameterNumbers({ minimum, maximum }) {
    for (const text of NO_NUMBER)
        yield { what: `${text} as an integer`, text, codes: ["type", "number_range", "maximum"] };
    if (minimum !== undefined)
        yield { what: "the minimum - 1", text: `${minimum - 1}`, codes: ["minimum", "maximum"] };
    if (maximum !== undefined)
        yield { what: "the maximum + 1", text: `${maximum + 1}`, codes: ["maximum"] };
}

// {what, text, codes}: a parameter's text, as it travels, that is refused with one of the codes.
export function* parameterFaults(schema) {
    const types = typesOf(schema);
    const broken = ["invalid_text", "type", "enum", "maximum"]; // as it is read
    for (const text of BROKEN_ESCAPES)
        yield { what: `${text} as text`, text, codes: ["format"] };
    for (const text of NO_TEXT) yield { what: `${text} as text`, text, codes: broken };
    if (types.includes("integer")) yield* wrongParameterNumbers(schema);
    if (types.includes("boolean"))
        for (const text of ["", "yes", "1", "TRUE"])
            yield { what: `${text} as a boolean`, text, codes: ["type", "enum"] };
    if (schema.enum) yield { what: "none of the words", text: "no_such_word", codes: ["enum"] };
    else if (types.includes("string"))
        for (const { what, value, code } of wrongTexts(schema, sampleOf(schema)))
            yield { what, text: encodeURIComponent(value),
                codes: [code, "pattern", "format", "max_length"] };
}

// The texts on the good side of each limit.
export function* parameterEdges(schema) {
    const types = typesOf(schema);
    if (types.includes("boolean")) yield* ["true", "false"];
    yield* schema.enum ?? [];
    for (const number of [schema.minimum, schema.maximum])
        if (number !== undefined) yield `${number}`;
    for (const length of schema.enum || schema.format ? [] : [schema.minLength, schema.maxLength])
        if (length !== undefined && textAt(schema, length)) yield textAt(schema, length);
}
