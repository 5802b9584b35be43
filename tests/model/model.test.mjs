// A district lives by chance: whatever is asked of the daemon is asked of an oracle that was written
// independently, and every answer, book, statement and notice has to be as it says.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";

import { runModel } from "./run.mjs";

const SEED = 20140515;
const SECONDS = 60;
const DISTRICT_SECONDS = 300; // then the next one begins, with another seed
const { TB_MODEL_SEED, TB_MODEL_SECONDS, TB_MODEL_STEPS } = process.env;

const told = (map) => [...map].sort(([, a], [, b]) => b - a).map(([name, n]) => `${name} ${n}`);

function transfersOf({ books: { transfers } }) {
    const counts = new Map();
    for (const { kind, corrected } of transfers) {
        const name = corrected ? `${kind} of ${corrected}` : kind;
        counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
}

function figuresOf({ steps, figures, oracle }, seed) {
    const { requests, compared, accepted, refused } = figures;
    return `seed ${seed}: ${steps} steps, ${requests} requests, ${compared} comparisons; ` +
        `transfers: ${told(transfersOf(oracle)).join(", ")}; ` +
        `accepted: ${told(accepted).join(", ")}; refused: ${told(refused).join(", ")}`;
}

// One district by the fixed seed or the one that is asked for; told only how long, one after the other.
test("every answer and the books are as the oracle says", async (context) => {
    const seconds = Number(TB_MODEL_SECONDS ?? SECONDS);
    const isLong = TB_MODEL_SECONDS !== undefined && TB_MODEL_SEED === undefined;
    const end = Date.now() + seconds * 1000;
    do {
        const seed = isLong ? randomInt(2 ** 31) : Number(TB_MODEL_SEED ?? SEED);
        const left = (end - Date.now()) / 1000;
        const player = await runModel({ seed, steps: Number(TB_MODEL_STEPS ?? Infinity),
            seconds: isLong ? Math.min(left, DISTRICT_SECONDS) : seconds });
        context.diagnostic(`note: ${figuresOf(player, seed)}`);
        assert.ok(player.figures.compared > 0);
    } while (isLong && Date.now() < end);
});
