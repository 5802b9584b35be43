// What was booked is corrected one level above, by a reversal and a replacement in the open month.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { closeWeek, mayOf, passbookOf, serve, weekBecomes } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { assign, fillBook } from "./lib/withdrawals.mjs";
import { DISTRICT, FROZEN, SETTLED, SUBDISTRICT, TODAY, makeWorld } from "./lib/world.mjs";

let world, first, second, early;

const correct = (by, id, minutes, reason = "经核实不足") =>
    by.call("createLedgerCorrection", { path: { id }, body: { minutes, reason } });
const codeOf = ({ status, body }) => `${status} ${body.code}`;
const server = () => world.volunteers.server;
const lines = async () => (await world.admin.ok("listPassbookLines",
    { path: { passbook_id: server().passbook_id } })).data;

before(async () => {
    world = await makeWorld();
    first = await serve(world);
    second = await serve(world);
    early = await correct(world.as.subdistrictAdmin, first.id, 30);
    await weekBecomes(world, "frozen", FROZEN);
    await closeWeek(world.as.secretary);
    await weekBecomes(world, "settled", SETTLED);
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

describe("a correction", () => {
    test("is for what has been booked", () =>
        assert.equal(codeOf(early), "409 record_not_booked"));

    test("is refused where it says nothing new, or too much", async () => {
        const by = world.as.subdistrictAdmin;
        assert.equal(codeOf(await correct(by, first.id, 60)), "409 correction_changes_nothing");
        assert.equal(codeOf(await correct(by, first.id, 61)), "409 correction_over_attested");
        assert.equal(codeOf(await correct(by, randomUUID(), 30)), "404 not_found");
        assert.equal(codeOf(await correct(world.as.farAdmin, first.id, 30)), "404 not_found");
        assert.equal(codeOf(await correct(by, first.id, -1)), "422 body_invalid");
        assert.equal(codeOf(await correct(by, first.id, 30, "")), "422 body_invalid");
    });

    test("is not for who had a part in the record", async () => {
        const { user } = world.as.leader.actor;
        const grant = await world.admin.ok("createGrant", { path: { user_id: user.id },
            body: { role: "subdistrict_admin", region_code: SUBDISTRICT } });
        const { token } = await world.admin.ok("createToken",
            { body: { grant_id: grant.id, label: "街道" } });
        const answer = await correct(world.anyone.as(token), first.id, 30);
        assert.equal(codeOf(answer), "409 decider_had_part");
        assert.deepEqual(mayOf(answer.body),
            [`district_admin ${DISTRICT}`, `subdistrict_admin ${SUBDISTRICT}`]);
    });

    test("reverses the deposit of both records and books what is right", async () => {
        const { body, status } = await correct(world.as.subdistrictAdmin, first.id, 45);
        assert.equal(status, 201);
        assert.deepEqual([body.state, body.minutes_before, body.minutes, body.deficit_minutes,
            body.book_month], ["posted", 60, 45, 0, "2014-05-01"]);
        assert.deepEqual(body.transfers.map((one) => [one.kind, one.corrected_kind, one.minutes]),
            [["reversal", "deposit", 120], ["replacement", "deposit", 105]]);
        assert.deepEqual((await lines()).map((line) => [line.kind, line.minutes, line.balance_minutes]),
            [["deposit", 120, 120], ["reversal", -120, 0], ["replacement", 105, 105]]);
        const record = await world.admin.ok("getServiceRecord", { path: { id: first.id } });
        assert.deepEqual([record.status, record.minutes, record.verified_minutes],
            ["verified", 60, 45]);
        const read = await world.as.secretary.ok("getLedgerCorrection",
            { path: { correction_id: body.id } });
        assert.deepEqual(read, body);
        const report = await world.admin.ok("getDistrictReport", { query: { as_of: TODAY } });
        assert.equal(report.minutes.given, 0);
        assert.equal((await world.admin.ok("getDistrictReport")).minutes.given, 105);
    });

    test("leaves each line of the book adding up to its records", async () => {
        for (const line of await lines()) {
            const { data } = await world.admin.ok("listPassbookLineRecords",
                { path: { passbook_id: server().passbook_id, line_no: line.line_no } });
            assert.equal(data.reduce((sum, one) => sum + one.minutes, 0), Math.abs(line.minutes));
        }
    });

    test("stands in the chain of evidence", async () => {
        const told = await world.admin.ok("getServiceRecordEvidence", { path: { id: first.id } });
        const by = told.chain.filter((one) => one.duty === "corrector");
        assert.deepEqual(by.map((one) => [one.name, one.minutes, one.note]),
            [["冯建国", 45, "经核实不足"]]);
        assert.equal(told.history.at(-1).state, "corrected");
        assert.equal(told.chain.find((one) => one.duty === "verifier").minutes, 60);
    });

    test("of another one above the first is for somebody else", async () => {
        const answer = await correct(world.as.subdistrictAdmin, first.id, 40);
        assert.equal(codeOf(answer), "409 decider_had_part");
        assert.deepEqual(mayOf(answer.body), [`district_admin ${DISTRICT}`]);
    });

    test("answers a request that was accepted", async () => {
        const path = { id: second.id };
        const request = await world.as.volunteer.ok("createCorrectionRequest",
            { path, body: { reason: "多记了", wrong: ["minutes"], proposed: { minutes: 50 } } });
        const asked = { ...path, correction_request_id: request.id };
        const accepted = await world.as.secretary.ok("decideCorrectionRequest",
            { path: asked, body: { decision: "accept" } });
        assert.deepEqual([accepted.state, accepted.awaiting], ["accepted", "ledger_correction"]);
        assert.equal((await correct(world.as.subdistrictAdmin, second.id, 50)).status, 201);
        const done = await world.as.volunteer.ok("getCorrectionRequest", { path: asked });
        assert.equal(done.state, "corrected");
    });
});

describe("minutes that were spent", () => {
    let waiting;
    const decide = (by, decision, reason) => by.call("decideLedgerCorrection",
        { path: { correction_id: waiting.id }, body: { decision, ...(reason && { reason }) } });

    before(async () => {
        await fillBook(world, world.volunteers.helper);
        assign(world, { payer: server(), volunteer: world.volunteers.helper, minutes: 90 });
        ({ body: waiting } = await correct(world.admin, first.id, 0));
    });

    test("are taken back only when somebody else approves", async () => {
        assert.deepEqual([waiting.state, waiting.deficit_minutes, waiting.transfers.length],
            ["awaiting_approval", 40, 0]);
        assert.equal((await passbookOf(world.admin, server())).balance_minutes, 95);
        assert.equal(codeOf(await correct(world.admin, first.id, 10)), "409 ledger_correction_open");
        assert.equal(codeOf(await decide(world.admin, "approve")), "409 approver_is_decider");
        const { data } = await world.as.secretary.ok("listLedgerCorrections",
            { query: { state: "awaiting_approval" } });
        assert.deepEqual(data.map((one) => one.id), [waiting.id]);
    });

    test("and are made up for before anything can be spent", async () => {
        const other = await world.actor({ role: "district_admin", region: DISTRICT, name: "孟主任" });
        assert.equal(codeOf(await decide(other, "decline")), "422 reason_missing");
        const { body } = await decide(other, "approve", "已与本人说明");
        assert.deepEqual([body.state, body.deficit_minutes, body.approved_by_name],
            ["posted", 40, "孟主任"]);
        assert.equal(codeOf(await decide(other, "decline", "x")), "409 ledger_correction_decided");
        const book = await passbookOf(world.admin, server());
        assert.deepEqual([book.balance_minutes, book.reserved_minutes, book.available_minutes],
            [50, 90, 0]);
    });

    test("of a record that was corrected to nothing, which is read as before", async () => {
        const { status, verified_minutes } = await world.admin.ok("getServiceRecord",
            { path: { id: first.id } });
        assert.deepEqual([status, verified_minutes], ["verified", 0]);
        const { data } = await world.admin.ok("listServiceRecords");
        assert.equal(data.find((one) => one.id === first.id).verified_minutes, 0);
    });
});
