// Volunteers: admission with number and passbook, what is known of them, leaving.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { COMMUNITY, SIBLING, TODAY, makeWorld } from "./lib/world.mjs";

let world, clerk;

before(async () => {
    world = await makeWorld();
    clerk = world.as.clerk;
});
after(() => world.close());

const person = (changes) => world.person({ name: "新志愿者", ...changes });
const admit = async (changes) =>
    clerk.ok("createVolunteer", { body: { person_id: (await person()).id, ...changes } });

describe("createVolunteer", () => {
    test("opens a passbook; both numbers begin with the district's code", async () => {
        const made = await admit({ experience: "退休教师", willingness: "陪聊" });
        assert.match(made.volunteer_number, /^371402\d{7}$/);
        assert.match(made.passbook_number, /^371402\d{8}$/);
        assert.equal(made.joined_on, TODAY);
        assert.equal(made.earned_minutes, 0);
        assert.deepEqual(made.team_ids, []);
        const path = { passbook_id: made.passbook_id };
        const book = await clerk.ok("getPassbook", { path });
        assert.equal(book.volunteer_id, made.id);
        assert.equal(book.balance_minutes, 0);
        assert.equal(book.line_no, 0);
        const read = await clerk.ok("getVolunteer", { path: { volunteer_id: made.id } });
        assert.deepEqual(read, made);
    });

    test("at once each gets a number of his own", async () => {
        const persons = await Promise.all(Array.from({ length: 12 }, () => person()));
        const made = await Promise.all(persons.map(({ id }) =>
            clerk.ok("createVolunteer", { body: { person_id: id } })));
        for (const name of ["volunteer_number", "passbook_number", "passbook_id"])
            assert.equal(new Set(made.map((one) => one[name])).size, made.length, name);
    });

    test("a person has one volunteer number, also when asked for twice at once", async () => {
        const { id } = await person();
        const answers = await Promise.all([1, 2, 3].map(() =>
            clerk.call("createVolunteer", { body: { person_id: id } })));
        assert.deepEqual(answers.map((one) => one.body.code ?? "made").sort(),
            ["made", "volunteer_known", "volunteer_known"]);
    });

    test("is refused: unknown, of elsewhere, not yet, dead", async () => {
        const refuse = (code, body) => clerk.refused("createVolunteer", code, { body });
        await refuse("not_found", { person_id: randomUUID() });
        await refuse("not_found", { person_id: (await person({ region_code: SIBLING })).id });
        const { id } = await person();
        await refuse("date_in_future", { person_id: id, joined_on: "2014-05-16" });
        await clerk.ok("reportDeath", { path: { person_id: id }, body: { died_on: "2014-05-01" } });
        await refuse("person_died", { person_id: id });
    });
});

describe("listVolunteers", () => {
    const names = (by, query) =>
        by.all("listVolunteers", { query }).then((rows) => rows.map((row) => row.name).sort());

    test("narrows by team, name, number and day", async () => {
        const { server, leader } = world.volunteers;
        assert.deepEqual(await names(clerk, { team_id: world.team.id }),
            ["何大姐", "李卫东", "高组长"].sort());
        assert.deepEqual(await names(clerk, { volunteer_number: server.volunteer_number }),
            ["李卫东"]);
        assert.deepEqual(await names(clerk, { name: leader.name }), ["高组长"]);
        assert.deepEqual(await names(clerk, { as_of: "2014-03-09" }), []);
        assert.deepEqual(await names(world.admin, { region_code: SIBLING }), ["罗组长", "马志强"]);
    });

    test("a leader sees his team without health, experience or reason of leaving", async () => {
        const path = { volunteer_id: world.volunteers.helper.id };
        const { version } = await clerk.ok("getVolunteer", { path });
        await clerk.ok("updateVolunteer",
            { path, match: version, body: { health: "高血压", experience: "护士" } });
        const rows = await world.as.leader.all("listVolunteers");
        assert.equal(rows.length, 3);
        for (const row of rows)
            assert.deepEqual([row.health, row.experience, row.left_reason], [null, null, null]);
        await world.as.siblingLeader.refused("getVolunteer", "not_found", { path });
    });
});

describe("updateVolunteer", () => {
    test("changes what is named, empties what is null, keeps the rest", async () => {
        const made = await admit({ health: "良好", experience: "教师" });
        const path = { volunteer_id: made.id };
        const changed = await clerk.ok("updateVolunteer",
            { path, match: made.version, body: { health: null, willingness: "午餐桌" } });
        assert.deepEqual(changed,
            { ...made, health: null, willingness: "午餐桌", version: made.version + 1 });
        await clerk.refused("updateVolunteer", "version_mismatch",
            { path, match: made.version, body: { health: "良好" } });
    });
});

describe("leaveVolunteer", () => {
    const leave = (id, body = {}) =>
        clerk.call("leaveVolunteer",
            { path: { volunteer_id: id }, body: { reason: "迁往外地", ...body } });

    test("memberships are ended first; passbook and minutes stay", async () => {
        const made = await admit({ joined_on: "2014-04-01" });
        const membership = await clerk.ok("createMembership",
            { path: { team_id: world.team.id }, body: { volunteer_id: made.id } });
        const open = await leave(made.id);
        assert.equal(open.body.code, "memberships_open");
        assert.equal(open.body.args.count, 1);
        await clerk.ok("endMembership", {
            path: { team_id: world.team.id, membership_id: membership.id },
            body: { valid_to: "2014-05-16" },
        });
        assert.equal((await leave(made.id)).body.code, "memberships_open", "it ends tomorrow");
        const later = await admit({ joined_on: "2014-04-01" });
        const left = await leave(later.id);
        assert.equal(left.body.left_on, TODAY);
        assert.equal(left.body.left_reason, "迁往外地");
        const path = { passbook_id: later.passbook_id };
        assert.equal((await clerk.ok("getPassbook", { path })).state, "open");
    });

    test("is refused: tomorrow, before joining, twice", async () => {
        const made = await admit({ joined_on: "2014-04-01" });
        const refuse = async (code, body) =>
            assert.equal((await leave(made.id, body)).body.code, code);
        await refuse("date_in_future", { left_on: "2014-05-16" });
        await refuse("ends_before_beginning", { left_on: "2014-03-31" });
        assert.equal((await leave(made.id, { left_on: "2014-05-01" })).status, 200);
        await refuse("volunteer_left", {});
        const join = { path: { team_id: world.team.id }, body: { volunteer_id: made.id } };
        await clerk.refused("createMembership", "volunteer_left", join);
    });
});

describe("rejoinVolunteer", () => {
    const leave = (id, body) => clerk.ok("leaveVolunteer",
        { path: { volunteer_id: id }, body: { reason: "住院", ...body } });
    const rejoin = (id, body) => ({ path: { volunteer_id: id }, body: body ?? {} });
    const wereThen = async (as_of, query) =>
        (await clerk.all("listVolunteers", { query: { as_of, ...query } })).map((row) => row.id);

    test("number and passbook stay; the days between are those of no volunteer", async () => {
        const made = await admit({ joined_on: "2014-04-01" });
        await leave(made.id, { left_on: "2014-04-20" });
        const back = await clerk.ok("rejoinVolunteer",
            rejoin(made.id, { rejoined_on: "2014-05-01" }));
        assert.deepEqual(back, { ...made, version: made.version + 2 });
        for (const [day, is] of [["2014-04-19", true], ["2014-04-20", false],
            ["2014-04-30", false], ["2014-05-01", true]])
            assert.equal((await wereThen(day)).includes(made.id), is, day);
        const { data: [departure] } = await clerk.ok("listVolunteerDepartures",
            { path: { volunteer_id: made.id } });
        assert.deepEqual([departure.reason, departure.valid_from, departure.valid_to],
            ["住院", "2014-04-20", "2014-05-01"]);
        const again = await clerk.refused("leaveVolunteer", "ends_before_beginning",
            { path: { volunteer_id: made.id }, body: { reason: "再退", left_on: "2014-04-30" } });
        assert.equal(again.args.valid_from, "2014-05-01");
        await leave(made.id);
        assert.equal((await clerk.refused("rejoinVolunteer", "rejoins_before_leaving",
            rejoin(made.id, { rejoined_on: "2014-05-14" }))).args.left_on, TODAY);
    });

    test("on the day of leaving, the leaving is taken back and was never true", async () => {
        const made = await admit({ joined_on: "2014-04-01" });
        await leave(made.id, { left_on: "2014-04-20" });
        await clerk.ok("rejoinVolunteer", rejoin(made.id, { rejoined_on: "2014-04-20" }));
        assert.ok((await wereThen("2014-04-20")).includes(made.id));
        const { data } = await clerk.ok("listVolunteerDepartures",
            { path: { volunteer_id: made.id } });
        assert.deepEqual(data, []);
    });

    test("what was known before a late leaving stays readable", async () => {
        const made = await admit({ joined_on: "2014-04-01" });
        const known_at = world.database.query("SELECT now()").replace(" ", "T") + ":00";
        await leave(made.id, { left_on: "2014-04-20" });
        assert.ok(!(await wereThen(TODAY)).includes(made.id));
        assert.ok((await wereThen(TODAY, { known_at })).includes(made.id));
    });

    test("no service counts on the days between, and it does again later", async () => {
        const made = await world.newVolunteer("又来了");
        world.database.query(
            `UPDATE volunteers SET joined_on = '2014-03-10' WHERE id = '${made.id}'`);
        await leave(made.id, { left_on: "2014-05-12" });
        await clerk.ok("rejoinVolunteer", rejoin(made.id, { rejoined_on: "2014-05-14" }));
        const draft = (service_date) => ({ body: {
            region_code: COMMUNITY, volunteer_id: made.id, category_code: "home_care",
            recipient_kind: "public", recipient_label: "小区", place: "北园", content: "打扫",
            service_date, minutes: 30 } });
        await clerk.refused("createServiceRecord", "volunteer_has_left", draft("2014-05-13"));
        await clerk.ok("createServiceRecord", draft("2014-05-14"));
    });

    test("is refused: who has not left, tomorrow, the dead", async () => {
        const made = await admit({ joined_on: "2014-04-01" });
        await clerk.refused("rejoinVolunteer", "volunteer_not_left", rejoin(made.id));
        await leave(made.id);
        await clerk.refused("rejoinVolunteer", "date_in_future",
            rejoin(made.id, { rejoined_on: "2014-05-16" }));
        await clerk.ok("reportDeath",
            { path: { person_id: made.person_id }, body: { died_on: TODAY } });
        await clerk.refused("rejoinVolunteer", "person_died", rejoin(made.id));
    });
});

describe("what a volunteer is willing to do", () => {
    test("has categories in force, a limit a week, and can be searched", async () => {
        const made = await admit({ willing_categories: ["patrol"], weekly_minutes_max: 300 });
        assert.deepEqual(made.willing_categories, ["patrol"]);
        const path = { volunteer_id: made.id };
        const body = { willing_categories: ["home_care", "patrol"], weekly_minutes_max: null };
        const changed = await clerk.ok("updateVolunteer", { path, match: made.version, body });
        assert.deepEqual(changed, { ...made, ...body, version: made.version + 1 });
        const find = async (willing_category) => {
            const rows = await clerk.all("listVolunteers", { query: { willing_category } });
            return rows.map((row) => row.id);
        };
        assert.deepEqual(await find("home_care"), [made.id]);
        assert.ok(!(await find("culture")).includes(made.id));
        const refused = await clerk.refused("updateVolunteer", "category_not_in_force",
            { path, match: changed.version, body: { willing_categories: ["patrol", "no_such"] } });
        assert.equal(refused.args.category_code, "no_such");
        const { id } = await person();
        await clerk.refused("createVolunteer", "category_not_in_force",
            { body: { person_id: id, willing_categories: ["no_such"] } });
    });

    test("is told by the volunteer himself, and by no other volunteer", async () => {
        const path = { volunteer_id: world.volunteers.server.id };
        const { version } = await world.as.volunteer.ok("getVolunteer", { path });
        const own = await world.as.volunteer.ok("updateVolunteer",
            { path, match: version, body: { willingness: "陪聊", weekly_minutes_max: 240 } });
        assert.equal(own.weekly_minutes_max, 240);
        await world.as.volunteer.refused("updateVolunteer", "not_found",
            { path: { volunteer_id: world.volunteers.helper.id }, match: 1,
                body: { willingness: "陪聊" } });
    });
});

describe("referrals", () => {
    const set = (id, referred_by, more) =>
        ({ path: { volunteer_id: id }, body: { referred_by, ...more } });

    test("are told at the admission or later, and taken back", async () => {
        const { server } = world.volunteers;
        const made = await admit({ referred_by: server.id });
        assert.deepEqual([made.referred_by, made.referred_on], [server.id, TODAY]);
        const other = await admit({});
        const told = await clerk.ok("setReferral",
            set(other.id, server.id, { referred_on: "2014-05-01" }));
        assert.deepEqual(told, { ...other, referred_by: server.id, referred_on: "2014-05-01",
            version: other.version + 1 });
        const brought = async () => (await clerk.ok("listReferrals",
            { path: { volunteer_id: server.id } })).data.map((row) => row.volunteer_id);
        assert.deepEqual(await brought(), [other.id, made.id]);
        const referred = await clerk.all("listVolunteers", { query: { is_referred: true } });
        assert.deepEqual(referred.map((row) => row.id).sort(), [made.id, other.id].sort());
        await clerk.ok("setReferral", set(other.id, null));
        assert.deepEqual(await brought(), [made.id]);
        const read = await clerk.ok("getVolunteer", { path: { volunteer_id: other.id } });
        assert.equal(read.referred_by, null);
    });

    test("do not go in a circle, also at once", async () => {
        const [a, b, c] = [await admit({}), await admit({}), await admit({})];
        await clerk.refused("setReferral", "referral_of_oneself", set(a.id, a.id));
        await clerk.ok("setReferral", set(a.id, b.id));
        await clerk.ok("setReferral", set(b.id, c.id));
        await clerk.refused("setReferral", "referral_circle", set(c.id, a.id));
        const [d, e, f] = [await admit({}), await admit({}), await admit({})];
        const answers = await Promise.all([[d, e], [e, f], [f, d]].map(([one, by]) =>
            clerk.call("setReferral", set(one.id, by.id))));
        assert.deepEqual(answers.map((one) => one.body.code ?? "made").sort(),
            ["made", "made", "referral_circle"]);
    });

    test("are refused: by nobody, by who joined later, tomorrow", async () => {
        const made = await admit({ joined_on: "2014-04-01" });
        const late = await admit({});
        await clerk.refused("setReferral", "referrer_unfit", set(made.id, randomUUID()));
        const refused = await clerk.refused("setReferral", "referrer_unfit", set(made.id, late.id));
        assert.equal(refused.args.referred_on, "2014-04-01");
        await clerk.refused("setReferral", "date_in_future",
            set(made.id, late.id, { referred_on: "2014-05-16" }));
        const { id } = await person();
        await clerk.refused("createVolunteer", "referrer_unfit",
            { body: { person_id: id, joined_on: "2014-04-01", referred_by: late.id } });
    });
});

test("listVolunteerMemberships shows the teams of one volunteer", async () => {
    const path = { volunteer_id: world.volunteers.leader.id };
    const { data } = await clerk.ok("listVolunteerMemberships", { path });
    assert.deepEqual(data.map((row) => [row.team_id, row.position]), [[world.team.id, "leader"]]);
    assert.equal(world.persons.leader.region_code, COMMUNITY);
});
