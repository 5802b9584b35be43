// Teams and who belongs to them, in time.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { COMMUNITY, SIBLING, TODAY, makeWorld } from "./lib/world.mjs";

let world, clerk, made = 0;

before(async () => {
    world = await makeWorld();
    clerk = world.as.clerk;
});
after(() => world.close());

const found = (changes) => clerk.ok("createTeam", {
    body: { region_code: COMMUNITY, name: `队${++made}`, kind: "patrol", ...changes },
});
const join = (team, volunteer, more) => ({
    path: { team_id: team.id }, body: { volunteer_id: volunteer.id, ...more },
});

describe("createTeam", () => {
    test("begins today, with nobody in it", async () => {
        const team = await found();
        assert.equal(team.founded_on, TODAY);
        assert.equal(team.member_count, 0);
        assert.equal(team.origin, "entered");
        assert.deepEqual(await clerk.ok("getTeam", { path: { team_id: team.id } }), team);
    });

    test("has a name of its own in its region, also at once; elsewhere the name is free",
        async () => {
        const body = { region_code: COMMUNITY, name: "同名队", kind: "arts" };
        const answers = await Promise.all([1, 2, 3].map(() => clerk.call("createTeam", { body })));
        assert.deepEqual(answers.map((one) => one.body.code ?? "made").sort(),
            ["made", "team_name_taken", "team_name_taken"]);
        await world.admin.ok("createTeam", { body: { ...body, region_code: SIBLING } });
    });

    test("is refused: elsewhere, tomorrow", async () => {
        const body = { region_code: COMMUNITY, name: "某队", kind: "arts" };
        await clerk.refused("createTeam", "not_found", { body: { ...body, region_code: SIBLING } });
        await clerk.refused("createTeam", "date_in_future",
            { body: { ...body, founded_on: "2014-05-16" } });
    });
});

describe("updateTeam", () => {
    test("changes name or kind, not into another team's name", async () => {
        const [team, other] = [await found(), await found()];
        const path = { team_id: team.id };
        const changed = await clerk.ok("updateTeam", { path, match: 1, body: { kind: "medical" } });
        assert.deepEqual(changed, { ...team, kind: "medical", version: 2 });
        await clerk.refused("updateTeam", "team_name_taken",
            { path, match: 2, body: { name: other.name } });
        await clerk.refused("updateTeam", "version_mismatch",
            { path, match: 1, body: { name: "x" } });
    });
});

describe("memberships", () => {
    test("begin today as member, and count", async () => {
        const team = await found({ founded_on: "2014-04-01" });
        const member = await clerk.ok("createMembership", join(team, world.volunteers.helper));
        assert.equal(member.position, "member");
        assert.equal(member.valid_from, TODAY);
        const path = { team_id: team.id, membership_id: member.id };
        assert.deepEqual(await clerk.ok("getMembership", { path }), member);
        assert.equal((await clerk.ok("getTeam", { path })).member_count, 1);
    });

    test("of one volunteer in one team do not overlap, also at once", async () => {
        const team = await found({ founded_on: "2014-04-01" });
        const answers = await Promise.all([1, 2, 3].map(() =>
            clerk.call("createMembership", join(team, world.volunteers.helper))));
        assert.deepEqual(answers.map((one) => one.body.code ?? "made").sort(),
            ["already_member", "already_member", "made"]);
    });

    test("take volunteers of the whole district into the own team", async () => {
        const team = await found();
        await clerk.ok("createMembership", join(team, world.volunteers.siblingServer));
        await clerk.refused("createMembership", "not_found",
            join(world.siblingTeam, world.volunteers.helper));
        await clerk.refused("createMembership", "not_found", join(team, { id: randomUUID() }));
        await clerk.refused("createMembership", "ends_before_beginning",
            join(team, world.volunteers.helper, { valid_to: TODAY }));
    });

    test("end, stay readable, and may begin anew", async () => {
        const team = await found({ founded_on: "2014-04-01" });
        const member = await clerk.ok("createMembership",
            join(team, world.volunteers.helper, { valid_from: "2014-04-01", position: "leader" }));
        const path = { team_id: team.id, membership_id: member.id };
        await clerk.refused("endMembership", "ends_before_beginning",
            { path, body: { valid_to: "2014-04-01" } });
        const ended = await clerk.ok("endMembership", { path, body: { valid_to: "2014-05-01" } });
        assert.equal(ended.valid_to, "2014-05-01");
        assert.equal(ended.position, "leader");
        await clerk.refused("endMembership", "already_ended", { path, body: {} });
        assert.notEqual((await clerk.ok("getMembership", { path })).superseded_at, null);
        await clerk.ok("createMembership", join(team, world.volunteers.helper));
        const on = async (as_of) =>
            (await clerk.ok("listMemberships", { path, query: { as_of } })).data.map(
                (row) => row.position);
        assert.deepEqual(await on("2014-04-30"), ["leader"]);
        assert.deepEqual(await on("2014-05-01"), []);
        assert.deepEqual(await on(TODAY), ["member"]);
        const { data } = await clerk.ok("listMemberships", { path, query: { position: "leader" } });
        assert.ok(data.every((row) => row.position === "leader"));
    });
});

describe("dissolveTeam", () => {
    const dissolve = (team, body = {}) => ({ path: { team_id: team.id }, body });

    test("waits for the memberships to end", async () => {
        const team = await found({ founded_on: "2014-04-01" });
        const member = await clerk.ok("createMembership",
            join(team, world.volunteers.helper, { valid_from: "2014-04-01" }));
        const open = await clerk.refused("dissolveTeam", "memberships_open", dissolve(team));
        assert.equal(open.args.count, 1);
        await clerk.ok("endMembership",
            { path: { team_id: team.id, membership_id: member.id },
                body: { valid_to: "2014-05-10" } });
        const gone = await clerk.ok("dissolveTeam", dissolve(team));
        assert.equal(gone.dissolved_on, TODAY);
        await clerk.refused("dissolveTeam", "team_dissolved", dissolve(team));
        await clerk.refused("createMembership", "team_dissolved",
            join(team, world.volunteers.server));
        const { data } = await clerk.ok("listTeams", { query: { as_of: TODAY } });
        assert.ok(!data.some((row) => row.id === team.id));
    });

    test("is refused: tomorrow, before it was founded", async () => {
        const team = await found();
        await clerk.refused("dissolveTeam", "date_in_future",
            dissolve(team, { dissolved_on: "2014-05-16" }));
        await clerk.refused("dissolveTeam", "ends_before_beginning",
            dissolve(team, { dissolved_on: "2014-05-14" }));
    });
});

describe("reactivateTeam", () => {
    const on = async (team, as_of, query) =>
        (await clerk.all("listTeams", { query: { as_of, name: team.name, ...query } })).length;

    test("lets it go on, without the days between", async () => {
        const team = await found({ founded_on: "2014-04-01" });
        const path = { team_id: team.id };
        await clerk.ok("dissolveTeam", { path, body: { dissolved_on: "2014-04-20" } });
        await clerk.refused("reactivateTeam", "reactivated_before_dissolution",
            { path, body: { reactivated_on: "2014-04-19" } });
        await clerk.refused("reactivateTeam", "date_in_future",
            { path, body: { reactivated_on: "2014-05-16" } });
        const back = await clerk.ok("reactivateTeam",
            { path, body: { reactivated_on: "2014-05-01" } });
        assert.deepEqual(back, { ...team, version: 3 });
        assert.deepEqual([await on(team, "2014-04-19"), await on(team, "2014-04-20"),
            await on(team, "2014-05-01")], [1, 0, 1]);
        await clerk.refused("reactivateTeam", "team_not_dissolved", { path });
        await clerk.refused("dissolveTeam", "ends_before_beginning",
            { path, body: { dissolved_on: "2014-04-30" } });
        await clerk.ok("createMembership", join(team, world.volunteers.helper));
    });

    test("on the day of the dissolution, that is taken back; earlier knowledge stays", async () => {
        const team = await found({ founded_on: "2014-04-01" });
        const path = { team_id: team.id };
        const known_at = world.database.query("SELECT now()").replace(" ", "T") + ":00";
        await clerk.ok("dissolveTeam", { path, body: { dissolved_on: "2014-04-20" } });
        assert.equal(await on(team, TODAY), 0);
        assert.equal(await on(team, TODAY, { known_at }), 1);
        await clerk.ok("reactivateTeam", { path, body: { reactivated_on: "2014-04-20" } });
        assert.equal(await on(team, "2014-04-20"), 1);
    });
});

describe("a team's leader", () => {
    test("is one at a time, also at once and in other words", async () => {
        const team = await found({ founded_on: "2014-04-01" });
        const lead = (volunteer, more) =>
            clerk.call("createMembership", join(team, volunteer, { position: "leader", ...more }));
        const candidates = await Promise.all(["甲", "乙", "丙"].map(
            (name) => world.newVolunteer(name)));
        const answers = await Promise.all(candidates.map((one) => lead(one)));
        assert.deepEqual(answers.map((one) => one.body.code ?? "made").sort(),
            ["made", "team_has_leader", "team_has_leader"]);
        const late = await lead(world.volunteers.siblingServer);
        assert.equal(late.body.code, "team_has_leader");
        const before = await lead(world.volunteers.siblingServer,
            { valid_from: "2014-04-01", valid_to: TODAY });
        assert.equal(before.status, 201, before.text);
    });
});

describe("changeMembershipPosition", () => {
    const change = (member, position, valid_from) => ({
        path: { team_id: member.team_id, membership_id: member.id },
        body: { position, ...(valid_from && { valid_from }) },
    });

    test("hands the lead over in two steps, each from its day on", async () => {
        const team = await found({ founded_on: "2014-04-01" });
        const since = { valid_from: "2014-04-01" };
        const [old, next] = [await world.newVolunteer("老组长"), await world.newVolunteer("新组长")];
        const lead = await clerk.ok("createMembership", join(team, old,
            { ...since, position: "leader" }));
        const member = await clerk.ok("createMembership", join(team, next, since));
        await clerk.refused("changeMembershipPosition", "team_has_leader",
            change(member, "leader", "2014-05-10"));
        const stepped = await clerk.ok("changeMembershipPosition",
            change(lead, "deputy_leader", "2014-05-10"));
        assert.deepEqual([stepped.position, stepped.valid_from, stepped.valid_to],
            ["deputy_leader", "2014-05-10", null]);
        const leads = await clerk.ok("changeMembershipPosition",
            change(member, "leader", "2014-05-10"));
        const on = async (as_of) => (await clerk.ok("listMemberships",
            { path: { team_id: team.id }, query: { as_of, sort: "name" } })).data.map(
            (row) => [row.name, row.position]);
        assert.deepEqual(await on("2014-05-09"), [["新组长", "member"], ["老组长", "leader"]]);
        assert.deepEqual(await on(TODAY), [["新组长", "leader"], ["老组长", "deputy_leader"]]);
        await clerk.refused("changeMembershipPosition", "already_ended", change(member, "member"));
        await clerk.ok("changeMembershipPosition", change(leads, "leader"));
        const ended = await clerk.ok("endMembership",
            { path: { team_id: team.id, membership_id: stepped.id }, body: {} });
        await clerk.refused("changeMembershipPosition", "already_ended", change(ended, "member"));
    });
});

test("listTeams shows a leader his own, a volunteer his own, and narrows by kind", async () => {
    const ids = (by, query) =>
        by.all("listTeams", { query }).then((rows) => rows.map((row) => row.id));
    assert.deepEqual(await ids(world.as.leader), [world.team.id]);
    assert.deepEqual(await ids(world.as.volunteer), [world.team.id]);
    assert.deepEqual(await ids(world.admin, { kind: "home_care", region_code: SIBLING }),
        [world.siblingTeam.id]);
});
