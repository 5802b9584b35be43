// What waits for each role, and that it no longer waits once it has been done.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import {
    atCounter, attestByCode, closeBody, closeWeek, draft, freeTime, monthBecomes, register, serve, setClock,
    weekBecomes, worklist,
} from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import {
    COMMUNITY, FAR_COMMUNITY, FROZEN, NOW, SETTLED, WEEK, makeWorld,
} from "./lib/world.mjs";

let world, secretary, leader, subdistrict;

beforeEach(async () => {
    world = await makeWorld();
    ({ secretary, leader, subdistrictAdmin: subdistrict } = world.as);
});
afterEach(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const workOf = (by, query) => by.all("listMyWork", { query });
const kindsOf = async (by) => (await workOf(by)).map((one) => `${one.kind} ${one.subject_id}`);
const freeze = () => weekBecomes(world, "frozen", FROZEN);
const paper = (changes) => ({
    method: "paper", sheet_number: "12", attester_id: world.persons.recipient.id, capacity: "recipient", ...changes,
});
// A service in which the secretary signed for the recipient.
const secretarysPart = () => atCounter(world, { attestation: paper({
    attester_id: secretary.actor.person.id, capacity: "family_proxy", relation: "书记" }) });
const long = { starts_at: "2014-05-14T08:00:00+08:00", ends_at: "2014-05-14T16:30:00+08:00" };
const midnight = (text) => Date.parse(`${text}T00:00:00+08:00`);

describe("a team leader's work", () => {
    test("is to have drafts signed and to register them the same day", async () => {
        const made = await draft(world,
            { starts_at: "2014-05-15T09:00:00+08:00", ends_at: "2014-05-15T10:00:00+08:00" });
        const [item] = await workOf(leader);
        assert.deepEqual([item.kind, item.subject_id, item.region_code, item.count, item.minutes],
            ["attest_record", made.id, COMMUNITY, 1, 60]);
        assert.deepEqual([item.server_name, item.recipient_name, item.service_date],
            ["李卫东", "冯有才", "2014-05-15"]);
        assert.equal(Date.parse(item.due_at), midnight("2014-05-16"));
        assert.equal(Date.parse(item.waiting_since), Date.parse(NOW));
        assert.equal(item.overdue, false);
        await attestByCode(world, made.id);
        assert.deepEqual(await kindsOf(leader), [`register_record ${made.id}`]);
        await register(world, made.id);
        assert.deepEqual(await workOf(leader), []);
    });

    test("is late from 24:00 of the day of its end on", async () => {
        const night = await draft(world,
            { starts_at: "2014-05-14T22:00:00+08:00", ends_at: "2014-05-15T02:00:00+08:00" });
        const overdue = async () => (await workOf(leader)).map((one) => one.overdue);
        await setClock(world, "2014-05-15T23:59:59+08:00");
        assert.deepEqual(await overdue(), [false]);
        await setClock(world, "2014-05-16T00:00:00+08:00");
        assert.deepEqual(await overdue(), [true]);
        const [item] = await workOf(leader);
        assert.deepEqual([item.subject_id, Date.parse(item.due_at)],
            [night.id, midnight("2014-05-16")]);
    });

    test("is what was sent back, until it is replaced; the volunteer sees it too", async () => {
        const record = await serve(world);
        await secretary.ok("returnServiceRecord",
            { path: { id: record.id }, body: { reason: "时间有误" } });
        for (const by of [leader, world.as.volunteer, world.as.resident]) {
            const [item, ...others] = await workOf(by);
            assert.deepEqual([item.kind, item.subject_id, item.reason, item.overdue],
                ["returned_record", record.id, "时间有误", false]);
            assert.equal(item.due_at, item.waiting_since);
            assert.deepEqual(others, []);
        }
        const made = await leader.ok("replaceServiceRecord",
            { path: { id: record.id }, body: { content: "陪同买药" } });
        await attestByCode(world, made.id);
        assert.deepEqual(await kindsOf(leader), [`register_record ${made.id}`]);
        assert.deepEqual(await workOf(world.as.volunteer), []);
    });

    test("is neither another team's, nor to register what he served or signed for", async () => {
        const other = await draft(world, { team_id: undefined }, world.as.clerk);
        const own = await draft(world, { volunteer_id: world.volunteers.leader.id },
            world.as.clerk);
        const signed = await draft(world);
        await leader.ok("attestServiceRecord", { path: { id: signed.id }, body: paper({
            attester_id: world.persons.leader.id, capacity: "family_proxy", relation: "组长" }) });
        assert.deepEqual(await workOf(leader), []);
        const forHead = (await workOf(world.as.head)).map((one) => one.subject_id).sort();
        assert.deepEqual(forHead, [other.id, own.id, signed.id].sort());
        assert.deepEqual(await kindsOf(secretary), [`attest_record ${other.id}`]);
    });
});

describe("a resident's work", () => {
    test("is to sign; a volunteer has nothing to sign of what he served", async () => {
        const made = await draft(world);
        assert.deepEqual(await kindsOf(world.as.resident), [`sign_record ${made.id}`]);
        assert.deepEqual(await workOf(world.as.volunteer), []);
        await attestByCode(world, made.id);
        assert.deepEqual(await workOf(world.as.resident), []);
    });
});

describe("a secretary's work", () => {
    test("is a frozen week with its figures, then what the close left out", async () => {
        const odd = await atCounter(world, long);
        for (let i = 0; i < 2; i++)
            await atCounter(world, { volunteer_id: world.volunteers.helper.id, ...freeTime(world) });
        assert.deepEqual(await workOf(secretary), []);
        await freeze();
        const [week] = await workOf(secretary, { kind: "verify_week" });
        assert.deepEqual(
            [week.subject_id, week.book_week, week.count, week.flagged, week.spot_checks,
                week.carried, week.overdue],
            [`${COMMUNITY}/${WEEK}`, WEEK, 3, 1, 1, 0, false]);
        assert.equal(Date.parse(week.due_at), Date.parse(SETTLED));
        await closeWeek(secretary);
        assert.deepEqual(await kindsOf(secretary), [`decide_record ${odd.id}`]);
        await subdistrict.ok("decideServiceRecord",
            { path: { id: odd.id }, body: { decision: "accept" } });
        assert.deepEqual(await workOf(secretary), []);
    });

    test("counts what is carried from a week that nobody closed", async () => {
        await serve(world);
        await freeze();
        await weekBecomes(world, "settled", SETTLED);
        assert.deepEqual(await workOf(secretary), []);
        await weekBecomes(world, "frozen", "2014-05-26T00:00:00+08:00", "2014-05-19");
        const [week] = await workOf(secretary);
        assert.deepEqual([week.book_week, week.count, week.carried], ["2014-05-19", 1, 1]);
    });

    test("counts how often a record was overdue, in every list", async () => {
        const odd = await atCounter(world, { attestation: { ...paper(), sheet_number: undefined } });
        await serve(world, { volunteer_id: world.volunteers.helper.id });
        await freeze();
        assert.equal((await worklist(secretary)).records[0].times_carried, 0);
        await closeWeek(secretary);
        const next = [["2014-05-19", "2014-05-26T00:00:00+08:00", "2014-05-29T00:00:00+08:00"],
            ["2014-05-26", "2014-06-02T00:00:00+08:00", "2014-06-05T00:00:00+08:00"]];
        await weekBecomes(world, "settled", SETTLED);
        for (const [i, [week, frozen, settled]] of next.entries()) {
            await weekBecomes(world, "frozen", frozen, week);
            const items = Object.fromEntries((await workOf(secretary)).map((one) => [one.kind, one]));
            assert.equal(items.verify_week.times_carried, i + 1);
            assert.equal(items.decide_record.record_id, odd.id);
            assert.equal(items.decide_record.times_carried, i + 1);
            const [record] = (await worklist(secretary, COMMUNITY, week)).records;
            assert.deepEqual([record.carried, record.times_carried], [true, i + 1]);
            const { data: [list] } = await secretary.ok("listWorklists", { query: { book_week: week } });
            assert.deepEqual([list.records, list.carried, list.times_carried], [1, 1, i + 1]);
            await weekBecomes(world, "settled", settled, week);
        }
        await monthBecomes(world, "settled", next[1][2], "2014-05-01");
        const statements = async (book_month) => (await world.admin.all("listRegionStatements",
            { query: { book_month, region_code: COMMUNITY } })).map((one) => one.overdue);
        assert.deepEqual(await statements("2014-05-01"), [2], "of the weeks that ended in May");
    });

    test("is not what she had a part in: that is the subdistrict's, and no other's", async () => {
        const [part] = [await secretarysPart(), await serve(world)];
        await freeze();
        assert.deepEqual((await workOf(secretary)).map((one) => one.kind), ["verify_week"]);
        assert.deepEqual(await kindsOf(subdistrict), [`decide_record ${part.id}`]);
        assert.deepEqual(await workOf(world.as.farAdmin), []);
        const list = await worklist(secretary);
        await secretary.ok("closeWorklist",
            { path: { region_code: COMMUNITY, book_week: WEEK }, body: closeBody(list) });
        assert.deepEqual(await kindsOf(subdistrict), [`decide_record ${part.id}`]);
        await subdistrict.ok("decideServiceRecord",
            { path: { id: part.id }, body: { decision: "accept" } });
        assert.deepEqual(await workOf(subdistrict), []);
    });

    test("falls to the subdistrict where there is no secretary", async () => {
        const { user, grant } = secretary.actor;
        await serve(world);
        await world.admin.ok("revokeGrant", { path: { user_id: user.id, grant_id: grant.id } });
        await freeze();
        assert.deepEqual(await kindsOf(subdistrict), [`verify_week ${COMMUNITY}/${WEEK}`]);
    });
});

test("work is of one's own region, also in the middle of the pages", async () => {
    const far = await world.person({ name: "东苑人" }, FAR_COMMUNITY);
    const farHead = await world.actor(
        { role: "residents_group_head", region: FAR_COMMUNITY, name: "东苑楼长" });
    for (let i = 0; i < 3; i++) await draft(world);
    const made = await draft(world, { region_code: FAR_COMMUNITY, team_id: undefined,
        recipient_person_id: far.id }, world.as.farSecretary);
    assert.deepEqual(await kindsOf(farHead), [`attest_record ${made.id}`]);
    assert.equal((await workOf(leader, { limit: 2 })).length, 3);
});
