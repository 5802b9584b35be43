// Bodies as bytes, of values that JSON.stringify cannot write: numbers beyond a double, strings
// that are not UTF-8, members that stand twice.

// Stands for itself, byte by byte.
export class Raw {
    constructor(bytes) {
        this.bytes = Buffer.from(bytes);
    }
}

// A member with this value is written twice.
export class Twice {
    constructor(value) {
        this.value = value;
    }
}

const bytes = (text) => Buffer.from(text, "utf8");

function join(open, parts, close) {
    const between = parts.flatMap((part, i) => (i > 0 ? [bytes(","), part] : [part]));
    return Buffer.concat([bytes(open), ...between, bytes(close)]);
}

function member([name, value]) {
    if (value instanceof Twice)
        return join("", [member([name, value.value]), member([name, value.value])], "");
    return Buffer.concat([bytes(`${JSON.stringify(name)}:`), write(value)]);
}

export function write(value) {
    if (value instanceof Raw) return value.bytes;
    if (Array.isArray(value)) return join("[", value.map(write), "]");
    if (value !== null && typeof value === "object")
        return join("{", Object.entries(value).map(member), "}");
    return bytes(JSON.stringify(value));
}
