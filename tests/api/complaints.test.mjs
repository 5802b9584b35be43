// Complaints about volunteers: who makes them, who decides, and who knows what of them.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, test } from "node:test";

import { atCounter, draft, mayOf, serve, setClock } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, DISTRICT, SUBDISTRICT, TODAY, makeWorld } from "./lib/world.mjs";

const DUE = "2014-05-31T00:00:00+08:00"; // 15 full days after the 15th

let world, admin, secretary, clerk, resident, volunteer, subdistrict;

async function build() {
    world = await makeWorld();
    admin = world.admin;
    ({ secretary, clerk, resident, volunteer, subdistrictAdmin: subdistrict } = world.as);
}

async function tearDown() {
    commandOk(world.database.url, "reconcile");
    await world.close();
}

const bodyOf = (changes) => ({ volunteer_id: world.volunteers.server.id, matter: "absence",
    content: "约好九点,没有来", ...changes });
const complain = (by, changes) => by.ok("createComplaint", { body: bodyOf(changes) });
const refuse = (by, code, changes) =>
    by.refused("createComplaint", code, { body: bodyOf(changes) });
const read = (by, { id }) => by.ok("getComplaint", { path: { complaint_id: id } });
const ask = (by, { id }, verb, body) => by.call(verb, { path: { complaint_id: id }, body });
const decide = (by, { id }, decision = "uphold", reason = "经核实属实") =>
    by.ok("decideComplaint", { path: { complaint_id: id }, body: { decision, reason } });
const refuseDecision = (by, code, { id }) => by.refused("decideComplaint", code,
    { path: { complaint_id: id }, body: { decision: "uphold", reason: "属实" } });
const setAside = (by, { id }) => by.ok("setAsideComplaint",
    { path: { complaint_id: id }, body: { reason: "当事人当日住院" } });
const refuseSetAside = (by, code, { id }) => by.refused("setAsideComplaint", code,
    { path: { complaint_id: id }, body: { reason: "复核" } });
const of = (by, query) => by.all("listComplaints", { query });
const told = (one) => [one.complainant_id, one.complainant_name];

// Another administrator of the district or subdistrict.
const another = (role, region, name) => world.actor({ role, region, name });

describe("createComplaint", () => {
    before(build);
    after(tearDown);

    test("numbers the case, sets a deadline, and tells nobody who complained but those above", async () => {
        const record = await serve(world);
        const made = await complain(resident,
            { record_id: record.id, happened_on: "2014-05-14", matter: "manner" });
        assert.deepEqual([made.case_number, made.state, made.overdue, made.via, made.region_code],
            ["371402-TS2014-0001", "open", false, "app", COMMUNITY]);
        assert.equal(Date.parse(made.due_at), Date.parse(DUE));
        assert.deepEqual([...told(made), made.entered_by, made.volunteer_name],
            [null, null, null, "李*东"]);
        const { recipient } = world.persons;
        assert.deepEqual(await read(resident, made), { ...made, complainant_id: recipient.id,
            complainant_name: "冯有才", entered_by: resident.actor.user.id });
        for (const by of [subdistrict, admin]) {
            const seen = await read(by, made);
            assert.deepEqual([...told(seen), seen.record_id, seen.content, seen.volunteer_name],
                [recipient.id, "冯有才", record.id, made.content, "李卫东"]);
        }
        for (const by of [secretary, clerk, world.as.subdistrictClerk, world.as.officer,
            world.as.auditor]) {
            const seen = await read(by, made);
            assert.deepEqual([...told(seen), seen.entered_by, seen.content, seen.volunteer_name],
                [null, null, null, made.content, "李卫东"]);
            assert.doesNotMatch(JSON.stringify(await of(by)), /冯有才/);
        }
        const stranger = await another("resident", COMMUNITY, "路过人");
        await stranger.refused("getComplaint", "not_found", { path: { complaint_id: made.id } });
        assert.deepEqual(await of(stranger), []);
        await world.as.siblingSecretary.refused("getComplaint", "not_found",
            { path: { complaint_id: made.id } });
    });

    test("who is complained about sees that there is a case and what came of it", async () => {
        const record = await serve(world);
        const made = await complain(resident, { record_id: record.id, happened_on: TODAY });
        const seen = await read(volunteer, made);
        assert.deepEqual(
            [seen.case_number, seen.state, seen.matter, seen.volunteer_name, seen.content,
                seen.record_id, seen.happened_on, seen.via, seen.entered_by, ...told(seen)],
            [made.case_number, "open", "absence", "李卫东", ...Array(7).fill(null)]);
        assert.deepEqual(await of(volunteer, { record_id: record.id }), []);
        await decide(subdistrict, made);
        const after = await read(volunteer, made);
        assert.deepEqual([after.state, after.decision_reason, after.decided_by,
            after.decided_by_name], ["upheld", "经核实属实", null, null]);
        const { user } = volunteer.actor;
        const grant = await admin.ok("createGrant", { path: { user_id: user.id },
            body: { role: "community_clerk", region_code: COMMUNITY } });
        const { token } = await admin.ok("createToken",
            { body: { grant_id: grant.id, label: "本人兼社区干事" } });
        const asClerk = world.anyone.as(token);
        assert.equal((await read(asClerk, made)).content, null);
        assert.deepEqual(await of(asClerk, { record_id: record.id }), []);
        await refuse(asClerk, "entered_by_server", { complainant_name: "李大妈" });
    });

    test("is typed for a person, or by name for somebody who is not registered", async () => {
        const { daughter } = world.persons;
        const known = await complain(clerk, { complainant_id: daughter.id, via: "phone" });
        assert.deepEqual([known.via, known.entered_by, ...told(known)],
            ["phone", clerk.actor.user.id, null, null]);
        assert.deepEqual(told(await read(subdistrict, known)), [daughter.id, "冯小红"]);
        const named = await complain(clerk, { complainant_name: "李大妈" });
        assert.deepEqual([named.via, ...told(await read(subdistrict, named))],
            ["counter", null, "李大妈"]);
        await refuse(clerk, "complainant_does_not_fit", {});
        await refuse(clerk, "complainant_does_not_fit",
            { complainant_id: daughter.id, complainant_name: "冯小红" });
        await refuse(clerk, "complainant_unknown", { complainant_id: randomUUID() });
        await refuse(resident, "complainant_does_not_fit", { complainant_name: "别人" });
        await refuse(resident, "complainant_does_not_fit", { complainant_id: daughter.id });
        await complain(resident, { complainant_id: world.persons.recipient.id });
        await refuse(clerk, "complainant_is_volunteer",
            { complainant_id: world.persons.server.id });
        await refuse(volunteer, "complainant_is_volunteer");
    });

    test("is about a volunteer whom one knows, and his own record", async () => {
        const name = { complainant_name: "李大妈" };
        await refuse(clerk, "not_found", { ...name, volunteer_id: randomUUID() });
        await refuse(clerk, "not_found",
            { ...name, volunteer_id: world.volunteers.siblingServer.id });
        await refuse(clerk, "not_found", { ...name, record_id: randomUUID() });
        const far = await complain(resident, { volunteer_id: world.volunteers.siblingServer.id });
        assert.equal(far.region_code, "371402001002");
        const record = await serve(world);
        await refuse(clerk, "record_of_another",
            { ...name, record_id: record.id, volunteer_id: world.volunteers.helper.id });
        const { id } = await draft(world);
        await refuse(clerk, "record_not_attested", { ...name, record_id: id });
        await refuse(clerk, "date_in_future", { ...name, happened_on: "2014-05-16" });
        await complain(clerk, { ...name, happened_on: TODAY });
    });

    test("numbers are given once, without gap", async () => {
        const first = await complain(resident);
        const made = await Promise.all(Array.from({ length: 6 }, () => complain(resident)));
        await refuse(clerk, "complainant_does_not_fit", {});
        const last = await complain(resident);
        const numberOf = ({ case_number }) => Number(case_number.slice(-4));
        assert.deepEqual([...made.map(numberOf), numberOf(last)].sort((a, b) => a - b),
            Array.from({ length: 7 }, (_, i) => numberOf(first) + 1 + i));
    });
});

describe("decideComplaint", () => {
    beforeEach(build);

    test("is by the subdistrict, once", async () => {
        const made = await complain(resident);
        await refuseDecision(world.as.farAdmin, "not_found", made);
        const refused = await refuseDecision(admin, "subdistrict_decides", made);
        assert.deepEqual(mayOf(refused), [`subdistrict_admin ${SUBDISTRICT}`]);
        const upheld = await decide(subdistrict, made);
        assert.deepEqual([upheld.state, upheld.decision_reason, upheld.decided_by,
            upheld.decided_by_name, ...told(upheld)],
        ["upheld", "经核实属实", subdistrict.actor.person.id, "冯建国", null, null]);
        await refuseDecision(subdistrict, "complaint_decided", made);
        const other = await complain(resident);
        const dismissed = await decide(subdistrict, other, "dismiss", "已提前请假");
        assert.equal(dismissed.state, "dismissed");
        const third = await complain(resident);
        const answers = await Promise.all(["uphold", "dismiss", "uphold", "dismiss"].map(
            (decision) => ask(subdistrict, third, "decideComplaint",
                { decision, reason: "核实" })));
        assert.deepEqual(answers.map((one) => one.status).sort(), [200, 409, 409, 409]);
        await tearDown();
    });

    test("is not by a party, its family, or who had a part; then the district decides", async () => {
        const admins = { party: subdistrict.actor.person };
        const own = await complain(clerk, { complainant_id: admins.party.id });
        const refused = await refuseDecision(subdistrict, "decider_is_party", own);
        assert.deepEqual(mayOf(refused), [`district_admin ${DISTRICT}`]);
        assert.deepEqual(told(await read(world.as.subdistrictClerk, own)), [null, null]);

        const record = await atCounter(world, { attestation: { method: "paper",
            attester_id: subdistrict.actor.person.id, capacity: "family_proxy",
            relation: "侄子" } });
        const signed = await complain(resident, { record_id: record.id });
        await refuseDecision(subdistrict, "decider_had_part", signed);
        assert.equal((await read(subdistrict, signed)).complainant_name, null);

        await admin.ok("createKinship", { body: { person_id: world.persons.server.id,
            relative_id: subdistrict.actor.person.id, relation: "sibling" } });
        const kin = await complain(resident);
        await refuseDecision(subdistrict, "decider_is_family", kin);
        assert.equal((await decide(admin, kin)).state, "upheld");

        await admin.ok("moveResidence", { path: { person_id: subdistrict.actor.person.id },
            body: { region_code: COMMUNITY, household_id: world.households.recipients.id,
                valid_from: "2014-05-15" } });
        const helper = await complain(resident, { volunteer_id: world.volunteers.helper.id });
        await refuseDecision(subdistrict, "decider_is_family", helper);
        const second = await another("subdistrict_admin", SUBDISTRICT, "韩主任");
        await refuseDecision(admin, "subdistrict_decides", helper);
        assert.equal((await decide(second, helper, "dismiss", "无据")).state, "dismissed");
        await tearDown();
    });

    test("an upheld one is set aside by the district, once, by another person", async () => {
        const made = await complain(resident);
        await refuseSetAside(admin, "complaint_not_upheld", made);
        await decide(subdistrict, made);
        await subdistrict.refused("setAsideComplaint", "role_not_allowed",
            { path: { complaint_id: made.id }, body: { reason: "复核" } });
        const gone = await setAside(admin, made);
        assert.deepEqual([gone.state, gone.set_aside_reason, gone.decision_reason],
            ["set_aside", "当事人当日住院", "经核实属实"]);
        const seen = await read(volunteer, made);
        assert.deepEqual([seen.state, seen.set_aside_reason, seen.set_aside_by],
            ["set_aside", "当事人当日住院", null]);
        await refuseSetAside(admin, "complaint_not_upheld", made);
        await refuseDecision(subdistrict, "complaint_decided", made);
        const dismissed = await complain(resident);
        await decide(subdistrict, dismissed, "dismiss");
        await refuseSetAside(admin, "complaint_not_upheld", dismissed);

        const own = await complain(clerk, { complainant_id: subdistrict.actor.person.id });
        const second = await another("district_admin", DISTRICT, "区管理员");
        await decide(second, own);
        await refuseSetAside(second, "set_aside_by_decider", own);
        const kin = await another("district_admin", DISTRICT, "区管理员之二");
        await admin.ok("createKinship", { body: { person_id: world.persons.server.id,
            relative_id: kin.actor.person.id, relation: "child" } });
        await refuseSetAside(kin, "decider_is_family", own);
        await setAside(admin, own);
        await tearDown();
    });
});

describe("what is open", () => {
    before(build);
    after(tearDown);

    test("narrows by state, waits for its decider, and becomes overdue", async () => {
        const open = await complain(resident, { matter: "lateness" });
        const other = await complain(resident, { volunteer_id: world.volunteers.helper.id });
        await decide(subdistrict, other);
        const ids = async (query, by = admin) => (await of(by, query)).map((one) => one.id);
        assert.deepEqual(await ids({ state: "open" }), [open.id]);
        assert.deepEqual(await ids({ state: "upheld" }), [other.id]);
        assert.deepEqual(await ids({ matter: "lateness" }), [open.id]);
        assert.deepEqual(await ids({ case_number: other.case_number }), [other.id]);
        assert.deepEqual(await ids({ volunteer_id: world.volunteers.helper.id }), [other.id]);
        assert.deepEqual(await ids({ region_code: "371402002000" }), []);
        assert.deepEqual(await ids({}, volunteer), [open.id]);
        const { data: [waiting] } = await subdistrict.ok("listMyWork",
            { query: { kind: "decide_complaint" } });
        assert.deepEqual([waiting.subject_id, waiting.server_name, waiting.reason],
            [open.id, "李卫东", open.content]);
        assert.equal(waiting.due_at, open.due_at);
        assert.deepEqual((await secretary.all("listMyWork")).filter(
            (one) => one.kind === "decide_complaint"), []);
        assert.deepEqual(await ids({ overdue: true }), []);
        await setClock(world, "2014-05-30T23:59:59+08:00");
        assert.equal((await read(admin, open)).overdue, false);
        await setClock(world, DUE);
        assert.deepEqual(await ids({ overdue: true }), [open.id]);
        assert.equal((await read(volunteer, open)).overdue, true);
        assert.deepEqual(await ids({ overdue: false }), [other.id]);
        await decide(subdistrict, open, "dismiss");
        assert.deepEqual(await ids({ overdue: true }), []);
    });
});
