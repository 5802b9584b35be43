// kill -9 while scans come in: whatever was acknowledged is there, and no row is without its file.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { commandOk } from "../api/lib/daemon.mjs";
import { nameOf, pngOf, upload } from "../api/lib/scans.mjs";
import { dice } from "../api/lib/storm.mjs";
import { makeWorld } from "../api/lib/world.mjs";

const ROUNDS = 8;
const CLIENTS = 12;
const LULL_MS = 150;

let world, folder;

before(async () => {
    folder = mkdtempSync(join(tmpdir(), "tb-scans-"));
    process.env.TIMEBANK_SCANS_DIR = folder;
    world = await makeWorld();
    world.daemon.expectsDefects = true;
});
after(async () => {
    await world.close();
    rmSync(folder, { recursive: true });
});

const hashes = () => new Set(world.database.query("SELECT encode(sha256, 'hex') FROM scans").split("\n"));

test("kill -9 at any moment of an upload", async () => {
    const chance = dice();
    const acked = [];
    let made = 0, lost = 0, running;
    const client = async () => {
        while (running) {
            const file = pngOf(`第${made++}张`, 1000 + Math.floor(chance() * 200000));
            try {
                await upload(world.as.clerk, file);
                acked.push(nameOf(file));
            } catch {
                lost++; // the daemon is gone
                return;
            }
        }
    };
    for (let round = 0; round < ROUNDS; round++) {
        const before = acked.length;
        running = true;
        const clients = Array.from({ length: CLIENTS }, client);
        while (acked.length < before + CLIENTS) await pause(5);
        await pause(chance() * LULL_MS);
        await world.daemon.kill();
        running = false;
        await Promise.all(clients);
        commandOk(world.database.url, "scans", "--verify");
        const kept = hashes();
        assert.deepEqual(acked.filter((one) => !kept.has(one)), [], `TB_TEST_SEED=${chance.seed}`);
        await world.daemon.start();
    }
    assert.ok(lost > 0, "it was killed with uploads on their way");
    const left = readdirSync(join(folder, "incoming"));
    assert.ok(left.length <= ROUNDS * 2, `${left.length} half written`); // two threads write
});
