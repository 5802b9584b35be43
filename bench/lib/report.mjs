// Markdown for RESULTS.md.
import { median } from "./rounds.mjs";

export function table(header, rows) {
    const line = (cells) => `| ${cells.join(" | ")} |`;
    return [line(header), line(header.map((_, i) => (i === 0 ? "---" : "---:"))),
            ...rows.map(line)].join("\n");
}

const whole = (value) => (value === null || Number.isNaN(value) ? "–" : value.toFixed(0));

export function contenderTable(contenders, slices) {
    const of = (own, name) => median(own.map((slice) => slice[name] ?? NaN));
    return table(["median of the rounds", "requests/s", "p50 ms", "p99 ms", "CPU µs, server",
                  "CPU µs, PostgreSQL"],
    contenders.map((contender, i) => {
        const own = slices[i];
        const ms = (name) => (own[0][name] === undefined ? "–" : (of(own, name) / 1000).toFixed(1));
        const p50 = own[0].mean === undefined ? ms("p50") : `mean ${ms("mean")}`;
        return [contender.name, whole(of(own, "rate")), p50, ms("p99"),
                own[0].cpu === null ? "–" : whole(of(own, "cpu")), whole(of(own, "postgres"))];
    }));
}

// Whether a value is at its goal, at its floor, or below.
export function verdict(value, floor, goal) {
    const better = (a, b) => (goal > floor ? a >= b : a <= b);
    if (better(value, goal)) return "goal";
    return better(value, floor) ? "floor" : "**below**";
}

export function ratioTable(rows) {
    return table(["ratio", "median", "lowest–highest", "floor", "goal", "reached"],
        rows.map(({ name, value, floor, goal }) => [
            name, value.median.toFixed(2), `${value.low.toFixed(2)}–${value.high.toFixed(2)}`,
            floor, goal, verdict(value.median, floor, goal)]));
}

export function valueTable(unit, rows) {
    return table([unit, "value", "floor", "goal", "reached"],
        rows.map(({ name, value, floor, goal }) => [
            name, value.toFixed(value < 100 ? 1 : 0), floor, goal,
            verdict(value, floor, goal)]));
}
