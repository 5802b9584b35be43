// Scenario 7: from an objection without a token to the corrected revision.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { closeWeek, quarterBecomes, serve, setClock, weekBecomes } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { until } from "./lib/wait.mjs";
import {
    COMMUNITY, FROZEN, QUARTER_SETTLED, SETTLED, SIBLING, makeWorld,
} from "./lib/world.mjs";

const NOTICE = "371402-2014Q2-1", REVISION = "371402-2014Q2-2";
const QUARTER = "2014-04-01";
const at = (time) => `2014-07-${time}+08:00`;
const codeOf = ({ status, body }) => `${status} ${body.code}`;

let world, record, line, filed;

const read = (operation, path, query) => world.anyone.ok(operation, { path, query });
const notice = (number = NOTICE) => read("getPublicNotice", { number });
const objection = (changes = {}) => ({
    line_code: line.line_code, statement: "6月2日的服务不足一小时", objector_name: "周先生",
    objector_contact: "13900000009", ...changes,
});
const file = (changes, number = NOTICE, headers = {}) =>
    world.anyone.call("filePublicObjection", { path: { number }, body: objection(changes), headers });
const decide = (by, case_number, body) =>
    by.call("decideObjection", { path: { case_number }, body });

before(async () => {
    world = await makeWorld();
    record = await serve(world);
    await weekBecomes(world, "frozen", FROZEN);
    await closeWeek(world.as.secretary);
    await weekBecomes(world, "settled", SETTLED);
    await quarterBecomes(world, "settled", QUARTER_SETTLED, QUARTER);
    ({ data: [line] } = await read("listPublicNoticeLines", { number: NOTICE }));
    await setClock(world, at("10T12:00:00"));
    await world.as.clerk.ok("createNoticePostings", { path: { number: NOTICE }, body: { postings: [
        { region_code: COMMUNITY, place: "东门公示栏", posted_at: at("10T10:00:00") }] } });
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

describe("an objection", () => {
    test("is taken from anybody until the last second of the window", async () => {
        await setClock(world, at("17T23:59:59"));
        const { status, body } = await file({});
        assert.equal(status, 201);
        assert.equal(body.case_number, "371402-YY2014-0001");
        assert.equal(body.region_code, COMMUNITY);
        assert.equal(Date.parse(body.due_at), Date.parse("2014-08-02T00:00:00+08:00"));
        filed = body;
    });

    test("at the counter has the next number", async () => {
        const body = objection({ line_code: undefined, region_code: COMMUNITY, via: "phone" });
        const taken = await world.as.clerk.ok("createObjection", { path: { number: NOTICE }, body });
        assert.equal(taken.case_number, "371402-YY2014-0002");
        const { case_number } = taken;
        const answer = await decide(world.as.subdistrictAdmin, case_number,
            { decision: "withdrawn", reason: "来电撤回" });
        assert.deepEqual([answer.status, answer.body.state], [200, "withdrawn"]);
    });

    test("is opened once by one key, and by another body with the same key again", async () => {
        const headers = { "idempotency-key": "1" };
        const first = await file({ statement: "甲" }, NOTICE, headers);
        const again = await file({ statement: "甲" }, NOTICE, headers);
        const other = await file({ statement: "乙" }, NOTICE, headers);
        assert.deepEqual(again.body, first.body);
        assert.equal(again.headers["idempotent-replayed"], "true");
        assert.notEqual(other.body.case_number, first.body.case_number);
        for (const { body } of [first, other])
            await decide(world.admin, body.case_number, { decision: "dismissed", reason: "重复" });
    });

    test("names a line or a page that is there", async () => {
        assert.equal(codeOf(await file({ line_code: undefined })), "422 objection_names_nothing");
        assert.equal(codeOf(await file({ line_code: "0".repeat(16) })), "409 objection_line_unknown");
        assert.equal(codeOf(await file({ line_code: undefined, region_code: SIBLING })),
            "409 objection_line_unknown");
        assert.equal(codeOf(await file({}, "371402-2014Q3-1")), "404 not_found");
        assert.equal(codeOf(await file({}, "371499-2014Q2-1")), "404 not_found");
        assert.equal(codeOf(await file({}, "371499-2014Q2-1", { "idempotency-key": "2" })),
            "404 not_found");
        assert.equal(codeOf(await file({ objector_name: undefined })), "422 body_invalid");
        assert.equal(codeOf(await file({ statement: "" })), "422 body_invalid");
        assert.equal(codeOf(await file({ statement: "长".repeat(2001) })), "422 body_invalid");
    });

    test("a second after the window is refused", async () => {
        await setClock(world, at("18T00:00:00"));
        const answer = await file({});
        assert.equal(codeOf(answer), "409 window_closed");
        assert.equal(Date.parse(answer.body.args.window_ends_at), Date.parse(at("18T00:00:00")));
        await until(async () => (await notice()).state === "noticed", "the notice is noticed");
        assert.equal((await notice()).open_cases, 1);
    });

    test("shows who objected to those who decide only", async () => {
        const get = (by) => by.ok("getObjection", { path: { case_number: filed.case_number } });
        for (const by of [world.as.secretary, world.as.auditor]) {
            const { objector_name, objector_contact } = await get(by);
            assert.deepEqual([objector_name, objector_contact], [null, null]);
        }
        const told = await get(world.as.subdistrictAdmin);
        assert.deepEqual([told.objector_name, told.objector_contact, told.masked_name, told.via],
            ["周先生", "13900000009", "李*东", "web"]);
        assert.equal(world.database.query(`SELECT count(*) FROM objections AS o
            WHERE o::text LIKE '%周先生%'`), "0");
        const { data } = await world.as.secretary.ok("listObjections", { query: { state: "open" } });
        assert.deepEqual(data.map((one) => [one.case_number, one.objector_name]),
            [[filed.case_number, null]]);
    });

    test("tells the public its number and state", async () => {
        const { data } = await read("listPublicObjections", { number: NOTICE });
        assert.deepEqual(data.map((one) => one.state),
            ["open", "withdrawn", "dismissed", "dismissed"]);
        const told = await read("getPublicObjection", { case_number: filed.case_number });
        assert.deepEqual(Object.keys(told).filter((key) => /objector|statement/.test(key)), []);
    });
});

describe("a decision", () => {
    const corrections = (minutes = 45, record_id = record.id) => [{ record_id, minutes }];
    const upheld = (changes) =>
        ({ decision: "upheld", reason: "经核实为45分钟", corrections: corrections(), ...changes });

    test("is made one level above, by who had no part", async () => {
        assert.equal(codeOf(await decide(world.as.secretary, filed.case_number, upheld())),
            "403 role_not_allowed");
        assert.equal(codeOf(await decide(world.as.farAdmin, filed.case_number, upheld())),
            "404 not_found");
    });

    test("corrects records of the line, each once, and only when upheld", async () => {
        const by = world.as.subdistrictAdmin;
        const tried = async (changes) => codeOf(await decide(by, filed.case_number, upheld(changes)));
        assert.equal(await tried({ decision: "dismissed" }), "422 corrections_of_upheld_only");
        assert.equal(await tried({ corrections: [...corrections(), ...corrections(44)] }),
            "422 correction_record_twice");
        assert.equal(await tried({ corrections: corrections(45, world.team.id) }),
            "409 correction_record_unknown");
        assert.equal(await tried({ corrections: corrections(60) }), "409 correction_changes_nothing");
        assert.equal(await tried({ corrections: corrections(61) }), "409 correction_over_attested");
        const { body } = await decide(by, filed.case_number, upheld({ corrections: corrections(61) }));
        assert.deepEqual(body.args, { minutes: 60 });
        assert.equal(await tried({ reason: undefined }), "422 body_invalid");
    });

    test("that upholds books the correction in the open month", async () => {
        const { status, body } = await decide(world.as.subdistrictAdmin, filed.case_number, upheld());
        assert.equal(status, 200);
        assert.equal(body.state, "upheld");
        assert.deepEqual(body.corrections.map((one) => [one.minutes_before, one.minutes, one.state]),
            [[60, 45, "posted"]]);
        const booked = await world.admin.ok("getLedgerCorrection",
            { path: { correction_id: body.corrections[0].correction_id } });
        assert.deepEqual([booked.book_month, booked.case_number], ["2014-07-01", filed.case_number]);
        assert.equal(codeOf(await decide(world.admin, filed.case_number, upheld())),
            "409 objection_decided");
    });

    test("is told to who has the receipt", async () => {
        const path = { case_number: filed.case_number };
        assert.equal((await read("getPublicObjection", path)).decision_reason, null);
        assert.equal((await read("getPublicObjection", path, { receipt: filed.receipt }))
            .decision_reason, "经核实为45分钟");
    });
});

describe("a revision", () => {
    let first, second;

    before(async () => {
        await setClock(world, at("18T09:00:00"));
        second = await until(async () => {
            const { body, status } = await world.anyone.call("getPublicNotice",
                { path: { number: REVISION } });
            return status === 200 && body;
        }, "the revision is drawn up");
        first = await notice();
    });

    test("publishes the corrected line; the old notice is still served", async () => {
        assert.deepEqual([first.revised_by, second.revises], [REVISION, NOTICE]);
        assert.equal(second.previous_digest, first.digest);
        const { data: [now] } = await read("listPublicNoticeLines", { number: REVISION });
        assert.deepEqual([now.deposited_minutes, now.corrected_minutes, now.closing_minutes,
            now.earned_minutes, now.is_new], [60, -15, 45, 45, true]);
        const { data: [then] } = await read("listPublicNoticeLines", { number: NOTICE });
        assert.deepEqual(then, line);
        await read("getPublicNoticeProof", { number: NOTICE }, { line_code: line.line_code });
        const told = await world.admin.ok("getObjection",
            { path: { case_number: filed.case_number } });
        assert.equal(told.corrections[0].notice_number, REVISION);
    });

    test("reopens the window, and the quarter is final after it", async () => {
        assert.deepEqual([second.state, second.new_pages, second.posted_pages], ["noticed", 1, 0]);
        const { postings: [posting] } = await world.as.clerk.ok("createNoticePostings",
            { path: { number: REVISION }, body: { postings: [{ region_code: COMMUNITY,
                place: "东门公示栏", posted_at: at("18T09:00:00") }] } });
        assert.equal(Date.parse((await notice(REVISION)).window_ends_at),
            Date.parse(at("26T00:00:00")));
        await quarterBecomes(world, "final", at("26T00:00:00"), QUARTER);
        assert.equal((await notice(REVISION)).state, "final");
        const path = { posting_id: posting.id };
        const early = { taken_down_at: at("18T08:59:59") };
        await world.as.clerk.refused("takeDownNoticePosting", "takedown_time_invalid",
            { path, body: early });
        const down = await world.as.clerk.ok("takeDownNoticePosting", { path, body: {} });
        assert.equal(Date.parse(down.taken_down_at), Date.parse(at("26T00:00:00")));
        await world.as.clerk.refused("takeDownNoticePosting", "posting_taken_down", { path, body: {} });
    });
});
