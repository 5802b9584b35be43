// Polling, where a sleep would be a guess.
import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 30000;
const STEP_MS = 10;

// The first truthy value that `probe` gives.
export async function until(probe, what, patienceMs = PATIENCE_MS) {
    const end = Date.now() + patienceMs;
    for (;;) {
        const value = await probe();
        if (value) return value;
        if (Date.now() > end) throw new Error(`waited ${patienceMs} ms in vain until ${what}`);
        await pause(STEP_MS);
    }
}
