// Records of an assignment: one living record holds it, and its hold follows what becomes of that.
import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, describe, test } from "node:test";

import {
    atCounter, attestByCode, closeWeek, counterBody, draft, draftBody, passbookOf, register,
    weekBecomes,
} from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { EXPIRES, assign, fillBook, holdState } from "./lib/withdrawals.mjs";
import { FROZEN, SETTLED, WEEK, makeWorld } from "./lib/world.mjs";

const reason = { reason: "时间有误" };
const long = { starts_at: "2014-05-14T08:00:00+08:00", ends_at: "2014-05-14T16:30:00+08:00" };

let world, leader, secretary, clerk, assignment_id;

beforeEach(async () => {
    world = await makeWorld();
    ({ leader, secretary, clerk } = world.as);
    const { helper: payer, server: volunteer } = world.volunteers;
    await fillBook(world, payer);
    assignment_id = assign(world, { payer, volunteer });
});
afterEach(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const payersBook = () => passbookOf(clerk, world.volunteers.helper);
const held = () => payersBook().then((book) => book.reserved_minutes);
const balances = async () => [(await payersBook()).balance_minutes,
    (await passbookOf(clerk, world.volunteers.server)).balance_minutes];
const freeze = () => weekBecomes(world, "frozen", FROZEN);
const settle = () => weekBecomes(world, "settled", SETTLED);
const refuseDraft = (code) =>
    leader.refused("createServiceRecord", code, { body: draftBody(world, { assignment_id }) });
const reject = (id) => secretary.ok("decideServiceRecord",
    { path: { id }, body: { decision: "reject", ...reason } });

async function signed(changes) {
    const { id } = await draft(world, { assignment_id, ...changes });
    return attestByCode(world, id);
}

describe("an assignment", () => {
    test("has one living record, whoever enters the next", async () => {
        const record = await signed();
        assert.equal(record.assignment_id, assignment_id);
        await refuseDraft("assignment_has_record");
        await clerk.refused("recordServiceAtCounter", "assignment_has_record",
            { body: counterBody(world, { assignment_id }) });
        await register(world, record.id);
        await refuseDraft("assignment_has_record");
    });

    test("is of the one who serves", async () => {
        await leader.refused("createServiceRecord", "assignment_not_of_volunteer", { body:
            draftBody(world, { assignment_id, volunteer_id: world.volunteers.helper.id }) });
    });

    for (const [what, end] of [
        ["void", (id) => leader.ok("voidServiceRecord", { path: { id }, body: reason })],
        ["returned", (id) => secretary.ok("returnServiceRecord", { path: { id }, body: reason })],
    ])
        test(`is free again once its record is ${what}, and its hold stays`, async () => {
            const record = await signed();
            await register(world, record.id);
            await end(record.id);
            assert.deepEqual([holdState(world, assignment_id), await held()], ["open", 120]);
            const again = await atCounter(world, { assignment_id });
            assert.equal(again.assignment_id, assignment_id);
            await freeze();
            await closeWeek(secretary);
            await settle();
            assert.deepEqual(await balances(), [540, 60]);
            assert.equal(holdState(world, assignment_id), "captured");
        });

    test("goes over to a replacement, which is paid for once", async () => {
        const record = await signed();
        await register(world, record.id);
        const made = await leader.ok("replaceServiceRecord",
            { path: { id: record.id }, body: { minutes: 40 } });
        assert.equal(made.assignment_id, assignment_id);
        await refuseDraft("assignment_has_record");
        await attestByCode(world, made.id);
        await refuseDraft("assignment_has_record");
        await register(world, made.id);
        await freeze();
        await closeWeek(secretary);
        await settle();
        assert.deepEqual(await balances(), [560, 40]);
        assert.equal(await held(), 0);
    });

    test("goes over to the replacement of a returned record", async () => {
        const record = await signed();
        await register(world, record.id);
        const made = await leader.ok("replaceServiceRecord",
            { path: { id: record.id }, body: { minutes: 40 } });
        await secretary.ok("returnServiceRecord", { path: { id: record.id }, body: reason });
        const rival = await draft(world, { assignment_id });
        await attestByCode(world, made.id);
        await leader.refused("attestServiceRecord", "assignment_has_record",
            { path: { id: rival.id }, body: { method: "paper", sheet_number: "12", capacity: "recipient",
                attester_id: world.persons.recipient.id } });
    });
});

describe("a rejection", () => {
    test("voids the hold: the payer has his minutes back, and the assignment has ended", async () => {
        const record = await atCounter(world, { assignment_id, ...long });
        await freeze();
        assert.equal(await held(), 120);
        await reject(record.id);
        assert.deepEqual([holdState(world, assignment_id), await held()], ["voided", 0]);
        await refuseDraft("assignment_ended");
        await closeWeek(secretary);
        await settle();
        assert.deepEqual(await balances(), [600, 0]);
    });

    test("leaves the hold of any other assignment alone", async () => {
        const { helper: payer, server: volunteer } = world.volunteers;
        const other = assign(world, { payer, volunteer, minutes: 30 });
        const record = await atCounter(world, { assignment_id, ...long });
        await freeze();
        await reject(record.id);
        assert.deepEqual([holdState(world, other), await held()], ["open", 30]);
    });

    test("of a record without an assignment touches no hold", async () => {
        const record = await atCounter(world, long);
        await freeze();
        await reject(record.id);
        assert.deepEqual([holdState(world, assignment_id), await held()], ["open", 120]);
    });

    test("and a return differ: a returned record's hold waits for the replacement", async () => {
        const record = await atCounter(world, { assignment_id, ...long });
        await freeze();
        await secretary.ok("decideServiceRecord",
            { path: { id: record.id }, body: { decision: "return", ...reason } });
        assert.equal(holdState(world, assignment_id), "open");
    });
});

describe("an expired hold", () => {
    const expire = () => world.database.query(`SELECT expire_holds(371402, '${EXPIRES}')`);

    test("ends the assignment, but not while a living record pins it", async () => {
        const record = await signed();
        assert.equal(expire(), "0");
        await leader.ok("voidServiceRecord", { path: { id: record.id }, body: reason });
        assert.equal(expire(), "1");
        await refuseDraft("assignment_ended");
    });

    test("and a signature at once: a record is never left without its hold", async () => {
        const { helper: payer, server: volunteer } = world.volunteers;
        for (let round = 0; round < 8; round++) {
            const one = assign(world, { payer, volunteer, minutes: 10 });
            const made = await draft(world, { assignment_id: one });
            const expiry = world.database.background(
                `SELECT expire_holds(371402, '${EXPIRES}')`);
            const [answer] = await Promise.all([
                leader.call("attestServiceRecord", { path: { id: made.id }, body: {
                    method: "paper", sheet_number: "12", capacity: "recipient",
                    attester_id: world.persons.recipient.id } }),
                once(expiry, "exit"),
            ]);
            const state = holdState(world, one);
            assert.deepEqual([answer.status, answer.body.code ?? state],
                state === "open" ? [200, "open"] : [409, "assignment_ended"]);
        }
    });
});

test("the week's records of one assignment are one, when many sign at once", async () => {
    const drafts = [];
    for (let i = 0; i < 5; i++) drafts.push(await draft(world, { assignment_id }));
    const answers = await Promise.all(drafts.map(({ id }) =>
        leader.call("attestServiceRecord", { path: { id }, body: { method: "paper", sheet_number: "12",
            capacity: "recipient", attester_id: world.persons.recipient.id } })));
    assert.deepEqual(answers.map((one) => one.body.code ?? "done").sort(),
        [...Array(4).fill("assignment_has_record"), "done"]);
    const { data } = await clerk.ok("listServiceRecords",
        { query: { status: "attested", service_date_from: WEEK } });
    assert.equal(data.length, 1);
});
