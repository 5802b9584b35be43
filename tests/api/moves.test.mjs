// A passbook goes to another district: out with a sealed statement, in by it, each in its own district and once.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { atCounter, monthBecomes, passbookOf } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { until } from "./lib/wait.mjs";
import { assign, fillBook } from "./lib/withdrawals.mjs";
import { COMMUNITY, TODAY, makeWorld } from "./lib/world.mjs";

const THERE = "371403", HERE = "371402";
const JUNE_SETTLED = "2014-07-10T00:00:00+08:00";
let world, admin, there;

// The other district has one community, and its own administrator.
before(async () => {
    world = await makeWorld();
    ({ admin } = world);
    const { url } = world.database;
    commandOk(url, "district", "--code", THERE, "--name", "陵城区", "--zone", "Asia/Shanghai",
        "--founded", "2014-03-03");
    there = world.anyone.as(commandOk(url, "token", "--district", THERE, "--name", "那边管理员"));
    for (const [kind, region_code, setting] of [["subdistrict", "371403001000"],
        ["community", "371403001001", "urban"]])
        await there.ok("createRegion", { body: { kind, region_code, name: "安德",
            valid_from: "2014-03-03", ...(setting && { setting }) } });
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

async function arrival(name) {
    const person = await there.ok("createPerson", { body: { name,
        residence: { region_code: "371403001001", valid_from: TODAY } } });
    return there.ok("createVolunteer", { body: { person_id: person.id } });
}
const leave = (book, changes) => ({
    path: { passbook_id: book.passbook_id },
    body: { to_district_code: THERE, evidence: "转移申请书", ...changes },
});
const arrive = (book, statement, changes) => ({
    path: { passbook_id: book.passbook_id },
    body: {
        move_id: statement.id, from_district_code: HERE, passbook_number: statement.passbook_number,
        minutes: statement.minutes, earned_minutes: statement.earned_minutes, star: statement.star,
        moved_on: statement.moved_on, seal: statement.seal, evidence: "转移证明", ...changes,
    },
});
const awarded = (volunteer_id) => admin.ok("createStarAward", { body: { volunteer_id,
    kind: "opening", star: 1, award_year: 2013, evidence: "表彰名册" } });

// 7,000 minutes earned, 1,000 given away, a star.
async function richBook(name) {
    const book = await world.newVolunteer(name);
    await fillBook(world, book, 7000);
    await awarded(book.id);
    const { id: pool_id } = await admin.ok("createTimePool",
        { body: { region_code: COMMUNITY, name: `${name}的池`, purpose: "助老" } });
    await admin.ok("createDonation", { path: { passbook_id: book.passbook_id },
        body: { pool_id, minutes: 1000, method: "paper", document: "申请书" } });
    return book;
}

describe("a passbook that moves", () => {
    let book, statement, target;

    test("leaves with all its minutes, its earned minutes and its star, and is closed", async () => {
        book = await richBook("迁居人");
        statement = await admin.ok("transferPassbookOut", leave(book));
        const { id, transfer_id, seal, entered_by, moved_at, ...told } = statement;
        assert.deepEqual(told, {
            direction: "out", passbook_id: book.passbook_id, passbook_number: book.passbook_number,
            volunteer_name: "迁居人", other_district_code: THERE, other_passbook_number: null,
            minutes: 6000, earned_minutes: 7000, star: 1, moved_on: TODAY, evidence: "转移申请书",
        });
        assert.match(seal, /^[0-9a-f]{32}$/);
        const left = await passbookOf(admin, book);
        assert.deepEqual([left.state, left.balance_minutes, left.earned_minutes],
            ["closed", 0, 7000]);
        const lines = await admin.all("listPassbookLines",
            { path: { passbook_id: book.passbook_id } });
        assert.deepEqual(lines.map((line) => [line.kind, line.minutes]),
            [["opening", 7000], ["donation", -1000], ["clearing", -6000]]);
        assert.equal(lines[2].transfer_id, transfer_id);
        await admin.refused("transferPassbookOut", "passbook_not_open", leave(book));
        await admin.refused("createOpeningBalance", "passbook_missing", { body: {
            volunteer_id: book.id, region_code: COMMUNITY, minutes: 1, served_until: "2014-02-28",
            place: "x", evidence: "x" } });
        assert.ok(id && entered_by && moved_at);
    });

    test("arrives only as its statement says, with the same name", async () => {
        target = await arrival("迁居人");
        const refuse = (changes, to = target) =>
            there.refused("transferPassbookIn", "move_seal_invalid", arrive(to, statement, changes));
        for (const changes of [{ minutes: 6001 }, { earned_minutes: 7001 }, { star: 2 },
            { moved_on: "2014-05-14" }, { move_id: randomUUID() }, { passbook_number: "37140200000001" },
            { seal: "0".repeat(32) }, { from_district_code: "371499" },
            { from_district_code: THERE }])
            await refuse(changes);
        const { args } = await refuse({}, await arrival("同楼人"));
        assert.deepEqual(args, { volunteer_name: "同楼人" });
        // Nor does it come back to where it left.
        await admin.refused("transferPassbookIn", "move_seal_invalid",
            arrive(await world.newVolunteer("迁居人"), statement));
        assert.equal((await passbookOf(there, target)).balance_minutes, 0);
    });

    test("brings minutes, earned minutes and star, on a line, once", async () => {
        const made = await there.ok("transferPassbookIn", arrive(target, statement));
        assert.deepEqual([made.id, made.direction, made.other_district_code,
            made.other_passbook_number, made.seal],
        [statement.id, "in", HERE, statement.passbook_number, statement.seal]);
        const now = await passbookOf(there, target);
        assert.deepEqual([now.balance_minutes, now.available_minutes, now.earned_minutes,
            now.eligible_star, now.star], [6000, 6000, 7000, 1, 1]);
        const lines = await there.all("listPassbookLines", { path: { passbook_id: now.id } });
        assert.deepEqual(lines.map((line) => [line.kind, line.minutes]), [["clearing", 6000]]);
        await there.refused("transferPassbookIn", "move_known", arrive(target, statement));
        await there.refused("transferPassbookIn", "move_known",
            arrive(await arrival("迁居人"), statement));
    });

    test("is listed on both sides", async () => {
        const { data } = await admin.ok("listPassbookMoves",
            { query: { passbook_id: book.passbook_id } });
        assert.deepEqual(data, [statement]);
        assert.deepEqual(await admin.all("listPassbookMoves", { query: { direction: "in" } }), []);
        const [arrived, ...others] = await there.all("listPassbookMoves");
        assert.deepEqual([arrived.id, others.length], [statement.id, 0]);
    });
});

test("a statement that two accept at once is accepted once", async () => {
    const statement = await admin.ok("transferPassbookOut", leave(await richBook("抢先人")));
    const books = await Promise.all([1, 2, 3, 4].map(() => arrival("抢先人")));
    const answers = await Promise.all(books.map((book) =>
        there.call("transferPassbookIn", arrive(book, statement))));
    assert.deepEqual(answers.map((one) => one.body.code ?? "done").sort(),
        ["done", "move_known", "move_known", "move_known"]);
});

test("an empty book moves what it earned", async () => {
    const book = await world.newVolunteer("清零人");
    await fillBook(world, book, 60);
    const { id: pool_id } = await admin.ok("createTimePool",
        { body: { region_code: COMMUNITY, name: "清零", purpose: "助老" } });
    await admin.ok("createDonation", { path: { passbook_id: book.passbook_id },
        body: { pool_id, minutes: 60, method: "paper", document: "申请书" } });
    const statement = await admin.ok("transferPassbookOut", leave(book));
    assert.deepEqual([statement.minutes, statement.earned_minutes, statement.transfer_id],
        [0, 60, null]);
    const target = await arrival("清零人");
    const made = await there.ok("transferPassbookIn", arrive(target, statement));
    assert.equal(made.transfer_id, null);
    const now = await passbookOf(there, target);
    assert.deepEqual([now.balance_minutes, now.earned_minutes, now.line_no], [0, 60, 0]);
});

describe("a passbook stays", () => {
    test("while something of it is pending or held", async () => {
        const record = await atCounter(world);
        const server = world.volunteers.server;
        const pending = await admin.refused("transferPassbookOut", "passbook_in_use", leave(server));
        assert.deepEqual(pending.args, { balance_minutes: 0, reserved_minutes: 0,
            pending_minutes: 60, embargoed_minutes: 0 });
        await world.as.leader.ok("voidServiceRecord",
            { path: { id: record.id }, body: { reason: "重复" } });
        const payer = await world.newVolunteer("预留人");
        await fillBook(world, payer, 100);
        assign(world, { payer, volunteer: world.volunteers.helper, minutes: 40 });
        const held = await admin.refused("transferPassbookOut", "passbook_in_use", leave(payer));
        assert.equal(held.args.reserved_minutes, 40);
    });

    test("within its district, and with the dead", async () => {
        const book = await world.newVolunteer("留守人");
        await admin.refused("transferPassbookOut", "move_within_district",
            leave(book, { to_district_code: HERE }));
        await admin.refused("transferPassbookOut", "not_found",
            leave({ passbook_id: randomUUID() }));
        await admin.ok("reportDeath",
            { path: { person_id: book.person_id }, body: { died_on: TODAY } });
        await admin.refused("transferPassbookOut", "person_died", leave(book));
    });
});

test("the month tells what moved and what had been earned", async () => {
    await monthBecomes(world, "settled", JUNE_SETTLED, "2014-05-01");
    const month = async (by) => (await by.all("listMonthStatements",
        { query: { book_month: "2014-05-01" } })).filter((row) => row.volunteer_name === "迁居人")
        .map((row) => [row.moved_minutes, row.closing_minutes, row.earned_minutes]);
    assert.deepEqual(await month(admin), [[-6000, 0, 7000]]);
    const path = { grain: "month", begin_date: "2014-05-01" };
    await until(async () => (await there.ok("getPeriod", { path })).state === "settled",
        "May is settled there too");
    assert.deepEqual(await month(there), [[6000, 6000, 7000]]);
});
