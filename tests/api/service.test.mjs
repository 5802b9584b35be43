// A service record from the draft to its evidence, and all that is refused on the way.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import {
    atCounter, counterBody, draft, draftBody, freeTime, mayOf, passbookOf,
    register, serve,
} from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import {
    COMMUNITY, SIBLING, SUBDISTRICT, TODAY, WEEK, makeWorld,
} from "./lib/world.mjs";

const HOUR = { starts_at: "2014-05-14T09:00:00+08:00", ends_at: "2014-05-14T10:00:00+08:00" };

let world, leader, clerk;

before(async () => {
    world = await makeWorld();
    ({ leader, clerk } = world.as);
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const refuseDraft = (code, changes, by = leader) =>
    by.refused("createServiceRecord", code, { body: draftBody(world, changes) });
const paper = (changes) => ({
    method: "paper", sheet_number: "12", attester_id: world.persons.recipient.id, capacity: "recipient", ...changes,
});
const sign = (id, body, by = leader) => by.ok("attestServiceRecord", { path: { id }, body });
const refuseSignature = (code, id, body, by = leader) =>
    by.refused("attestServiceRecord", code, { path: { id }, body });
const read = (id) => clerk.ok("getServiceRecord", { path: { id } });
const helperBook = () => passbookOf(clerk, world.volunteers.helper);

// A volunteer of whom nothing is recorded yet.
const fresh = (name) => world.newVolunteer(name);

async function attested(changes) {
    const { id } = await draft(world, changes);
    return sign(id, paper());
}

describe("createServiceRecord", () => {
    test("day and minutes follow from the clock times", async () => {
        const made = await draft(world, HOUR);
        assert.equal(made.status, "draft");
        assert.equal(made.service_date, "2014-05-14");
        assert.equal(made.minutes, 60);
        assert.equal(made.time_precision, "minute");
        assert.equal(made.server_id, world.persons.server.id);
        assert.equal(made.pending_minutes, 0);
        assert.deepEqual(await read(made.id), made);
    });

    test("a night counts for the day of its start", async () => {
        const made = await draft(world,
            { starts_at: "2014-05-13T22:00:00+08:00", ends_at: "2014-05-13T17:30:00Z" });
        assert.equal(made.service_date, "2014-05-13");
        assert.equal(made.minutes, 210);
    });

    test("without clock times day and minutes are given", async () => {
        const made = await draft(world, { service_date: "2014-05-14", minutes: 45 });
        assert.equal(made.time_precision, "day");
        assert.equal(made.starts_at, null);
    });

    test("a leader's team is meant when none is named, and no other is his", async () => {
        const made = await draft(world, { team_id: undefined });
        assert.equal(made.team_id, world.team.id);
        await refuseDraft("not_found", { team_id: world.siblingTeam.id });
    });

    for (const [what, code, changes] of [
        ["half of the clock times", "service_times_incomplete", { starts_at: HOUR.starts_at }],
        ["no day", "service_date_missing", { starts_at: null, minutes: 30 }],
        ["the end before the start", "service_times_reversed",
            { starts_at: HOUR.ends_at, ends_at: HOUR.starts_at }],
        ["no time at all", "service_times_reversed",
            { starts_at: HOUR.starts_at, ends_at: HOUR.starts_at }],
        ["24 hours and a minute", "service_too_long",
            { starts_at: "2014-05-12T09:00:00+08:00", ends_at: "2014-05-13T09:01:00+08:00" }],
        ["a day without minutes", "service_minutes_missing", { service_date: "2014-05-14" }],
        ["more minutes than the clock", "minutes_exceed_times", { ...HOUR, minutes: 61 }],
        ["an end still to come", "service_in_future",
            { starts_at: "2014-05-15T11:00:00+08:00", ends_at: "2014-05-15T11:08:00+08:00" }],
        ["tomorrow", "service_in_future", { service_date: "2014-05-16", minutes: 30 }],
        ["before joining", "service_before_joining", { service_date: "2014-03-09", minutes: 30 }],
        ["an unknown volunteer", "volunteer_unknown", { volunteer_id: randomUUID() }],
        ["an unknown category", "category_not_in_force", { category_code: "no_such" }],
        ["an unknown recipient", "recipient_unknown", { recipient_person_id: randomUUID() }],
        ["an unknown assignment", "assignment_not_of_volunteer", { assignment_id: randomUUID() }],
        ["a person for a group", "recipient_does_not_fit", { recipient_kind: "group" }],
        ["no household for a household", "recipient_does_not_fit", { recipient_kind: "household" }],
    ])
        test(`is refused: ${what}`, async () => {
            const body = draftBody(world, changes);
            for (const [name, value] of Object.entries(body)) if (value === null) delete body[name];
            await leader.refused("createServiceRecord", code, { body });
        });

    test("exactly 24 hours are one record", async () => {
        const made = await draft(world,
            { starts_at: "2014-05-12T09:00:00+08:00", ends_at: "2014-05-13T09:00:00+08:00" });
        assert.equal(made.minutes, 1440);
    });

    test("what is organised is organised by a community", async () => {
        await refuseDraft("region_not_community",
            { region_code: SUBDISTRICT, team_id: undefined }, world.as.subdistrictClerk);
        await refuseDraft("not_found", { region_code: SIBLING }, clerk);
    });

    test("own household and close family earn nothing", async () => {
        const family = (volunteer_id, recipient) =>
            refuseDraft("recipient_is_family", { volunteer_id, ...recipient }, clerk);
        const { server } = world.volunteers;
        const { spouse, recipient, daughter } = world.persons;
        await family(server.id, { recipient_person_id: spouse.id });
        await family(server.id, { recipient_person_id: world.persons.server.id });
        await family(server.id, {
            recipient_kind: "household", recipient_person_id: undefined,
            recipient_household_id: world.households.servers.id,
        });
        const asVolunteer = await world.volunteer(daughter.id);
        await family(asVolunteer.id, { recipient_person_id: recipient.id });
        await family(asVolunteer.id, {
            recipient_kind: "household", recipient_person_id: undefined,
            recipient_household_id: world.households.recipients.id,
        });
    });

    test("who served does not enter it", async () => {
        const { leader: himself } = world.volunteers;
        await refuseDraft("entered_by_server", { volunteer_id: himself.id });
    });

    test("the dead are not served, and who left does not serve", async () => {
        const dead = await world.person({ name: "故人" });
        await clerk.ok("reportDeath",
            { path: { person_id: dead.id }, body: { died_on: "2014-05-13" } });
        await refuseDraft("recipient_deceased", { recipient_person_id: dead.id, ...HOUR });
        const gone = await fresh("离队人");
        await clerk.ok("leaveVolunteer",
            { path: { volunteer_id: gone.id }, body: { reason: "迁出", left_on: "2014-05-13" } });
        await refuseDraft("volunteer_has_left", { volunteer_id: gone.id, ...HOUR });
    });

    test("a dissolved team serves no more", async () => {
        const team = await clerk.ok("createTeam",
            { body: { region_code: COMMUNITY, name: "旧队", kind: "arts",
                founded_on: "2014-04-01" } });
        await clerk.ok("dissolveTeam",
            { path: { team_id: team.id }, body: { dissolved_on: "2014-05-14" } });
        await refuseDraft("team_not_active", { team_id: team.id, ...HOUR }, clerk);
    });
});

describe("a draft may be changed and thrown away", () => {
    test("updateServiceRecord counts the version and judges the whole again", async () => {
        const made = await draft(world, HOUR);
        const path = { id: made.id };
        const patch = (match, body) => ({ path, match, body });
        const changed = await leader.ok("updateServiceRecord", patch(1, { minutes: 45 }));
        assert.deepEqual(changed, { ...made, minutes: 45, version: 2 });
        await leader.refused("updateServiceRecord", "version_mismatch", patch(1, { minutes: 30 }));
        await leader.refused("updateServiceRecord", "minutes_exceed_times",
            patch(2, { minutes: 61 }));
        const whole = await leader.ok("updateServiceRecord", patch(2, { minutes: null }));
        assert.equal(whole.minutes, 60);
        assert.deepEqual(await read(made.id), whole);
    });

    test("discardServiceRecord leaves nothing; what is signed is voided instead", async () => {
        const made = await draft(world);
        const gone = await leader.ok("discardServiceRecord", { path: { id: made.id } });
        assert.equal(gone.status, "discarded");
        await leader.refused("getServiceRecord", "not_found", { path: { id: made.id } });
        const signed = await attested();
        const path = { id: signed.id };
        await leader.refused("discardServiceRecord", "already_attested", { path });
        await leader.refused("updateServiceRecord", "already_attested",
            { path, match: signed.version, body: { minutes: 1 } });
    });
});

describe("attesting on paper", () => {
    test("fewer minutes may be signed for, more not", async () => {
        const { id } = await draft(world);
        await refuseSignature("minutes_exceed_draft", id, paper({ minutes: 61 }));
        assert.equal((await sign(id, paper({ minutes: 40 }))).minutes, 40);
    });

    test("a household is signed for by a member", async () => {
        const { id } = await draft(world, {
            recipient_kind: "household", recipient_person_id: undefined,
            recipient_household_id: world.households.recipients.id,
        });
        await refuseSignature("capacity_does_not_fit", id,
            paper({ attester_id: world.persons.helper.id }));
        await sign(id, paper());
    });

    test("a proxy says how he is related", async () => {
        const { id } = await draft(world);
        const proxy = paper({ attester_id: world.persons.daughter.id, capacity: "family_proxy" });
        await refuseSignature("capacity_does_not_fit", id, proxy);
        const signed = await sign(id, { ...proxy, relation: "女儿" });
        const evidence = await clerk.ok("getServiceRecordEvidence", { path: { id: signed.id } });
        assert.equal(evidence.chain[0].note, "女儿");
        assert.equal(evidence.chain[0].capacity, "family_proxy");
    });

    test("a thumbprint is witnessed by a third person", async () => {
        const { id } = await draft(world);
        const thumb = (witness) => paper({ method: "thumbprint",
            ...(witness && { witness_id: witness.id }) });
        const { recipient, spouse, server, helper } = world.persons;
        await refuseSignature("witness_missing", id, thumb());
        for (const unfit of [recipient, server, spouse, { id: randomUUID() }])
            await refuseSignature("witness_does_not_fit", id, thumb(unfit));
        await sign(id, thumb(helper));
    });

    test("the public is signed for by two residents, or by an officer", async () => {
        const patrol = { recipient_kind: "public", recipient_person_id: undefined,
            recipient_label: "全体居民", category_code: "patrol" };
        const one = await draft(world, { ...patrol, category_code: "performance" });
        const witness = paper({ attester_id: world.persons.helper.id, capacity: "witness" });
        await refuseSignature("second_attester_missing", one.id, witness);
        await refuseSignature("second_attester_missing", one.id,
            { ...witness, second_attester_id: world.persons.helper.id });
        await sign(one.id, { ...witness, second_attester_id: world.persons.daughter.id });
        const evidence = await clerk.ok("getServiceRecordEvidence", { path: { id: one.id } });
        assert.equal(evidence.chain.length, 2);
        const other = await draft(world, patrol);
        await refuseSignature("capacity_does_not_fit", other.id, paper());
        await sign(other.id, paper({ capacity: "partner_unit" }));
    });

    test("where nobody single is served, each category has those who sign for it", async () => {
        const served = (category_code) => ({ recipient_kind: "group", recipient_label: "居民",
            recipient_person_id: undefined, category_code, service_date: TODAY, minutes: 1 });
        const signs = {
            patrol: ["partner_unit"], legal_lecture: ["venue_keeper", "witness"],
            performance: ["venue_keeper", "witness"], blackboard: ["committee_member"],
            lunch_table: ["guardian"],
            heart_talk: ["guardian", "partner_unit", "venue_keeper", "committee_member",
                "organiser", "witness"],
        };
        const signature = (capacity) => paper({ capacity, relation: "祖父",
            attester_id: world.persons.helper.id, second_attester_id: world.persons.daughter.id });
        for (const [category, capacities] of Object.entries(signs))
            for (const capacity of signs.heart_talk) {
                const { id } = await draft(world, served(category));
                if (capacities.includes(capacity)) {
                    await sign(id, signature(capacity));
                } else {
                    const { args } =
                        await refuseSignature("capacity_not_of_category", id, signature(capacity));
                    assert.deepEqual(args, { category_code: category, capacity, capacities });
                    await leader.ok("discardServiceRecord", { path: { id } });
                }
            }
    });

    test("a district or community may say otherwise, from a day on", async () => {
        const policy = (value, valid_from) => world.admin.ok("createPolicy", { body: {
            name: "attester_capacities", region_code: COMMUNITY, value, source: "会议纪要",
            valid_from } });
        const patrol = (service_date) => draft(world, { recipient_kind: "public",
            recipient_person_id: undefined, recipient_label: "居民", category_code: "patrol",
            service_date, minutes: 1 });
        await policy({ patrol: ["organiser"] }, "2014-05-13");
        const before = await patrol("2014-05-12");
        await refuseSignature("capacity_not_of_category", before.id, paper({ capacity: "organiser" }));
        const since = await patrol("2014-05-13");
        await sign(since.id, paper({ capacity: "organiser" }));
    });

    test("nobody signs who had died by then", async () => {
        const late = await world.person({ name: "已故人" });
        await world.admin.ok("reportDeath",
            { path: { person_id: late.id }, body: { died_on: "2014-05-01" } });
        const { id } = await draft(world);
        const by = { capacity: "family_proxy", relation: "妹妹", attester_id: late.id };
        const { args } = await refuseSignature("attester_deceased", id, paper(by));
        assert.equal(args.died_on, "2014-05-01");
        await refuseSignature("witness_does_not_fit", id,
            { ...paper(), method: "thumbprint", witness_id: late.id });
    });

    test("neither the server nor his household signs", async () => {
        const { id } = await draft(world);
        const by = (person) =>
            paper({ attester_id: person.id, capacity: "family_proxy", relation: "邻居" });
        await refuseSignature("attester_is_server", id, by(world.persons.server));
        await refuseSignature("attester_of_servers_household", id, by(world.persons.spouse));
        await refuseSignature("attester_unknown", id, by({ id: randomUUID() }));
        await refuseSignature("attester_missing", id, { method: "paper" });
    });

    test("paper is typed at the counter, not by the person served", async () => {
        const { id } = await draft(world);
        await refuseSignature("paper_at_counter_only", id, paper(), world.as.resident);
    });
});

describe("a volunteer is in one place at a time", () => {
    const at = (volunteer, from, to) => draft(world, {
        volunteer_id: volunteer.id, starts_at: `2014-05-13T${from}:00+08:00`,
        ends_at: `2014-05-13T${to}:00+08:00`,
    });

    test("overlaps are refused and name the other, back to back is allowed", async () => {
        const volunteer = await fresh("时间一");
        const first = await at(volunteer, "09:00", "10:00");
        await sign(first.id, paper());
        for (const [from, to] of [["09:30", "10:30"], ["08:00", "09:01"], ["09:15", "09:45"],
            ["08:00", "11:00"]]) {
            const { id } = await at(volunteer, from, to);
            const problem = await refuseSignature("time_overlap", id, paper());
            assert.equal(problem.args.record_id, first.id);
        }
        for (const [from, to] of [["08:00", "09:00"], ["10:00", "11:00"]])
            await sign((await at(volunteer, from, to)).id, paper());
    });

    test("days without clock times hold 24 hours", async () => {
        const volunteer = await fresh("时间二");
        const day = (minutes) => draft(world,
            { volunteer_id: volunteer.id, service_date: "2014-05-13", minutes });
        await sign((await day(1000)).id, paper());
        const { id } = await day(441);
        const problem = await refuseSignature("day_exceeded", id, paper());
        assert.equal(problem.args.minutes, 1000);
        await sign(id, paper({ minutes: 440 }));
    });

    test("a void makes room", async () => {
        const volunteer = await fresh("时间三");
        const first = await at(volunteer, "09:00", "10:00");
        await sign(first.id, paper());
        const second = await at(volunteer, "09:30", "10:30");
        await refuseSignature("time_overlap", second.id, paper());
        await leader.ok("voidServiceRecord", { path: { id: first.id }, body: { reason: "重复" } });
        await sign(second.id, paper());
    });
});

describe("registerServiceRecord", () => {
    test("credits provisionally in the week of the service", async () => {
        const earlier = await helperBook();
        const { id } = await attested({ volunteer_id: world.volunteers.helper.id });
        const done = await register(world, id);
        assert.equal(done.status, "registered");
        assert.equal(done.book_week, WEEK);
        assert.equal(done.registrar_id, world.persons.leader.id);
        const book = await helperBook();
        assert.equal(book.pending_minutes, earlier.pending_minutes + 60);
        assert.equal(book.balance_minutes, earlier.balance_minutes);
        await leader.refused("registerServiceRecord", "already_registered",
            { path: { id }, body: {} });
    });

    test("after the day of its end it is late; a service of a settled week enters the oldest open",
        async () => {
            const { id } = await attested({ volunteer_id: world.volunteers.helper.id,
                starts_at: "2014-05-07T09:00:00+08:00", ends_at: "2014-05-07T09:30:00+08:00" });
            const done = await register(world, id);
            assert.equal(done.registered_late, true);
            assert.equal(done.book_week, WEEK);
            assert.equal(done.service_date, "2014-05-07");
        });

    test("a night is registered in time on the day of its end", async () => {
        const { id } = await attested({ volunteer_id: world.volunteers.helper.id,
            starts_at: "2014-05-14T22:00:00+08:00", ends_at: "2014-05-15T02:00:00+08:00" });
        assert.equal((await register(world, id)).registered_late, false);
    });

    test("a clerk types for a named registrar, and does not register himself", async () => {
        const { id } = await attested();
        const request = (registrar_id) =>
            ({ path: { id }, body: registrar_id ? { registrar_id } : {} });
        const refused = await clerk.refused("registerServiceRecord", "registrar_not_entitled",
            request());
        assert.deepEqual(mayOf(refused), [`community_secretary ${COMMUNITY}`,
            `residents_group_head ${COMMUNITY}`, `team_leader ${COMMUNITY}`]);
        const head = world.as.head.actor.person.id;
        assert.equal((await clerk.ok("registerServiceRecord", request(head))).registrar_id, head);
    });

    test("neither attester nor household registers, nor another team's leader", async () => {
        const { id } = await draft(world);
        await sign(id, paper({ attester_id: world.as.head.actor.person.id,
            capacity: "family_proxy", relation: "楼长" }));
        const refuse = (code, registrar_id) =>
            clerk.refused("registerServiceRecord", code, { path: { id }, body: { registrar_id } });
        await refuse("registrar_is_attester", world.as.head.actor.person.id);
        await refuse("registrar_is_server", world.persons.server.id);
        await refuse("registrar_of_servers_household", world.persons.spouse.id);
        await refuse("registrar_not_entitled", world.persons.siblingLeader.id);
        await refuse("registrar_not_entitled", world.as.siblingSecretary.actor.person.id);
    });

    test("what nobody signed is not registered", async () => {
        const { id } = await draft(world);
        await leader.refused("registerServiceRecord", "record_not_attested",
            { path: { id }, body: {} });
    });

    test("without a passbook nothing can be credited", async () => {
        const volunteer = await fresh("无证人");
        const { id } = await attested({ volunteer_id: volunteer.id, ...HOUR });
        world.database.query(
            `UPDATE passbooks SET state = 'closed' WHERE id = '${volunteer.passbook_id}'`);
        await leader.refused("registerServiceRecord", "passbook_missing",
            { path: { id }, body: {} });
    });
});

describe("recordServiceAtCounter", () => {
    test("drafts, signs and registers at once", async () => {
        const record = await atCounter(world);
        assert.equal(record.status, "registered");
        const { chain } = await clerk.ok("getServiceRecordEvidence", { path: { id: record.id } });
        assert.deepEqual(chain.map((one) => [one.duty, one.person_id]), [
            ["attester", world.persons.recipient.id], ["registrar", world.persons.leader.id]]);
        assert.ok(chain.every((one) => one.entered_by === clerk.actor.user.id));
    });

    for (const [what, code, changes] of [
        ["the draft", "minutes_exceed_times", () => ({ ...HOUR, minutes: 61 })],
        ["the order of the times", "service_times_reversed", () => ({
            starts_at: HOUR.ends_at, ends_at: HOUR.starts_at })],
        ["the signature", "attester_is_server", (volunteer) => ({ attestation: paper({
            attester_id: volunteer.person_id }) })],
        ["the registration", "registrar_is_attester", () => ({
            registrar_id: world.persons.recipient.id })],
        ["the clerk's own registration", "registrar_not_entitled", () => ({
            registrar_id: world.as.clerk.actor.person.id })],
    ])
        test(`a refusal of ${what} leaves nothing behind`, async () => {
            const volunteer = await fresh("柜台");
            await clerk.refused("recordServiceAtCounter", code,
                { body: counterBody(world,
                    { volunteer_id: volunteer.id, ...changes(volunteer) }) });
            const query = { volunteer_id: volunteer.id };
            assert.deepEqual((await clerk.ok("listServiceRecords", { query })).data, []);
            assert.equal((await passbookOf(clerk, volunteer)).pending_minutes, 0);
        });

    test("an overlap is refused here as well", async () => {
        const time = freeTime(world);
        await atCounter(world, time);
        await clerk.refused("recordServiceAtCounter", "time_overlap",
            { body: counterBody(world, time) });
    });
});

describe("voidServiceRecord", () => {
    test("takes the pending minutes back, says why, and ends the record", async () => {
        const earlier = await helperBook();
        const record = await serve(world, { volunteer_id: world.volunteers.helper.id });
        const path = { id: record.id };
        const gone = await leader.ok("voidServiceRecord", { path, body: { reason: "重复录入" } });
        assert.equal(gone.status, "void");
        assert.equal((await helperBook()).pending_minutes, earlier.pending_minutes);
        await leader.refused("voidServiceRecord", "record_ended", { path, body: { reason: "x" } });
        await leader.refused("replaceServiceRecord", "record_ended",
            { path, body: { content: "x" } });
        const { chain } = await clerk.ok("getServiceRecordEvidence", { path });
        assert.equal(chain.at(-1).duty, "voider");
        assert.equal(chain.at(-1).note, "重复录入");
    });

    test("a draft is thrown away instead", async () => {
        const { id } = await draft(world);
        await leader.refused("voidServiceRecord", "record_not_attested",
            { path: { id }, body: { reason: "x" } });
    });
});

describe("replaceServiceRecord", () => {
    test("only the new signature ends the old record", async () => {
        const earlier = await helperBook();
        const old = await serve(world, { volunteer_id: world.volunteers.helper.id });
        const made = await leader.ok("replaceServiceRecord",
            { path: { id: old.id }, body: { minutes: 30, content: "陪同买药" } });
        assert.equal(made.status, "draft");
        assert.equal(made.replaces_id, old.id);
        assert.equal((await read(old.id)).status, "registered");
        await sign(made.id, paper());
        assert.equal((await read(old.id)).status, "replaced");
        assert.equal((await helperBook()).pending_minutes, earlier.pending_minutes);
        await register(world, made.id);
        assert.equal((await helperBook()).pending_minutes, earlier.pending_minutes + 30);
        const evidence = await clerk.ok("getServiceRecordEvidence", { path: { id: old.id } });
        assert.equal(evidence.replaced_by_id, made.id);
    });

    test("keeps the time of the old, and the old when the new is not signed", async () => {
        const old = await attested();
        const made = await leader.ok("replaceServiceRecord",
            { path: { id: old.id }, body: { place: "广场" } });
        await leader.ok("discardServiceRecord", { path: { id: made.id } });
        assert.equal((await read(old.id)).status, "attested");
        const rival = await draft(world, { starts_at: old.starts_at, ends_at: old.ends_at });
        await refuseSignature("time_overlap", rival.id, paper());
    });
});

describe("listServiceRecords", () => {
    const ids = (by, query) =>
        by.all("listServiceRecords", { query }).then((rows) => rows.map((row) => row.id));

    test("narrows by state, day, volunteer, category and recipient", async () => {
        const volunteer = await fresh("筛选");
        const record = await atCounter(world, { volunteer_id: volunteer.id, ...HOUR,
            category_code: "medical" });
        const mine = { volunteer_id: volunteer.id };
        assert.deepEqual(await ids(clerk, { ...mine, status: "registered" }), [record.id]);
        assert.deepEqual(await ids(clerk, { ...mine, status: "verified" }), []);
        assert.deepEqual(await ids(clerk, { ...mine, category_code: "medical",
            service_date_from: "2014-05-14", service_date_to: "2014-05-14",
            recipient_person_id: world.persons.recipient.id, team_id: world.team.id }),
                [record.id]);
        assert.deepEqual(await ids(clerk, { ...mine, service_date_from: TODAY }), []);
    });

    test("a leader sees what his team did", async () => {
        const other = await atCounter(world, { team_id: undefined,
            registrar_id: world.as.head.actor.person.id });
        assert.equal(other.team_id, null);
        assert.ok(!(await ids(leader)).includes(other.id));
        assert.ok((await ids(world.as.secretary)).includes(other.id));
    });
});
