// Many processes catch up with the same weeks, months and quarter; the first one to settle anything is
// killed. What comes out is what a single one makes of a copy.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, describe, test } from "node:test";

import { booksOf, makeLateWorld } from "../api/lib/books.mjs";
import { command, commandOk } from "../api/lib/daemon.mjs";
import { Database } from "../api/lib/database.mjs";

const PROGRAM = process.env.TB_DAEMON;

let world, wanted;

// One line a step, killed with the first that says so.
function settle(database, onLine = () => {}) {
    return new Promise((resolve) => {
        const child = spawn(PROGRAM, ["settle", "--json"],
            { env: { ...process.env, DATABASE_URL: database.url } });
        let text = "", errors = "";
        child.stdout.on("data", (data) => {
            text += data;
            onLine(child, text);
        });
        child.stderr.on("data", (data) => (errors += data));
        child.on("close", (status, signal) => resolve({ status, signal, errors }));
    });
}

before(async () => {
    world = await makeLateWorld();
    const alone = new Database(world.database.name);
    commandOk(alone.url, "settle");
    wanted = booksOf(alone);
    commandOk(alone.url, "reconcile");
    alone.drop();
});
after(() => world.close());

describe("a catch-up of four months", () => {
    for (const count of [2, 8, 32])
        test(`by ${count} processes, the first to settle killed, comes out as by one`, async () => {
            const database = new Database(world.database.name);
            let killed = null;
            const kill = (child, text) => {
                if (killed !== null || !/"action":"settle".*"result":"done"/.test(text)) return;
                killed = child.pid;
                child.kill("SIGKILL");
            };
            const ends = await Promise.all(
                Array.from({ length: count }, () => settle(database, kill)));
            assert.equal(ends.filter(({ signal }) => signal === "SIGKILL").length, 1);
            for (const { status, signal, errors } of ends)
                assert.ok(status === 0 || signal === "SIGKILL", errors);
            assert.equal(command(database.url, "settle").status, 0); // as whoever serves would
            assert.equal(booksOf(database), wanted);
            assert.match(wanted, /quarter\|2014-04-01\|/);
            commandOk(database.url, "reconcile");
            database.drop();
        });
});
