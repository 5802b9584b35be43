// A district lives by chance: whatever is asked of the daemon is asked of an oracle that was written
// independently, and every answer, book, statement and notice has to be as it says.
import assert from "node:assert/strict";
import { test } from "node:test";

import { runModel } from "./run.mjs";

const SEED = 20140515;
const { TB_MODEL_SEED, TB_MODEL_SECONDS, TB_MODEL_STEPS } = process.env;

const told = (map) => [...map].sort(([, a], [, b]) => b - a).map(([name, n]) => `${name} ${n}`);

function figuresOf({ steps, figures }, seed) {
    const { requests, compared, accepted, refused } = figures;
    return `seed ${seed}: ${steps} steps, ${requests} requests, ${compared} comparisons; ` +
        `accepted: ${told(accepted).join(", ")}; refused: ${told(refused).join(", ")}`;
}

test("every answer and the books are as the oracle says", async (context) => {
    const seed = Number(TB_MODEL_SEED ?? SEED);
    const player = await runModel({ seed, steps: Number(TB_MODEL_STEPS ?? Infinity),
        seconds: Number(TB_MODEL_SECONDS ?? 60) });
    context.diagnostic(`note: ${figuresOf(player, seed)}`);
    assert.ok(player.figures.compared > 0);
});
