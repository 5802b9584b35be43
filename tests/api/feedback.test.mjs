// What those who were served say of a service, and what the one who served may know of it.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import {
    atCounter, attestByCode, closeWeek, draft, serve, setClock, weekBecomes,
} from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, FROZEN, SETTLED, TODAY, makeWorld } from "./lib/world.mjs";

const CLOSES = "2014-06-15T00:00:00+08:00"; // 30 full days after the 15th of May

let world, secretary, clerk, resident, volunteer, leader;

async function build() {
    world = await makeWorld();
    ({ secretary, clerk, resident, volunteer, leader } = world.as);
}

async function tearDown() {
    commandOk(world.database.url, "reconcile");
    await world.close();
}

const say = (by, id, body) => by.ok("createFeedback", { path: { id }, body });
const refuse = (by, code, id, body = { rating: 4 }) =>
    by.refused("createFeedback", code, { path: { id }, body });
const ofRecord = (by, id, query) =>
    by.all("listRecordFeedback", { path: { id }, query });
const summary = (by, who = world.volunteers.server) =>
    by.ok("getFeedbackSummary", { path: { volunteer_id: who.id } });
const numbers = ({ ratings, mean_hundredths }) => [ratings, mean_hundredths];

// A token of another role for somebody who has a user already.
async function alsoAs(client, role) {
    const { user } = client.actor;
    const grant = await world.admin.ok("createGrant",
        { path: { user_id: user.id }, body: { role, region_code: COMMUNITY } });
    const { token } = await world.admin.ok("createToken",
        { body: { grant_id: grant.id, label: `也是 ${role}` } });
    return world.anyone.as(token);
}

describe("createFeedback", () => {
    before(build);
    after(tearDown);

    test("keeps what was said, by whom and how", async () => {
        const record = await serve(world);
        const given = await say(resident, record.id, { rating: 4, comment: "很耐心" });
        assert.deepEqual(
            [given.record_id, given.volunteer_id, given.giver_id, given.giver_name, given.rating,
                given.grade, given.comment, given.via, given.revision, given.is_current],
            [record.id, world.volunteers.server.id, world.persons.recipient.id, "冯有才", 4, null,
                "很耐心", "app", 1, true]);
        assert.equal(Date.parse(given.closes_at), Date.parse(CLOSES));
        for (const by of [resident, clerk, secretary, world.admin, world.as.auditor])
            assert.deepEqual(await ofRecord(by, record.id), [given]);
    });

    test("said again it replaces what was said before", async () => {
        const record = await serve(world);
        const first = await say(resident, record.id, { rating: 1, comment: "没来" });
        const second = await say(clerk, record.id, { grade: "satisfied", via: "phone",
            giver_id: world.persons.recipient.id });
        assert.deepEqual([second.revision, second.rating, second.grade, second.via, second.entered_by],
            [2, 5, "satisfied", "phone", clerk.actor.user.id]);
        assert.deepEqual(await ofRecord(secretary, record.id), [second]);
        assert.deepEqual(await ofRecord(secretary, record.id, { history: true }),
            [{ ...first, is_current: false }, second]);
        const made = await Promise.all([1, 2, 3, 4, 5, 1].map((rating) =>
            say(resident, record.id, { rating })));
        assert.deepEqual(made.map((one) => one.revision).sort(), [3, 4, 5, 6, 7, 8]);
        const current = await ofRecord(secretary, record.id);
        assert.deepEqual(current.map((one) => one.revision), [8]);
    });

    test("on paper there are three grades", async () => {
        for (const [grade, rating] of
            [["satisfied", 5], ["fairly_satisfied", 3], ["dissatisfied", 1]]) {
            const record = await serve(world);
            const given = await say(clerk, record.id,
                { grade, giver_id: world.persons.recipient.id });
            assert.deepEqual([given.rating, given.grade, given.via], [rating, grade, "counter"]);
        }
        const record = await serve(world);
        await refuse(resident, "rating_or_grade", record.id, { rating: 5, grade: "satisfied" });
        await refuse(resident, "rating_or_grade", record.id, { comment: "好" });
        for (const rating of [0, 6])
            await refuse(resident, "body_invalid", record.id, { rating });
    });

    test("is by whoever was served or signed, never by or through the one who served", async () => {
        const { daughter, helper, server } = world.persons;
        const record = await atCounter(world, { attestation: { method: "paper",
            attester_id: daughter.id, capacity: "family_proxy", relation: "女儿" } });
        const child = await world.actor(
            { role: "resident", region: COMMUNITY, person: daughter });
        const hers = await say(child, record.id, { rating: 3 });
        const his = await say(resident, record.id, { rating: 5 });
        assert.deepEqual(await ofRecord(child, record.id), [hers]);
        assert.deepEqual((await ofRecord(clerk, record.id)).map((one) => one.id).sort(),
            [hers.id, his.id].sort());
        await refuse(clerk, "giver_was_not_served", record.id, { rating: 5, giver_id: helper.id });
        await refuse(clerk, "giver_was_not_served", record.id, { rating: 5, giver_id: server.id });
        await refuse(resident, "giver_was_not_served", record.id,
            { rating: 5, giver_id: daughter.id });
        await refuse(volunteer, "entered_by_server", record.id,
            { rating: 5, giver_id: world.persons.recipient.id });
        const serverAsClerk = await alsoAs(volunteer, "community_clerk");
        await refuse(serverAsClerk, "entered_by_server", record.id,
            { rating: 5, giver_id: world.persons.recipient.id });
        const stranger = await world.actor({ role: "resident", region: COMMUNITY, name: "路过人" });
        await refuse(stranger, "not_found", record.id);
        assert.deepEqual(await ofRecord(stranger, record.id), []);
    });

    test("a household's people speak for it", async () => {
        const son = await world.person({ name: "何小弟", household: "neighbours" });
        const record = await atCounter(world, { recipient_kind: "household",
            recipient_person_id: undefined, recipient_household_id: world.households.neighbours.id,
            attestation: { method: "paper", attester_id: world.persons.helper.id,
                capacity: "recipient" } });
        const given = await say(clerk, record.id, { rating: 4, giver_id: son.id });
        assert.equal(given.giver_name, "何小弟");
        await refuse(clerk, "giver_was_not_served", record.id,
            { rating: 4, giver_id: world.persons.recipient.id });
    });

    test("is on what was signed and still stands", async () => {
        const { id } = await draft(world);
        await refuse(resident, "record_not_attested", id);
        await attestByCode(world, id);
        await say(resident, id, { rating: 2 });
        await leader.ok("voidServiceRecord", { path: { id }, body: { reason: "重复录入" } });
        await refuse(resident, "record_ended", id);
        const sentBack = await serve(world);
        await secretary.ok("returnServiceRecord",
            { path: { id: sentBack.id }, body: { reason: "时间有误" } });
        await refuse(resident, "record_ended", sentBack.id);
    });
});

describe("what the one who served sees", () => {
    before(build);
    after(tearDown);

    test("no rating, not even as a clerk of the community", async () => {
        const record = await serve(world);
        await say(resident, record.id, { rating: 1, comment: "态度不好" });
        const serverAsClerk = await alsoAs(volunteer, "community_clerk");
        for (const by of [volunteer, serverAsClerk])
            assert.deepEqual(await ofRecord(by, record.id), []);
        assert.deepEqual(await serverAsClerk.all("listFeedback"), []);
        assert.equal((await clerk.all("listFeedback")).length, 1);
        await volunteer.refused("listFeedback", "role_not_allowed");
        const path = { id: record.id };
        const seen = [
            await volunteer.ok("getServiceRecord", { path }),
            await volunteer.ok("getServiceRecordEvidence", { path }),
            await volunteer.ok("listServiceRecords"), await volunteer.ok("listMyWork"),
        ];
        assert.doesNotMatch(JSON.stringify(seen), /态度不好|feedback|rating/);
    });

    test("averages in threes, of what is verified and can no longer change", async () => {
        const early = (await clerk.all("listFeedback")).length;
        assert.equal(early, 1); // a 1, of the test before
        const records = [];
        for (const rating of [5, 4, 2]) {
            const record = await serve(world);
            await say(resident, record.id, { rating });
            records.push(record);
        }
        const { id } = await draft(world);
        await attestByCode(world, id);
        await say(resident, id, { rating: 5 }); // never registered
        assert.deepEqual(numbers(await summary(clerk)), [0, null]);
        await weekBecomes(world, "frozen", FROZEN);
        await closeWeek(secretary);
        await weekBecomes(world, "settled", SETTLED);
        const office = await summary(clerk);
        assert.deepEqual(numbers(office), [4, 300]); // 1, 5, 4, 2
        assert.deepEqual(office.years, [{ year: 2014, ratings: 4, mean_hundredths: 300 }]);
        assert.deepEqual(numbers(await summary(volunteer)), [0, null]);
        await setClock(world, "2014-06-14T23:59:59+08:00");
        assert.deepEqual(numbers(await summary(volunteer)), [0, null]);
        await say(resident, records[2].id, { rating: 1 }); // the last second
        await setClock(world, CLOSES);
        await refuse(resident, "feedback_closed", records[2].id, { rating: 5 });
        assert.deepEqual(numbers(await summary(clerk)), [4, 275]); // 1, 5, 4, 1
        const own = await summary(volunteer);
        assert.deepEqual(numbers(own), [3, 333]); // the first three: 1, 5, 4
        assert.deepEqual(own.years, [{ year: 2014, ratings: 3, mean_hundredths: 333 }]);
        assert.deepEqual(await summary(await alsoAs(volunteer, "information_officer")), own);
        await volunteer.refused("getFeedbackSummary", "not_found",
            { path: { volunteer_id: world.volunteers.helper.id } });
    });
});

describe("few ratings", () => {
    beforeEach(build);

    test("two make no average for the one who served, three do", async () => {
        await world.admin.ok("createPolicy", { body: { name: "feedback_days",
            region_code: COMMUNITY, value: 1, source: "会议纪要", valid_from: TODAY } });
        for (const count of [1, 2, 3]) {
            const record = await serve(world);
            const given = await say(resident, record.id, { rating: 2 });
            assert.equal(Date.parse(given.closes_at), Date.parse("2014-05-17T00:00:00+08:00"));
            assert.equal(given.revision, 1, `the ${count}. record`);
        }
        await weekBecomes(world, "frozen", FROZEN);
        await closeWeek(secretary);
        assert.deepEqual(numbers(await summary(volunteer)), [3, 200]);
        world.database.query("ALTER TABLE feedback DISABLE TRIGGER insert_only");
        world.database.query("DELETE FROM feedback WHERE id = (SELECT min(id::text)::uuid FROM feedback)");
        assert.deepEqual(numbers(await summary(volunteer)), [0, null]);
        assert.deepEqual(numbers(await summary(clerk)), [2, 200]);
        await tearDown();
    });
});

describe("listFeedback", () => {
    before(build);
    after(tearDown);

    test("has the lowest first, and narrows", async () => {
        for (const [rating, comment] of [[4, undefined], [1, "迟到"], [3, undefined]])
            await say(resident, (await serve(world)).id, { rating, comment });
        const ratings = async (query, by = world.admin) =>
            (await by.all("listFeedback", { query })).map((one) => one.rating);
        assert.deepEqual(await ratings({}), [1, 3, 4]);
        assert.deepEqual(await ratings({ sort: "given_at" }), [4, 1, 3]);
        assert.deepEqual(await ratings({ rating_max: 3 }), [1, 3]);
        assert.deepEqual(await ratings({ has_comment: true }), [1]);
        assert.deepEqual(await ratings({ via: "visit" }), []);
        assert.deepEqual(await ratings({ service_date_to: "2014-05-11" }), []);
        assert.deepEqual(await ratings({ service_date_from: "2014-05-12" }), [1, 3, 4]);
        assert.deepEqual(await ratings({ region_code: "371402002000" }), []);
        assert.deepEqual(await ratings({ volunteer_id: world.volunteers.helper.id }), []);
        assert.deepEqual(await ratings({ giver_id: world.persons.recipient.id }), [1, 3, 4]);
        assert.deepEqual(await ratings({}, world.as.siblingSecretary), []);
    });
});
