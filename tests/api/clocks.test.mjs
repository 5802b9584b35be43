// The weeks: worklists, their close, decisions one by one, carries, periods and runs.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "node:test";

import {
    atCounter, closeBody, closeWeek, draftBody, freeTime, mayOf, passbookOf, serve, setClock,
    weekBecomes, worklist,
} from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { until } from "./lib/wait.mjs";
import { COMMUNITY, FROZEN, SETTLED, SIBLING, SUBDISTRICT, WEEK, makeWorld } from "./lib/world.mjs";

const NEXT_WEEK = "2014-05-19";
const NEXT_FROZEN = "2014-05-26T00:00:00+08:00";
const NEXT_SETTLED = "2014-05-29T00:00:00+08:00";
const AT = { region_code: COMMUNITY, book_week: WEEK };

let world, secretary, subdistrict;

// Every test moves the clock in its own way, so each has a world of its own.
beforeEach(async () => {
    world = await makeWorld();
    secretary = world.as.secretary;
    subdistrict = world.as.subdistrictAdmin;
});
afterEach(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const freeze = () => weekBecomes(world, "frozen", FROZEN);
const settle = () => weekBecomes(world, "settled", SETTLED);
const close = (body, by = secretary, path = AT) => by.call("closeWorklist", { path, body });
const decide = (by, id, body) => by.call("decideServiceRecord", { path: { id }, body });
const statusOf = (id) =>
    secretary.ok("getServiceRecord", { path: { id } }).then((record) => record.status);
const book = (key = "server") => passbookOf(world.admin, world.volunteers[key]);
const reason = { reason: "电话核实不符" };

// A record that the rules flag: the recipient lives in another community.
async function flagged(changes) {
    const outside = await world.person({ name: "外社区人" }, SIBLING);
    return atCounter(world, {
        recipient_person_id: outside.id,
        attestation: { method: "paper", sheet_number: "12", attester_id: outside.id, capacity: "recipient" },
        ...changes,
    });
}

describe("periods", () => {
    test("a week freezes on Sunday at 24:00 and is due on Wednesday at 24:00", async () => {
        const path = { grain: "week", begin_date: WEEK };
        const week = await world.admin.ok("getPeriod", { path });
        assert.equal(week.state, "open");
        assert.equal(week.end_date, "2014-05-19");
        assert.equal(Date.parse(week.freezes_at), Date.parse(FROZEN));
        assert.equal(Date.parse(week.due_at), Date.parse(SETTLED));
        const { data } = await world.admin.ok("listPeriods",
            { query: { grain: "week", from: WEEK, to: "2014-05-25" } });
        assert.deepEqual(data.map((row) => row.begin_date), [WEEK, NEXT_WEEK]);
        const open = await world.admin.all("listPeriods",
            { query: { grain: "week", state: "open" } });
        assert.equal(open[0].begin_date, WEEK, "all before it are settled");
        await world.admin.refused("getPeriod", "not_found",
            { path: { grain: "week", begin_date: "2014-05-13" } });
    });

    test("a public holiday on the due day moves it to the next working day", async () => {
        const day = (holiday_date) => world.admin.ok("createPublicHoliday",
            { body: { holiday_date, kind: "holiday", name: "节日", source: "国办" } });
        await Promise.all([day("2014-05-21"), day("2014-05-22")]);
        await setClock(world, FROZEN);
        const week = await until(async () => {
            const row = await world.admin.ok("getPeriod",
                { path: { grain: "week", begin_date: WEEK } });
            return row.state === "frozen" && row;
        }, "the week is frozen");
        assert.equal(Date.parse(week.due_at), Date.parse("2014-05-24T00:00:00+08:00"));
    });

    test("a second before it is due nothing is frozen or settled", async () => {
        await serve(world);
        const path = { grain: "week", begin_date: WEEK };
        const state = async () => (await world.admin.ok("getPeriod", { path })).state;
        await setClock(world, "2014-05-18T23:59:59+08:00");
        commandOk(world.database.url, "settle");
        assert.equal(await state(), "open");
        await setClock(world, FROZEN);
        commandOk(world.database.url, "settle");
        assert.equal(await state(), "frozen");
        await setClock(world, "2014-05-21T23:59:59+08:00");
        commandOk(world.database.url, "settle");
        assert.equal(await state(), "frozen");
        await setClock(world, SETTLED);
        commandOk(world.database.url, "settle");
        assert.equal(await state(), "settled");
    });
});

describe("a worklist", () => {
    test("is made at the freeze, for each community with records", async () => {
        const record = await serve(world);
        await secretary.refused("getWorklist", "not_found", { path: AT });
        await freeze();
        const list = await worklist(secretary);
        assert.equal(list.state, "open");
        assert.deepEqual(list.records.map((one) => one.record_id), [record.id]);
        const [one] = list.records;
        assert.equal(one.attestations[0].attester_id, world.persons.recipient.id);
        assert.equal(one.attestations[0].method, "code");
        assert.equal(one.registrar_id, world.persons.leader.id);
        assert.deepEqual(one.flags, []);
        const { data } = await subdistrict.ok("listWorklists", { query: { state: "open" } });
        assert.deepEqual(data.map((row) =>
            [row.region_code, row.records, row.minutes, row.undecided]),
            [[COMMUNITY, 1, 60, 1]]);
        await world.as.siblingSecretary.refused("getWorklist", "not_found",
            { path: { ...AT, region_code: SIBLING } });
    });

    test("draws a tenth of the clean records, rounded up", async () => {
        const volunteers = [world.volunteers.server, world.volunteers.helper];
        for (let i = 0; i < 11; i++)
            await atCounter(world, { volunteer_id: volunteers[i % 2].id, ...freeTime(world, 30) });
        await freeze();
        const list = await worklist(secretary);
        assert.equal(list.records.length, 11);
        assert.equal(list.spot_check_percent, 10);
        assert.equal(list.sample.length, 2);
        assert.deepEqual(list.records.filter((one) => one.drawn).map((one) => one.record_id).sort(),
            [...list.sample].sort());
        assert.deepEqual((await worklist(secretary)).sample, list.sample, "the draw stays");
    });

    test("flags a recipient of elsewhere and more than eight hours a day", async () => {
        const outside = await flagged();
        const long = await atCounter(world, { volunteer_id: world.volunteers.helper.id,
            starts_at: "2014-05-14T08:00:00+08:00", ends_at: "2014-05-14T16:30:00+08:00" });
        await freeze();
        const { records } = await worklist(secretary);
        const flags = Object.fromEntries(records.map((one) => [one.record_id, one.flags]));
        assert.deepEqual(flags, { [outside.id]: ["outside_region"], [long.id]: ["long_day"] });
    });
});

describe("closeWorklist", () => {
    test("accepts the clean records of the community-week, once", async () => {
        const record = await serve(world);
        await freeze();
        const list = await worklist(secretary);
        const closed = await closeWeek(secretary);
        assert.equal(closed.state, "closed");
        assert.equal(closed.verifier_id, secretary.actor.person.id);
        assert.deepEqual(closed.exceptions, []);
        assert.equal(await statusOf(record.id), "verified");
        assert.equal((await close(closeBody(list))).body.code, "worklist_closed_already");
        const read = await worklist(secretary);
        assert.deepEqual([read.state, read.closed_at, read.checks], [closed.state,
            closed.closed_at, closed.checks]);
    });

    test("is refused: without the drawn checks, with a strange one, with an old digest", async () =>
        {
        await serve(world);
        await freeze();
        const list = await worklist(secretary);
        const refuse = async (code, changes, by) =>
            assert.equal((await close(closeBody(list, changes), by)).body.code, code);
        await refuse("spot_checks_missing", { checks: [] });
        await refuse("spot_checks_unknown", { checks: [...closeBody(list).checks,
            { record_id: randomUUID(), method: "phone", result: "confirmed" }] });
        await refuse("worklist_changed", { digest: "0".repeat(64) });
        await refuse("verifier_not_entitled", { verifier_id: world.as.head.actor.person.id });
        await refuse("verifier_not_entitled", {}, subdistrict);
        assert.equal((await worklist(secretary)).state, "open");
    });

    test("is refused after the cut-off; what was not closed is carried as overdue", async () => {
        const record = await serve(world);
        await freeze();
        const list = await worklist(secretary);
        await settle();
        assert.equal((await close(closeBody(list))).body.code, "worklist_overdue");
        assert.equal((await worklist(secretary)).state, "overdue");
        const read = await secretary.ok("getServiceRecord", { path: { id: record.id } });
        assert.deepEqual([read.status, read.book_week], ["registered", NEXT_WEEK]);
        assert.equal((await book()).pending_minutes, 60);
        assert.equal((await book()).balance_minutes, 0);
        const evidence = await secretary.ok("getServiceRecordEvidence",
            { path: { id: record.id } });
        assert.deepEqual(
            evidence.carries.map((one) => [one.from_week, one.to_week, one.reason]),
            [[WEEK, NEXT_WEEK, "not_closed"]]);
        await weekBecomes(world, "frozen", NEXT_FROZEN, NEXT_WEEK);
        assert.equal((await worklist(secretary, COMMUNITY, NEXT_WEEK)).records[0].carried, true);
        await closeWeek(secretary, COMMUNITY, NEXT_WEEK);
        await weekBecomes(world, "settled", NEXT_SETTLED, NEXT_WEEK);
        assert.equal((await book()).balance_minutes, 60);
    });

    test("leaves out what a check found wrong; it stays marked when it is carried", async () => {
        const record = await serve(world);
        await freeze();
        const list = await worklist(secretary);
        const checks = [{ record_id: record.id, method: "visit", result: "mismatch", note: "无人" }];
        const closed = (await close(closeBody(list, { checks }))).body;
        assert.deepEqual(closed.exceptions,
            [{ record_id: record.id, reason: "spot_check_failed", decided: false }]);
        await settle();
        await weekBecomes(world, "frozen", NEXT_FROZEN, NEXT_WEEK);
        const next = await worklist(secretary, COMMUNITY, NEXT_WEEK);
        assert.deepEqual(next.records[0].flags, ["spot_check_failed"]);
        const reduced = await decide(secretary, record.id,
            { decision: "reduce", minutes: 20, ...reason });
        assert.equal(reduced.body.verified_minutes, 20);
    });

    test("a subdistrict closes only where there is no secretary", async () => {
        const { user, grant } = secretary.actor;
        await serve(world);
        await freeze();
        await world.admin.ok("revokeGrant", { path: { user_id: user.id, grant_id: grant.id } });
        const list = await worklist(subdistrict);
        const closed = await close(closeBody(list), subdistrict);
        assert.equal(closed.body.verifier_id, subdistrict.actor.person.id, closed.text);
    });
});

describe("decideServiceRecord", () => {
    test("is for what the rules singled out, in a frozen week", async () => {
        const [clean, odd] = [await serve(world), await flagged()];
        const early = await decide(secretary, odd.id, { decision: "accept" });
        assert.equal(early.body.code, "week_not_frozen");
        await freeze();
        const refused = await decide(secretary, clean.id, { decision: "accept" });
        assert.equal(refused.body.code, "decided_by_close");
        const accepted = await decide(secretary, odd.id, { decision: "accept" });
        assert.deepEqual([accepted.body.status, accepted.body.verified_minutes], ["verified", 60]);
        assert.equal((await decide(secretary, odd.id, { decision: "accept" })).body.code,
            "already_verified");
    });

    test("reduces, rejects and returns with a reason; minutes fit the decision", async () => {
        const records = [await flagged(), await flagged(), await flagged()];
        await freeze();
        const [id] = records.map((one) => one.id);
        for (const [code, body] of [["reason_missing", { decision: "reject" }],
            ["decision_minutes_wrong", { decision: "reduce", minutes: 60, ...reason }],
            ["decision_minutes_wrong", { decision: "reduce", ...reason }],
            ["decision_minutes_wrong", { decision: "accept", minutes: 59 }],
            ["decision_minutes_wrong", { decision: "reject", minutes: 1, ...reason }]])
            assert.equal((await decide(secretary, id, body)).body.code, code);
        const bodies = [{ decision: "reduce", minutes: 45, ...reason },
            { decision: "reject", ...reason }, { decision: "return", ...reason }];
        for (const [i, body] of bodies.entries()) await decide(secretary, records[i].id, body);
        assert.deepEqual(await Promise.all(records.map((one) => statusOf(one.id))),
            ["verified", "rejected", "returned"]);
        assert.equal((await book()).pending_minutes, 60,
            "all of the reduced one, till it is settled");
        await closeWeek(secretary);
        await settle();
        const { balance_minutes, pending_minutes, earned_minutes } = await book();
        assert.deepEqual([balance_minutes, pending_minutes, earned_minutes], [45, 0, 45]);
    });

    test("a rejected service leaves its time free", async () => {
        const time = freeTime(world);
        const odd = await flagged(time);
        await freeze();
        await decide(secretary, odd.id, { decision: "reject", ...reason });
        const again = await atCounter(world, time);
        assert.equal(again.book_week, NEXT_WEEK);
        assert.equal(again.registered_late, true);
    });

    test("the subdistrict leaves to the secretary what is his", async () => {
        const odd = await flagged();
        await freeze();
        const refused = await decide(subdistrict, odd.id, { decision: "accept" });
        assert.equal(refused.body.code, "secretary_decides");
        assert.deepEqual(mayOf(refused.body), [`community_secretary ${COMMUNITY}`]);
    });

    test("who attested does not verify", async () => {
        const odd = await flagged({ attestation: { method: "paper", sheet_number: "12", capacity: "family_proxy",
            relation: "书记", attester_id: secretary.actor.person.id } });
        await freeze();
        const refused = await decide(secretary, odd.id, { decision: "accept" });
        assert.equal(refused.body.code, "verifier_is_attester");
        assert.deepEqual(mayOf(refused.body), [`subdistrict_admin ${SUBDISTRICT}`]);
    });

    test("who served, or lives with the server, does not verify", async () => {
        const { person } = secretary.actor;
        const spouse = await world.person({ name: "书记家属", household: "neighbours" });
        await world.admin.ok("moveResidence", { path: { person_id: person.id }, body: {
            region_code: COMMUNITY, household_id: world.households.neighbours.id,
            valid_from: "2014-03-03" } });
        const own = await flagged({ volunteer_id: (await world.volunteer(person.id)).id });
        const family = await flagged({ volunteer_id: (await world.volunteer(spouse.id)).id });
        await freeze();
        assert.equal((await decide(secretary, own.id, { decision: "accept" })).body.code,
            "verifier_is_server");
        assert.equal((await decide(secretary, family.id, { decision: "accept" })).body.code,
            "verifier_of_servers_household");
    });

    test("what is not registered is not decided on", async () => {
        const made = await world.as.leader.ok("createServiceRecord", { body: draftBody(world) });
        const answer = await decide(secretary, made.id, { decision: "accept" });
        assert.equal(answer.body.code, "record_not_attested");
    });

    test("in a frozen week records are neither void nor replaced", async () => {
        const record = await serve(world);
        await freeze();
        const path = { id: record.id };
        await world.as.leader.refused("voidServiceRecord", "week_frozen", { path, body: reason });
        await world.as.leader.refused("replaceServiceRecord", "week_frozen",
            { path, body: { content: "x" } });
    });
});

describe("settlement", () => {
    test("a run tells what it booked, and running it again changes nothing", async () => {
        await serve(world);
        await atCounter(world, { volunteer_id: world.volunteers.helper.id });
        await freeze();
        await closeWeek(secretary);
        const dry = JSON.parse(commandOk(world.database.url, "settle", "--dry-run", "--json")
            .split("\n")[0] || "null");
        assert.equal(dry, null, "nothing is due yet");
        await settle();
        const { data: [run] } = await world.admin.ok("listSettlementRuns",
            { query: { grain: "week", from: WEEK, to: WEEK } });
        assert.deepEqual([run.records, run.deposits, run.minutes, run.carried], [2, 2, 120, 0]);
        const path = { run_id: run.id };
        assert.deepEqual(await world.admin.ok("getSettlementRun", { path }), run);
        const week = await world.admin.ok("getPeriod",
            { path: { grain: "week", begin_date: WEEK } });
        assert.equal(week.run_id, run.id);
        assert.equal(week.digest, run.digest);
        commandOk(world.database.url, "settle");
        assert.equal((await book()).balance_minutes, 60);
    });

    test("weeks of downtime are made up in order, without a close all is carried", async () => {
        await serve(world);
        await world.daemon.stop();
        world.database.query("UPDATE installation SET standing_clock = '2014-06-19T00:00+08:00'");
        await world.daemon.start();
        const last = { grain: "week", begin_date: "2014-06-09" };
        await until(async () =>
            (await world.admin.ok("getPeriod", { path: last })).state === "settled",
        "the last week due is settled");
        const weeks = await world.admin.all("listPeriods",
            { query: { grain: "week", from: WEEK, to: "2014-06-22" } });
        assert.deepEqual(weeks.map((row) => row.state),
            ["settled", "settled", "settled", "settled", "settled", "open"]);
        assert.equal((await book()).pending_minutes, 60);
    });
});
