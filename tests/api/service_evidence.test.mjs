// The chain of evidence: who did what, when, who typed it, and what became of the record.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import {
    atCounter, attestByCode, closeBody, closeWeek, draft, freeTime, serve, setClock, weekBecomes,
    worklist,
} from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, FROZEN, NOW, SETTLED, WEEK, makeWorld } from "./lib/world.mjs";

const NEXT_WEEK = "2014-05-19";
const reason = { reason: "时间有误" };

let world, secretary, leader, clerk;

beforeEach(async () => {
    world = await makeWorld();
    ({ secretary, leader, clerk } = world.as);
});
afterEach(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const evidence = (id, by = clerk) => by.ok("getServiceRecordEvidence", { path: { id } });
const states = async (id) => (await evidence(id)).history.map((one) => one.state);
const freeze = () => weekBecomes(world, "frozen", FROZEN);
const close = async (changes) => secretary.ok("closeWorklist", {
    path: { region_code: COMMUNITY, book_week: WEEK },
    body: closeBody(await worklist(secretary), changes),
});

describe("of a settled record", () => {
    test("names four different persons, who typed it, and when it was booked", async () => {
        const made = await draft(world);
        await attestByCode(world, made.id);
        await clerk.ok("registerServiceRecord", { path: { id: made.id },
            body: { registrar_id: world.persons.leader.id } });
        await freeze();
        await closeWeek(secretary);
        const before = await evidence(made.id);
        assert.equal(before.settled_at, null);
        await weekBecomes(world, "settled", SETTLED);
        const { server, chain, history, settled_at, spot_checks, versions, left_out } =
            await evidence(made.id);
        const persons = [server, ...chain].map((one) => one.person_id);
        assert.equal(new Set(persons).size, 4);
        assert.deepEqual(chain.map((one) => [one.duty, one.name, one.capacity, one.method,
            one.minutes, one.entered_by_name]), [
            ["attester", "冯有才", "recipient", "code", 60, "冯有才"],
            ["registrar", "高组长", "team_leader", null, 60, "赵小云"],
            ["verifier", "张书记", "community_secretary", "close", 60, "张书记"]]);
        assert.deepEqual(history.map((one) => [one.state, one.name, one.entered_by_name]), [
            ["draft", "高组长", "高组长"], ["attested", "冯有才", "冯有才"],
            ["registered", "高组长", "赵小云"], ["verified", "张书记", "张书记"]]);
        assert.equal(Date.parse(history[0].at), Date.parse(NOW));
        assert.equal(Date.parse(history[3].at), Date.parse(FROZEN));
        assert.equal(Date.parse(settled_at), Date.parse(SETTLED));
        assert.deepEqual(spot_checks.map((one) => [one.book_week, one.method, one.result]),
            [[WEEK, "phone", "confirmed"]]);
        assert.deepEqual([left_out, versions.map((one) => one.id)], [[], [made.id]]);
    });

    test("keeps both clocks: the business time of an act and the wall clock's", async () => {
        const record = await serve(world);
        const begin = Date.now();
        const { chain, history } = await evidence(record.id);
        for (const act of chain) {
            assert.equal(Date.parse(act.at), Date.parse(NOW));
            assert.ok(Math.abs(Date.parse(act.recorded_at) - begin) < 60000);
        }
        assert.equal(history[0].recorded_at, null);
    });
});

test("of a thumbprint on a sheet: witness and number", async () => {
    const record = await atCounter(world, { attestation: { method: "thumbprint",
        capacity: "recipient", attester_id: world.persons.recipient.id,
        witness_id: world.persons.helper.id, sheet_number: "甲-017" } });
    const [signature] = (await evidence(record.id)).chain;
    assert.deepEqual([signature.witness_id, signature.witness_name, signature.sheet_number],
        [world.persons.helper.id, "何大姐", "甲-017"]);
    assert.equal(signature.entered_by_name, "赵小云");
});

test("of a draft: the draft alone, with its time of recording", async () => {
    const made = await draft(world);
    const { chain, history, versions, settled_at } = await evidence(made.id);
    assert.deepEqual([chain, settled_at], [[], null]);
    assert.deepEqual(history.map((one) => [one.state, one.person_id]),
        [["draft", world.persons.leader.id]]);
    assert.notEqual(history[0].recorded_at, null);
    assert.deepEqual(versions.map((one) => [one.id, one.status]), [[made.id, "draft"]]);
});

test("of an opening balance: verified from the first", async () => {
    const opening = await world.admin.ok("createOpeningBalance", {
        body: { volunteer_id: world.volunteers.helper.id, region_code: COMMUNITY, minutes: 600,
            served_until: "2014-02-28", place: "北园社区", evidence: "登记册" },
    });
    assert.deepEqual(await states(opening.id), ["verified"]);
});

test("of a chain of replacements: all of them, seen from each", async () => {
    const first = await serve(world);
    await secretary.ok("returnServiceRecord", { path: { id: first.id }, body: reason });
    const replaceBy = async (id, body) => {
        const made = await leader.ok("replaceServiceRecord", { path: { id }, body });
        return made.id;
    };
    const second = await replaceBy(first.id, { minutes: 50 });
    await attestByCode(world, second);
    const third = await replaceBy(second, { minutes: 40 });
    await attestByCode(world, third);
    const fourth = await replaceBy(third, { minutes: 30 });
    const whole = [[first.id, "replaced", 60], [second, "replaced", 50], [third, "attested", 40]];
    for (const [id] of whole) {
        const { versions } = await evidence(id);
        assert.deepEqual(versions.map((one) => [one.id, one.status, one.minutes]), whole);
        assert.equal(versions[0].status_reason, reason.reason);
    }
    const { versions, replaces_id } = await evidence(fourth);
    assert.equal(replaces_id, third);
    assert.deepEqual(versions.map((one) => one.id), [first.id, second, third, fourth]);
    assert.deepEqual(await states(first.id),
        ["draft", "attested", "registered", "returned", "replaced"]);
    assert.deepEqual(await states(second), ["draft", "attested", "replaced"]);
});

test("of what was void, rejected or reduced: the act and its reason", async () => {
    const gone = await serve(world);
    await leader.ok("voidServiceRecord", { path: { id: gone.id }, body: reason });
    assert.deepEqual(await states(gone.id), ["draft", "attested", "registered", "void"]);
    assert.equal((await evidence(gone.id)).status_reason, reason.reason);
    const long = (day) => atCounter(world, { volunteer_id: world.volunteers.helper.id,
        starts_at: `${day}T08:00:00+08:00`, ends_at: `${day}T16:30:00+08:00` });
    const [rejected, reduced] = [await long("2014-05-13"), await long("2014-05-14")];
    await freeze();
    const decide = (id, body) => secretary.ok("decideServiceRecord",
        { path: { id }, body: { ...body, ...reason } });
    await decide(rejected.id, { decision: "reject" });
    await decide(reduced.id, { decision: "reduce", minutes: 60 });
    assert.deepEqual((await states(rejected.id)).at(-1), "rejected");
    const { chain, flags } = await evidence(reduced.id);
    assert.deepEqual([chain.at(-1).method, chain.at(-1).minutes, chain.at(-1).note],
        ["reduce", 60, reason.reason]);
    assert.deepEqual(flags.map((one) => [one.rule, one.book_week]), [["long_day", WEEK]]);
});

test("of what a close left out: the failed check, the carry and the report", async () => {
    const record = await serve(world, freeTime(world));
    const request = await world.as.resident.ok("createCorrectionRequest",
        { path: { id: record.id }, body: { reason: "未服务", wrong: ["not_served"] } });
    await freeze();
    await close({ checks: [{ record_id: record.id, method: "visit", result: "mismatch",
        note: "本人否认" }] });
    await weekBecomes(world, "settled", SETTLED);
    const seen = await evidence(record.id);
    assert.deepEqual(seen.spot_checks.map((one) => [one.result, one.note, one.verifier_id]),
        [["mismatch", "本人否认", secretary.actor.person.id]]);
    assert.deepEqual(seen.left_out.map((one) => [one.book_week, one.reason]),
        [[WEEK, "spot_check_failed"]]);
    assert.deepEqual(seen.carries.map((one) => [one.from_week, one.to_week, one.reason]),
        [[WEEK, NEXT_WEEK, "not_decided"]]);
    assert.deepEqual(
        seen.correction_requests.map((one) => [one.id, one.state, one.requester_name]),
        [[request.id, "open", "冯有才"]]);
    await setClock(world, "2014-05-23T12:00:00+08:00");
    await secretary.ok("returnServiceRecord", { path: { id: record.id }, body: reason });
    assert.equal((await states(record.id)).at(-1), "returned");
});
