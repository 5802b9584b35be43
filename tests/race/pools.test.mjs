// Minutes that two want at once: donations, holds on a pool, its close. Each minute goes one way.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";

import { passbookOf } from "../api/lib/acts.mjs";
import { Client } from "../api/lib/client.mjs";
import { Daemon, commandOk } from "../api/lib/daemon.mjs";
import { EXPIRES, fillBook } from "../api/lib/withdrawals.mjs";
import { COMMUNITY, makeWorld } from "../api/lib/world.mjs";

const ROUNDS = 10;
const APPLIED = "2014-05-12T08:00:00+08:00";
const run = promisify(execFile);

let world, second, twin, pool;

before(async () => {
    world = await makeWorld();
    second = await new Daemon(world.database.url).start();
    twin = new Client(second, world.as.clerk.token);
    pool = await newPool("爱心时间池");
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    twin.close();
    await second.stop();
    await world.close();
});

const codes = (answers) => answers.map((one) => one.body.code ?? "done").sort();
const newPool = (name) => world.as.secretary.ok("createTimePool",
    { body: { region_code: COMMUNITY, name, purpose: "助老" } });
const read = (pool_id = pool.id) => world.admin.ok("getTimePool", { path: { pool_id } });
const donation = (book, minutes, pool_id = pool.id) => ({
    path: { passbook_id: book.passbook_id },
    body: { pool_id, minutes, method: "paper", document: "申请书" },
});
const give = (by, ...what) => by.call("createDonation", donation(...what));

async function richBook(name, minutes) {
    const book = await world.newVolunteer(name);
    await fillBook(world, book, minutes);
    return book;
}

// Assignments that an account is to pay; each is held in a session of its own, as withdrawals do.
function assignments(count, minutes) {
    const { server } = world.volunteers;
    const { recipient } = world.persons;
    const ids = Array.from({ length: count }, () => randomUUID());
    for (const id of ids)
        world.database.query(`
            INSERT INTO withdrawals (district_id, id, passbook_id, recipient_id, applicant_id,
                relation, region_code, minutes, applied_at)
            VALUES (371402, '${id}', '${server.passbook_id}', '${recipient.id}', '${recipient.id}',
                'pool', ${COMMUNITY}, ${minutes}, '${APPLIED}');
            INSERT INTO assignments (district_id, id, withdrawal_id, volunteer_id, minutes,
                assigned_at)
            VALUES (371402, '${id}', '${id}', '${server.id}', ${minutes}, '${APPLIED}')`);
    return ids;
}

async function hold(account, assignment, minutes) {
    const { stdout } = await run("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", "-c",
        `SELECT place_hold(371402, '${assignment}', '${account}', '${assignment}', ${minutes},
             '${APPLIED}', '${EXPIRES}')`, world.database.url], { encoding: "utf8" });
    return stdout.trim() || "done";
}

test("twelve holds of 30 on a pool of 100: three fit", async () => {
    const source = await richBook("来源", 100);
    assert.equal((await give(world.as.clerk, source, 100)).status, 201);
    const ids = assignments(12, 30);
    const answers = await Promise.all(ids.map((id) => hold(pool.id, id, 30)));
    assert.deepEqual(answers.sort(), [...Array(9).fill("balance_insufficient"),
        ...Array(3).fill("done")]);
    const { reserved_minutes, available_minutes } = await read();
    assert.deepEqual([reserved_minutes, available_minutes], [90, 10]);
});

test("twelve donations of 30 out of 100 through two daemons: three fit", async () => {
    const book = await richBook("多次捐", 100);
    const before = (await read()).balance_minutes;
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) =>
        give(i % 2 ? twin : world.as.clerk, book, 30)));
    assert.deepEqual(codes(answers), [...Array(9).fill("balance_insufficient"),
        ...Array(3).fill("done")]);
    assert.equal((await passbookOf(world.admin, book)).balance_minutes, 10);
    assert.equal((await read()).balance_minutes, before + 90);
});

test("a donation and a hold on the last minutes: one gets them", async () => {
    const book = await richBook("最后", 60);
    for (let round = 0; round < ROUNDS; round++) {
        const [id] = assignments(1, 60);
        const [answer, held] = await Promise.all([
            give(round % 2 ? twin : world.as.clerk, book, 60),
            hold(book.passbook_id, id, 60),
        ]);
        const given = answer.status === 201;
        assert.equal(answer.body.code ?? "done", given ? "done" : "balance_insufficient");
        assert.equal(held, given ? "balance_insufficient" : "done");
        assert.equal((await passbookOf(world.admin, book)).available_minutes, 0);
        await fillBook(world, book, 60);
    }
});

describe("two who give to each other's pools at once", () => {
    test("wait for each other in one order", async () => {
        const other = await newPool("另一个池");
        const books = await Promise.all([richBook("甲", 1000), richBook("乙", 1000)]);
        const answers = await Promise.all(Array.from({ length: 40 }, (_, i) =>
            give(i % 2 ? twin : world.as.clerk, books[i % 2], 5, i % 4 < 2 ? pool.id : other.id)));
        assert.deepEqual(codes(answers), Array(40).fill("done"));
        for (const book of books)
            assert.equal((await passbookOf(world.admin, book)).balance_minutes, 900);
    });
});

test("a donation and the close of the pool at once: no minute goes into a closed one", async () => {
    const book = await richBook("关池", 1000);
    for (let round = 0; round < ROUNDS; round++) {
        const one = await newPool(`第${round}池`);
        const [answer, closed] = await Promise.all([
            give(twin, book, 10, one.id),
            world.as.secretary.call("closeTimePool",
                { path: { pool_id: one.id }, body: { reason: "停用" } }),
        ]);
        const given = answer.status === 201;
        assert.equal(answer.body.code ?? "done", given ? "done" : "time_pool_closed");
        assert.equal(closed.body.code ?? "done", given ? "time_pool_not_empty" : "done");
        const { state, balance_minutes } = await read(one.id);
        assert.deepEqual([state, balance_minutes], given ? ["open", 10] : ["closed", 0]);
    }
});
