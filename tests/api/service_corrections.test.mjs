// Somebody says that a record is wrong, the office answers, and what follows.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "node:test";

import {
    atCounter, attestByCode, closeWeek, draft, mayOf, passbookOf, register, serve, setClock,
    weekBecomes, worklist,
} from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, FROZEN, NOW, SETTLED, SUBDISTRICT, TODAY, WEEK, makeWorld } from "./lib/world.mjs";

const NEXT_WEEK = "2014-05-19";
const body = { reason: "实际只服务半小时", wrong: ["minutes"], proposed: { minutes: 30 } };

let world, secretary, leader, clerk, resident, volunteer, subdistrict;

beforeEach(async () => {
    world = await makeWorld();
    ({ secretary, leader, clerk, resident, volunteer, subdistrictAdmin: subdistrict } = world.as);
});
afterEach(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const report = (by, id, changes) =>
    by.ok("createCorrectionRequest", { path: { id }, body: { ...body, ...changes } });
const refuseReport = (by, code, id, changes) =>
    by.refused("createCorrectionRequest", code, { path: { id }, body: { ...body, ...changes } });
const at = (request) => ({ id: request.record_id, correction_request_id: request.id });
const answer = (by, request, decision) =>
    by.ok("decideCorrectionRequest", { path: at(request), body: decision });
const refuseAnswer = (by, code, request, decision = { decision: "accept" }) =>
    by.refused("decideCorrectionRequest", code, { path: at(request), body: decision });
const read = (request, by = clerk) => by.ok("getCorrectionRequest", { path: at(request) });
const states = (by, query) =>
    by.all("listCorrectionRequests", { query }).then((rows) => rows.map((one) => one.state));
const sendBack = (id) =>
    secretary.ok("returnServiceRecord", { path: { id }, body: { reason: "时间有误" } });
const workOf = async (by) =>
    (await by.all("listMyWork")).map((one) => `${one.kind} ${one.subject_id}`);
const freeze = () => weekBecomes(world, "frozen", FROZEN);
const secretarySigns = () => ({ method: "paper", sheet_number: "12", capacity: "family_proxy", relation: "书记",
    attester_id: secretary.actor.person.id });

describe("createCorrectionRequest", () => {
    test("keeps what was said, by whom and how; both sides see it", async () => {
        const record = await serve(world);
        const request = await report(resident, record.id);
        assert.deepEqual(
            [request.state, request.awaiting, request.via, request.overdue, request.wrong,
                request.proposed, request.reason],
            ["open", null, "app", false, body.wrong, body.proposed, body.reason]);
        assert.equal(request.requester_id, world.persons.recipient.id);
        assert.equal(request.requester_name, "冯有才");
        assert.deepEqual(request.history.map((one) => [one.state, one.name]),
            [["open", "冯有才"]]);
        for (const by of [resident, volunteer, leader, secretary, subdistrict])
            assert.deepEqual(await read(request, by), request);
        const { data } = await volunteer.ok("listRecordCorrectionRequests",
            { path: { id: record.id } });
        assert.deepEqual(data, [request]);
        const stranger = await world.actor({ role: "resident", region: COMMUNITY, name: "路过人" });
        await stranger.refused("getCorrectionRequest", "not_found", { path: at(request) });
        assert.deepEqual(await states(stranger), []);
        await refuseReport(stranger, "not_found", record.id);
    });

    test("is typed at the counter for whoever had a part", async () => {
        const record = await serve(world);
        const { recipient, server, helper } = world.persons;
        const request = await report(clerk, record.id,
            { requester_id: recipient.id, via: "phone" });
        assert.deepEqual([request.requester_id, request.via, request.entered_by],
            [recipient.id, "phone", clerk.actor.user.id]);
        await report(clerk, record.id, { requester_id: server.id });
        await refuseReport(clerk, "requester_has_no_part", record.id,
            { requester_id: helper.id });
        await refuseReport(resident, "requester_has_no_part", record.id,
            { requester_id: server.id });
        const own = await report(leader, record.id);
        assert.deepEqual([own.requester_id, own.via], [world.persons.leader.id, "counter"]);
    });

    test("is for whoever signed, too", async () => {
        const record = await atCounter(world, { attestation: { ...secretarySigns(),
            attester_id: world.persons.daughter.id, relation: "女儿" } });
        await report(clerk, record.id, { requester_id: world.persons.daughter.id });
    });

    test("is one at a time for each person", async () => {
        const record = await serve(world);
        const first = await report(resident, record.id);
        const refused = await refuseReport(resident, "correction_request_open", record.id);
        assert.equal(refused.args.correction_request_id, first.id);
        await report(volunteer, record.id);
        await answer(secretary, first, { decision: "decline", reason: "已核对签到表" });
        await report(resident, record.id);
        const answers = await Promise.all(Array.from({ length: 6 }, () =>
            leader.call("createCorrectionRequest", { path: { id: record.id }, body })));
        assert.equal(answers.filter((one) => one.status === 201).length, 1);
    });

    test("is not for drafts, nor for what has ended", async () => {
        const made = await draft(world);
        await refuseReport(resident, "record_not_attested", made.id);
        const record = await serve(world);
        await leader.ok("voidServiceRecord",
            { path: { id: record.id }, body: { reason: "重复" } });
        await refuseReport(resident, "record_ended", record.id);
        await refuseReport(resident, "not_found", randomUUID());
    });

    test("says at least what is wrong, of what can be wrong", async () => {
        const record = await serve(world);
        for (const bad of [{ wrong: [] }, { wrong: ["minutes", "minutes"] }, { wrong: ["mood"] },
            { proposed: { minutes: 1441 } }, { reason: "" }, { via: "letter" }])
            await refuseReport(resident, "body_invalid", record.id, bad);
        await report(resident, record.id, { wrong: ["not_served"], proposed: { minutes: 0 } });
    });
});

describe("the deadline for the answer", () => {
    test("is the policy's, to the end of its last day; then the request is overdue", async () => {
        await world.admin.ok("createPolicy", { body: { name: "correction_answer_days",
            region_code: COMMUNITY, value: 3, source: "社区公约", valid_from: TODAY } });
        const record = await serve(world);
        const request = await report(resident, record.id);
        assert.equal(Date.parse(request.due_at), Date.parse("2014-05-19T00:00:00+08:00"));
        await setClock(world, "2014-05-18T23:59:59+08:00");
        assert.equal((await read(request)).overdue, false);
        assert.deepEqual(await states(secretary, { overdue: true }), []);
        await setClock(world, "2014-05-19T00:00:00+08:00");
        assert.equal((await read(request)).overdue, true);
        assert.deepEqual(await states(secretary, { overdue: true }), ["open"]);
        assert.deepEqual(await states(secretary, { overdue: false }), []);
        await answer(secretary, request, { decision: "decline", reason: "已核对" });
        assert.equal((await read(request)).overdue, false);
    });

    test("is 15 days unless the district says otherwise, and none without a policy", async () => {
        const record = await serve(world);
        const request = await report(resident, record.id);
        assert.equal(Date.parse(request.due_at), Date.parse("2014-05-31T00:00:00+08:00"));
        world.database.query("DELETE FROM policies WHERE name = 'correction_answer_days'");
        const other = await report(volunteer, record.id);
        assert.deepEqual([other.due_at, other.overdue], [null, false]);
        await setClock(world, "2015-05-15T12:00:00+08:00");
        assert.equal((await read(other)).overdue, false);
        const [item] = (await secretary.all("listMyWork", { query: { kind: "decide_correction" } }))
            .filter((one) => one.subject_id === other.id);
        assert.equal(Date.parse(item.due_at), Date.parse(NOW));
    });

    test("is a whole number of days from 1 to 365", async () => {
        const set = (value) => world.admin.call("createPolicy", { body: { value,
            name: "correction_answer_days", region_code: COMMUNITY, source: "社区公约" } });
        for (const value of [0, 366, 1.5, "3"])
            assert.equal((await set(value)).body.code, "policy_value_invalid");
        for (const value of [1, 365]) assert.equal((await set(value)).status, 201);
    });
});

describe("decideCorrectionRequest", () => {
    test("declines with a reason, once", async () => {
        const record = await serve(world);
        const request = await report(resident, record.id);
        await refuseAnswer(secretary, "reason_missing", request, { decision: "decline" });
        const declined = await answer(secretary, request,
            { decision: "decline", reason: "已核对签到表", via: "phone" });
        assert.deepEqual(
            [declined.state, declined.answer_reason, declined.answered_by_name, declined.follow_up],
            ["declined", "已核对签到表", "张书记", null]);
        assert.deepEqual(declined.history.map((one) => [one.state, one.name, one.via]),
            [["open", "冯有才", "app"], ["declined", "张书记", "phone"]]);
        assert.deepEqual(await read(request), declined);
        const again = await refuseAnswer(secretary, "correction_request_answered", request);
        assert.equal(again.args.state, "declined");
    });

    test("is the subdistrict's where the secretary signed, registered or asked", async () => {
        const signed = await atCounter(world, { attestation: secretarySigns() });
        const first = await report(resident, signed.id);
        const refused = await refuseAnswer(secretary, "decider_is_attester", first);
        assert.deepEqual(mayOf(refused), [`subdistrict_admin ${SUBDISTRICT}`]);
        const made = await draft(world);
        await attestByCode(world, made.id);
        await register(world, made.id, secretary);
        const second = await report(resident, made.id);
        await refuseAnswer(secretary, "decider_is_registrar", second);
        const clean = await serve(world);
        const third = await report(secretary, clean.id);
        await refuseAnswer(secretary, "decider_is_attester", third);
        const fourth = await report(resident, clean.id);
        await refuseAnswer(subdistrict, "secretary_decides", fourth);
        assert.deepEqual((await workOf(subdistrict)).sort(),
            [first, second, third].map((one) => `decide_correction ${one.id}`).sort());
        assert.deepEqual(await workOf(secretary), [`decide_correction ${fourth.id}`]);
        for (const request of [first, second, third])
            await answer(subdistrict, request, { decision: "decline", reason: "已核对" });
        assert.deepEqual(await workOf(subdistrict), []);
    });

    test("is neither the server's nor his household's", async () => {
        const { person } = secretary.actor;
        const spouse = await world.person({ name: "书记家属", household: "neighbours" });
        await world.admin.ok("moveResidence", { path: { person_id: person.id }, body: {
            region_code: COMMUNITY, household_id: world.households.neighbours.id,
            valid_from: "2014-03-03" } });
        const own = await atCounter(world,
            { volunteer_id: (await world.volunteer(person.id)).id });
        await refuseAnswer(secretary, "decider_is_server", await report(resident, own.id));
        const family = await atCounter(world,
            { volunteer_id: (await world.volunteer(spouse.id)).id });
        await refuseAnswer(secretary, "decider_of_servers_household",
            await report(resident, family.id));
    });

    test("names only what can be done about the record now", async () => {
        const record = await serve(world);
        const request = await report(resident, record.id);
        for (const follow_up of ["ledger_correction", "decide"]) {
            const refused = await refuseAnswer(secretary, "follow_up_not_possible", request,
                { decision: "accept", follow_up });
            assert.equal(refused.args.possible, "replace, void, return");
        }
        const accepted = await answer(secretary, request, { decision: "accept" });
        assert.deepEqual([accepted.state, accepted.follow_up, accepted.awaiting],
            ["accepted", "replace", "replace"]);
        assert.deepEqual(await read(request), accepted);
    });
});

describe("what follows an acceptance", () => {
    const accepted = async (record, follow_up) => {
        const request = await report(resident, record.id);
        return answer(secretary, request, { decision: "accept", ...(follow_up && { follow_up }) });
    };

    test("a replacement corrects it, by the leader whom it waits for", async () => {
        const record = await serve(world);
        const request = await accepted(record);
        assert.deepEqual(await workOf(leader), [`correct_record ${request.id}`]);
        const made = await leader.ok("replaceServiceRecord",
            { path: { id: record.id }, body: { minutes: 30 } });
        await attestByCode(world, made.id);
        const done = await read(request);
        assert.deepEqual([done.state, done.awaiting, done.record_status],
            ["corrected", null, "replaced"]);
        assert.deepEqual(done.history.map((one) => [one.state, Date.parse(one.at)]),
            ["open", "accepted", "corrected"].map((state) => [state, Date.parse(NOW)]));
        assert.deepEqual(await workOf(leader), [`register_record ${made.id}`]);
        await report(leader, made.id);
    });

    test("a void corrects it", async () => {
        const record = await serve(world);
        const request = await accepted(record, "void");
        await leader.ok("voidServiceRecord",
            { path: { id: record.id }, body: { reason: "未服务" } });
        assert.equal((await read(request)).state, "corrected");
    });

    test("what was taken back before the answer is corrected with it", async () => {
        const record = await serve(world);
        const request = await report(resident, record.id);
        await leader.ok("voidServiceRecord",
            { path: { id: record.id }, body: { reason: "未服务" } });
        await refuseAnswer(secretary, "follow_up_not_possible", request,
            { decision: "accept", follow_up: "void" });
        const done = await answer(secretary, request, { decision: "accept" });
        assert.deepEqual([done.state, done.awaiting, done.follow_up], ["corrected", null, null]);
        assert.deepEqual(done.history.map((one) => one.state), ["open", "accepted", "corrected"]);
        assert.deepEqual(await read(request), done);
    });

    test("so does sending it back, if that was all; else it awaits the replacement", async () => {
        const [one, two] = [await serve(world), await serve(world)];
        const [back, anew] = [await accepted(one, "return"), await accepted(two)];
        assert.deepEqual(await workOf(secretary), [`correct_record ${back.id}`]);
        await sendBack(one.id);
        await sendBack(two.id);
        assert.equal((await read(back)).state, "corrected");
        const { state, awaiting } = await read(anew);
        assert.deepEqual([state, awaiting], ["accepted", "replace"]);
    });

    test("what is verified awaits a correction in the ledger", async () => {
        const record = await serve(world);
        await freeze();
        await closeWeek(secretary);
        await weekBecomes(world, "settled", SETTLED);
        const request = await accepted(record);
        assert.deepEqual([request.state, request.awaiting], ["accepted", "ledger_correction"]);
        assert.deepEqual(await states(secretary, { state: "accepted" }), ["accepted"]);
        assert.equal((await passbookOf(clerk, world.volunteers.server)).balance_minutes, 60);
    });

    test("a rejected record may then be replaced, and counts", async () => {
        const record = await atCounter(world, {
            starts_at: "2014-05-14T08:00:00+08:00", ends_at: "2014-05-14T16:30:00+08:00",
        });
        await freeze();
        await secretary.ok("decideServiceRecord", { path: { id: record.id },
            body: { decision: "reject", reason: "电话核实不符" } });
        const replace = { path: { id: record.id }, body: { minutes: 60 } };
        await leader.refused("replaceServiceRecord", "record_ended", replace);
        const request = await accepted(record);
        assert.equal(request.awaiting, "replace");
        const made = await leader.ok("replaceServiceRecord", replace);
        await attestByCode(world, made.id);
        assert.equal((await read(request)).state, "corrected");
        assert.equal((await register(world, made.id)).book_week, NEXT_WEEK);
        assert.equal((await passbookOf(clerk, world.volunteers.server)).pending_minutes, 60);
    });
});

describe("a reported record and its week", () => {
    test("a close leaves it out until it is answered and decided", async () => {
        const [record, clean] = [await serve(world), await serve(world)];
        const request = await report(resident, record.id);
        await freeze();
        const { records } = await worklist(secretary);
        assert.deepEqual(records.filter((one) => one.correction_requested)
            .map((one) => one.record_id), [record.id]);
        const closed = await closeWeek(secretary);
        assert.deepEqual(closed.exceptions,
            [{ record_id: record.id, reason: "correction_requested", decided: false }]);
        const status = async (id) =>
            (await clerk.ok("getServiceRecord", { path: { id } })).status;
        assert.equal(await status(clean.id), "verified");
        const accepted = await answer(secretary, request,
            { decision: "accept", follow_up: "decide" });
        assert.equal(accepted.awaiting, "decide");
        await secretary.ok("decideServiceRecord", { path: { id: record.id },
            body: { decision: "reduce", minutes: 30, reason: "服务对象更正" } });
        assert.equal((await read(request)).state, "corrected");
        await weekBecomes(world, "settled", SETTLED);
        assert.equal((await passbookOf(clerk, world.volunteers.server)).balance_minutes, 90);
    });

    test("it may be decided on before the close, too", async () => {
        const record = await serve(world);
        await freeze();
        const decision = { path: { id: record.id },
            body: { decision: "reduce", minutes: 30, reason: "服务对象更正" } };
        await secretary.refused("decideServiceRecord", "decided_by_close", decision);
        await report(resident, record.id);
        await secretary.ok("decideServiceRecord", decision);
    });

    test("once declined it is accepted as clean with the next week", async () => {
        const record = await serve(world);
        const request = await report(resident, record.id);
        await freeze();
        await closeWeek(secretary);
        await weekBecomes(world, "settled", SETTLED);
        await answer(secretary, request, { decision: "decline", reason: "已核对" });
        await weekBecomes(world, "frozen", "2014-05-26T00:00:00+08:00", NEXT_WEEK);
        assert.deepEqual((await closeWeek(secretary, COMMUNITY, NEXT_WEEK)).exceptions, []);
        assert.equal((await clerk.ok("getServiceRecord", { path: { id: record.id } })).status,
            "verified");
        assert.equal((await worklist(secretary, COMMUNITY, WEEK)).exceptions.length, 1);
    });
});

describe("withdrawCorrectionRequest", () => {
    const withdraw = (by, request, said = {}) =>
        by.ok("withdrawCorrectionRequest", { path: at(request), body: said });

    test("is the requester's own, or typed for him", async () => {
        const record = await serve(world);
        const request = await report(resident, record.id);
        await volunteer.refused("withdrawCorrectionRequest", "requester_only",
            { path: at(request), body: {} });
        const gone = await withdraw(resident, request, { reason: "记错了" });
        assert.deepEqual([gone.state, gone.answered_by, gone.answer_reason],
            ["withdrawn", world.persons.recipient.id, "记错了"]);
        assert.deepEqual(await read(request), gone);
        await resident.refused("withdrawCorrectionRequest", "correction_request_answered",
            { path: at(request), body: {} });
        const other = await report(resident, record.id);
        const typed = await withdraw(clerk, other, { via: "phone" });
        assert.deepEqual([typed.answered_by, typed.history[1].via, typed.history[1].entered_by],
            [world.persons.recipient.id, "phone", clerk.actor.user.id]);
    });

    test("and an answer at once: one of them holds", async () => {
        for (let round = 0; round < 5; round++) {
            const record = await serve(world);
            const request = await report(resident, record.id);
            const answers = await Promise.all([
                resident.call("withdrawCorrectionRequest", { path: at(request), body: {} }),
                secretary.call("decideCorrectionRequest",
                    { path: at(request), body: { decision: "accept" } }),
            ]);
            assert.deepEqual(answers.map((one) => one.status).sort(), [200, 409]);
            const [held] = answers.filter((one) => one.status === 200);
            assert.equal((await read(request)).state, held.body.state);
        }
    });
});

test("the office's list narrows by state, region and requester", async () => {
    const record = await serve(world);
    const request = await report(resident, record.id);
    await report(volunteer, record.id);
    const ids = (query) => world.admin.all("listCorrectionRequests", { query })
        .then((rows) => rows.map((one) => one.requester_id));
    const { recipient, server } = world.persons;
    assert.deepEqual((await ids({})).sort(), [recipient.id, server.id].sort());
    assert.deepEqual(await ids({ requester_id: server.id }), [server.id]);
    assert.deepEqual(await ids({ region_code: "371402002000" }), []);
    await answer(secretary, request, { decision: "accept" });
    assert.deepEqual(await ids({ region_code: SUBDISTRICT, state: "accepted" }), [recipient.id]);
});
