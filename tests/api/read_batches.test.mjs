// Reads that come together go as one statement; nobody may see that.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { passbookOf } from "./lib/acts.mjs";
import { makeWorld } from "./lib/world.mjs";

const HERE = "datname = current_database()";
const BATCH = "query LIKE 'SELECT request.ordinal AS ordinal_%'";
const HOLDER = "query LIKE 'BEGIN; LOCK%'";
const BATCH_MAX = 64; // TB_LIMIT_READ_BATCH
const OPENERS = 16; // more than all workers may have away

let world, reads;

before(async () => {
    world = await makeWorld();
    const { server, siblingServer } = world.volunteers;
    const passbook = await passbookOf(world.admin, server);
    const askers = ["districtAdmin", "leader", "siblingLeader", "volunteer", "resident",
        "clerk"];
    const asked = [
        ["getVolunteer", { volunteer_id: server.id }],
        ["getVolunteer", { volunteer_id: siblingServer.id }],
        ["getVolunteer", { volunteer_id: randomUUID() }],
        ["getPassbook", { passbook_id: passbook.id }],
        ["getPerson", { person_id: server.person_id }],
        ["getPerson", { person_id: world.persons.recipient.id }],
    ];
    reads = askers.flatMap((who) => asked.map(([operation, path]) =>
        () => world.as[who].call(operation, { path })));
});
after(() => world.close());

const toldOf = ({ status, headers, body }) =>
    ({ status, etag: headers.etag, body: { ...body, request_id: null, instance: null } });

async function count(what, least) {
    for (let tries = 200; tries > 0; tries--) {
        const found = Number(world.database.query(
            `SELECT count(*) FROM pg_stat_activity WHERE ${HERE} AND ${what}`));
        if (found >= least) return found;
        await pause(20);
    }
    throw new Error(`never ${least} with ${what}`);
}

function holdTables() {
    return world.database.background("BEGIN; LOCK TABLE volunteers, persons; SELECT pg_sleep(30)");
}

// Ends who holds the tables now.
function letGo() {
    world.database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE ${HERE} AND ${HOLDER} AND wait_event = 'PgSleep'`);
}

// Sends all of them so that they meet: behind openers, which take whatever is free and wait for a
// first lock; then they themselves wait for a second one. Acts there, and lets go.
async function together(these, act) {
    const locks = [holdTables()];
    try {
        await count(`${HOLDER} AND wait_event = 'PgSleep'`, 1);
        const openers = [];
        for (let i = 0; i < OPENERS; i++) {
            openers.push(reads[0]());
            await pause(5);
        }
        await count(`NOT ${HOLDER} AND wait_event_type = 'Lock'`, 1);
        locks.push(holdTables());
        await count(`${HOLDER} AND wait_event_type = 'Lock'`, 1);
        const answers = these.map((read) => read());
        await pause(200);
        letGo();
        await count(`${BATCH} AND wait_event_type = 'Lock'`, 1);
        await act?.();
        letGo();
        for (const opener of openers) assert.equal((await opener).status, 200);
        return await Promise.all(answers);
    } finally {
        for (const lock of locks) lock.kill();
    }
}

// One batch, of which there may be two: a read is asked again only once.
function end(how) {
    const ended = world.database.query(`SELECT ${how}(pid) FROM pg_stat_activity
        WHERE ${HERE} AND wait_event_type = 'Lock' AND ${BATCH} LIMIT 1`);
    assert.equal(ended, "t", "a batch was waiting");
}

describe("reads that waited together", () => {
    test("are answered as each is alone, whoever asks for whatever", async () => {
        const alone = [];
        for (const read of reads) alone.push(toldOf(await read()));
        assert.deepEqual(new Set(alone.map(({ status }) => status)), new Set([200, 403, 404]));
        assert.deepEqual((await together(reads)).map(toldOf), alone);
    });

    test("are more than one statement takes, and all are answered", async () => {
        const [read] = reads;
        const wanted = toldOf(await read());
        const many = Array.from({ length: 2 * BATCH_MAX + 5 }, () => read);
        for (const answer of await together(many)) assert.deepEqual(toldOf(answer), wanted);
    });

    test("are asked again, each alone, when their statement ends in an error", async () => {
        const wanted = await Promise.all(reads.map(async (read) => toldOf(await read())));
        const canceled = await together([...reads, ...reads], () => end("pg_cancel_backend"));
        assert.deepEqual(canceled.map(toldOf), [...wanted, ...wanted]);
    });

    test("are asked again, each alone, when their connection dies", async () => {
        const wanted = await Promise.all(reads.map(async (read) => toldOf(await read())));
        const lost = await together([...reads, ...reads], () => end("pg_terminate_backend"));
        assert.deepEqual(lost.map(toldOf), [...wanted, ...wanted]);
    });
});
