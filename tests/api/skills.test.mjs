// Skills: the district's catalogue, what volunteers can do, and the register of it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { COMMUNITY, SIBLING, TODAY, makeWorld } from "./lib/world.mjs";

const TOMORROW = "2014-05-16";

let world, clerk;

before(async () => {
    world = await makeWorld();
    clerk = world.as.clerk;
});
after(() => world.close());

const of = (volunteer, more) => ({ path: { volunteer_id: volunteer.id, ...more } });
const add = (volunteer, body) =>
    ({ ...of(volunteer), body: { skill_code: "law", level: 2, ...body } });
const row = (volunteer, skill, body) =>
    ({ ...of(volunteer, { volunteer_skill_id: skill.id }), ...(body && { body }) });
const levels = async (volunteer, query) =>
    (await clerk.ok("listVolunteerSkills", { ...of(volunteer), query })).data.map(
        (one) => [one.skill_code, one.level]);

describe("the catalogue", () => {
    test("is there from the founding, and read by everybody", async () => {
        const { data } = await world.as.resident.ok("listSkills", { query: { field: "health" } });
        assert.deepEqual(data.map((skill) => skill.skill_code),
            ["first_aid", "medicine", "nursing"]);
        assert.ok(data.every((skill) => skill.needs_certificate));
    });

    test("grows, is renamed and ends from a day on", async () => {
        const body = { skill_code: "paper_cutting", field: "culture", name: "剪纸",
            valid_from: "2014-05-01" };
        const made = await world.admin.ok("createSkill", { body });
        assert.equal(made.needs_certificate, false);
        await world.admin.refused("createSkill", "skill_code_taken", { body });
        const path = { skill_code: "paper_cutting" };
        const renamed = await world.admin.ok("renameSkill",
            { path, match: 1, body: { name: "剪纸艺术", valid_from: "2014-05-10" } });
        assert.equal(renamed.version, 2);
        const nameOn = async (as_of) =>
            (await clerk.ok("getSkill", { path, query: { as_of } })).name;
        assert.deepEqual([await nameOn("2014-05-09"), await nameOn("2014-05-10")],
            ["剪纸", "剪纸艺术"]);
        await world.admin.refused("renameSkill", "not_valid_then",
            { path, match: 2, body: { name: "x", valid_from: "2014-04-30" } });
        await world.admin.refused("endSkill", "version_mismatch", { path, match: 1, body: {} });
        const ended = await world.admin.ok("endSkill",
            { path, match: 2, body: { valid_to: TODAY } });
        assert.equal(ended.valid_to, TODAY);
        const volunteer = await world.newVolunteer("剪纸人");
        const refused = await clerk.refused("addVolunteerSkill", "skill_not_in_force",
            add(volunteer, { skill_code: "paper_cutting" }));
        assert.equal(refused.args.skill_code, "paper_cutting");
    });
});

describe("a volunteer's skill", () => {
    test("is added once at a time and read by who leads the volunteer", async () => {
        const { helper } = world.volunteers;
        const skill = await clerk.ok("addVolunteerSkill", add(helper, { evidence: "退休法官" }));
        assert.deepEqual([skill.skill_name, skill.valid_from, skill.verified_by],
            ["法律", TODAY, null]);
        await clerk.refused("addVolunteerSkill", "skill_already_held", add(helper));
        assert.deepEqual(await world.as.leader.ok("getVolunteerSkill", row(helper, skill)), skill);
        await world.as.siblingLeader.refused("getVolunteerSkill", "not_found", row(helper, skill));
    });

    test("needs the certificate where the skill does, and all of it", async () => {
        const volunteer = await world.newVolunteer("护士");
        const nurse = (body) => add(volunteer, { skill_code: "nursing", ...body });
        await clerk.refused("addVolunteerSkill", "certificate_missing", nurse());
        await clerk.refused("addVolunteerSkill", "certificate_missing",
            add(volunteer, { certificate_valid_until: "2015-01-01" }));
        const skill = await clerk.ok("addVolunteerSkill",
            nurse({ certificate_number: "护2003-118", certificate_valid_until: "2015-01-01" }));
        await clerk.refused("changeVolunteerSkill", "certificate_missing",
            row(volunteer, skill, { certificate_number: null }));
        const renewed = await clerk.ok("changeVolunteerSkill",
            row(volunteer, skill, { certificate_valid_until: "2018-01-01" }));
        assert.deepEqual(renewed, { ...skill, id: renewed.id, recorded_at: renewed.recorded_at,
            certificate_valid_until: "2018-01-01" });
    });

    test("changes from a day on; what was before stays", async () => {
        const volunteer = await world.newVolunteer("厨师");
        const first = await clerk.ok("addVolunteerSkill",
            add(volunteer, { skill_code: "cooking", level: 1, valid_from: "2014-04-01" }));
        const better = await clerk.ok("changeVolunteerSkill",
            row(volunteer, first, { level: 3, valid_from: "2014-05-01" }));
        assert.deepEqual([better.level, better.valid_from], [3, "2014-05-01"]);
        assert.deepEqual(await levels(volunteer, { as_of: "2014-04-30" }), [["cooking", 1]]);
        assert.deepEqual(await levels(volunteer, { as_of: TODAY }), [["cooking", 3]]);
        await clerk.refused("changeVolunteerSkill", "already_ended",
            row(volunteer, first, { level: 2 }));
        await clerk.refused("changeVolunteerSkill", "date_in_future",
            row(volunteer, better, { level: 2, valid_from: TOMORROW }));
        await clerk.refused("endVolunteerSkill", "ends_before_beginning",
            row(volunteer, better, { valid_to: "2014-05-01" }));
        const ended = await clerk.ok("endVolunteerSkill",
            row(volunteer, better, { valid_to: TODAY }));
        assert.equal(ended.valid_to, TODAY);
        await clerk.refused("endVolunteerSkill", "already_ended", row(volunteer, ended, {}));
        assert.deepEqual(await levels(volunteer, { as_of: TODAY }), []);
    });

    test("is verified by another, until it changes", async () => {
        const { leader } = world.volunteers;
        const skill = await clerk.ok("addVolunteerSkill", add(leader));
        const { secretary } = world.as;
        const verified = await secretary.ok("verifyVolunteerSkill", row(leader, skill));
        assert.deepEqual([verified.verified_by, verified.verified_on],
            [secretary.actor.person.id, TODAY]);
        await secretary.refused("verifyVolunteerSkill", "skill_verified", row(leader, verified));
        await secretary.refused("verifyVolunteerSkill", "already_ended", row(leader, skill));
        const changed = await clerk.ok("changeVolunteerSkill", row(leader, verified, { level: 3 }));
        assert.equal(changed.verified_by, null);
    });

    test("is never verified by the volunteer himself", async () => {
        const person = await world.person({ name: "书记兼志愿者" });
        const self = await world.actor({ role: "community_secretary", region: COMMUNITY, person });
        const volunteer = await world.volunteer(person.id);
        const skill = await clerk.ok("addVolunteerSkill", add(volunteer));
        await self.refused("verifyVolunteerSkill", "skill_of_oneself", row(volunteer, skill));
    });

    test("is recorded by the volunteer himself, of nobody else", async () => {
        const { server, helper } = world.volunteers;
        const skill = await world.as.volunteer.ok("addVolunteerSkill",
            add(server, { skill_code: "teaching" }));
        await world.as.volunteer.ok("endVolunteerSkill",
            row(server, await world.as.volunteer.ok("changeVolunteerSkill",
                row(server, skill, { level: 1, valid_from: TODAY })), { valid_to: TOMORROW }));
        await world.as.volunteer.refused("addVolunteerSkill", "not_found",
            add(helper, { skill_code: "teaching" }));
        await world.as.officer.ok("addVolunteerSkill", add(helper, { skill_code: "teaching" }));
    });

    test("is refused: unknown skill, tomorrow, of who has left", async () => {
        const volunteer = await world.newVolunteer("某人");
        await clerk.refused("addVolunteerSkill", "skill_not_in_force",
            add(volunteer, { skill_code: "flying" }));
        await clerk.refused("addVolunteerSkill", "date_in_future",
            add(volunteer, { valid_from: TOMORROW }));
        await clerk.refused("addVolunteerSkill", "not_found", add({ id: randomUUID() }));
        await clerk.ok("leaveVolunteer", { ...of(volunteer), body: { reason: "迁出" } });
        await clerk.refused("addVolunteerSkill", "volunteer_left", add(volunteer));
    });
});

describe("the register", () => {
    const numbers = async (query, by = world.admin) =>
        (await by.all("listSkillRegister", { query })).map((one) => one.volunteer_number);

    test("narrows by skill, level, region, verification and end of the certificate", async () => {
        const [near, far] = [await world.newVolunteer("急救甲"),
            await world.newVolunteer("急救乙", SIBLING)];
        const first = (volunteer, level, certificate_valid_until) =>
            world.admin.ok("addVolunteerSkill", add(volunteer, { skill_code: "first_aid", level,
                certificate_number: "急001", certificate_valid_until, valid_from: "2014-05-01" }));
        const skill = await first(near, 1, "2014-12-31");
        await first(far, 3, "2016-12-31");
        const narrow = (query) => numbers({ skill_code: "first_aid", ...query });
        assert.deepEqual(await narrow(), [near.volunteer_number, far.volunteer_number]);
        assert.deepEqual(await narrow({ level_min: 2 }), [far.volunteer_number]);
        assert.deepEqual(await narrow({ region_code: SIBLING }), [far.volunteer_number]);
        assert.deepEqual(await narrow({ expires_before: "2015-01-01" }), [near.volunteer_number]);
        assert.deepEqual(await narrow({ is_verified: true }), []);
        await world.admin.ok("verifyVolunteerSkill", row(near, skill));
        assert.deepEqual(await narrow({ is_verified: true }), [near.volunteer_number]);
        assert.deepEqual(await narrow({ as_of: "2014-04-30" }), []);
        const found = await world.admin.all("listVolunteers",
            { query: { skill_code: "first_aid", level_min: 2 } });
        assert.deepEqual(found.map((one) => one.id), [far.id]);
    });

    test("leaves out who was no volunteer on the day", async () => {
        const volunteer = await world.newVolunteer("退出者");
        await clerk.ok("addVolunteerSkill", add(volunteer, { skill_code: "gardening" }));
        assert.equal((await numbers({ skill_code: "gardening" })).length, 1);
        await clerk.ok("leaveVolunteer", { ...of(volunteer), body: { reason: "迁出" } });
        assert.deepEqual(await numbers({ skill_code: "gardening" }), []);
    });

    test("shows a leader his own team only", async () => {
        const repairs = { skill_code: "repairs" };
        await clerk.ok("addVolunteerSkill", add(world.volunteers.leader, repairs));
        assert.deepEqual(await numbers(repairs, world.as.leader),
            [world.volunteers.leader.volunteer_number]);
        assert.deepEqual(await numbers(repairs, world.as.siblingLeader), []);
    });
});
