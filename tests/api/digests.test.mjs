// A settlement comes out the same whatever PostgreSQL does on the way: little memory, other plans, workers,
// another physical order, a restored backup.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";

import { booksOf, makeLateWorld } from "./lib/books.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { Database } from "./lib/database.mjs";

const SETTINGS = {
    "little work_mem": { work_mem: "'64kB'" },
    "no hashes": { enable_hashjoin: "off", enable_hashagg: "off" },
    "no sorts, no merges": { enable_sort: "off", enable_mergejoin: "off", enable_nestloop: "off" },
    "parallel workers": { max_parallel_workers_per_gather: 4, parallel_setup_cost: 0,
        parallel_tuple_cost: 0, min_parallel_table_scan_size: 0, min_parallel_index_scan_size: 0,
        force_parallel_mode: "on" },
};
// Tables with an index that is not the order of insertion.
const REORDERED = ["registrations", "transfers", "attestations", "residences", "passbook_lines"];

let world, wanted;

before(async () => {
    world = await makeLateWorld();
    const plain = new Database(world.database.name);
    commandOk(plain.url, "settle");
    wanted = booksOf(plain);
    plain.drop();
    assert.match(wanted, /month\|2014-05-01\|settled\|/);
    assert.match(wanted, /embargoed\|2014-04-01\|300\|/);
    assert.match(wanted, /retirement\|2014-05-12\|100\|/);
});
after(() => world.close());

// A copy of what is due, prepared by its owner, then settled and proved.
function settled(prepare) {
    const copy = new Database(world.database.name);
    prepare(copy);
    commandOk(copy.url, "settle");
    commandOk(copy.url, "reconcile");
    const books = booksOf(copy);
    copy.drop();
    return books;
}

describe("the digests are the same", () => {
    for (const [name, settings] of Object.entries(SETTINGS))
        test(`with ${name}`, () => assert.equal(settled((copy) => {
            for (const [setting, value] of Object.entries(settings))
                copy.query(`ALTER DATABASE ${copy.name} SET ${setting} = ${value}`);
        }), wanted));

    test("with the rows in another order", () => assert.equal(settled((copy) => {
        for (const table of REORDERED) {
            const index = copy.query(`SELECT indexrelid::regclass FROM pg_index
                WHERE indrelid = '${table}'::regclass AND NOT indisprimary AND indpred IS NULL
                ORDER BY 1 LIMIT 1`) || `${table}_pkey`;
            copy.query(`CLUSTER ${table} USING ${index}`);
        }
    }), wanted));

    test("after a dump and a restore", () => {
        const restored = new Database("template0");
        const dump = execFileSync("pg_dump", ["-d", world.database.ownerUrl],
            { maxBuffer: 64 << 20, encoding: "utf8" });
        execFileSync("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", restored.ownerUrl],
            { input: dump, stdio: ["pipe", "ignore", "pipe"] });
        commandOk(restored.url, "settle");
        commandOk(restored.url, "reconcile");
        assert.equal(booksOf(restored), wanted);
        restored.drop();
    });
});
