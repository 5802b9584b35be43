// A community goes on in another one: what moves, what keeps the code of its day, what is refused.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { COMMUNITY, DISTRICT, SUBDISTRICT, TODAY, makeWorld } from "./lib/world.mjs";

const YESTERDAY = "2014-05-14";
const TOMORROW = "2014-05-16";

let world, admin, codes = 60;

before(async () => {
    world = await makeWorld();
    admin = world.admin;
});
after(() => world.close());

const community = async (name) => {
    const region_code = `3714020010${codes++}`;
    await admin.ok("createRegion", { body: { region_code, kind: "community", name,
        setting: "rural", valid_from: "2014-04-01" } });
    return region_code;
};
const pair = async (name) => [await community(`${name}甲`), await community(`${name}乙`)];
const region = (region_code, query) =>
    admin.ok("getRegion", { path: { region_code }, ...(query && { query }) });
const mergeOf = async (region_code, successor_code, valid_from) => ({
    path: { region_code }, match: (await region(region_code)).version,
    body: { successor_code, ...(valid_from && { valid_from }) },
});
const merge = async (...of) => admin.ok("mergeRegion", await mergeOf(...of));
const refuse = async (code, ...of) => admin.refused("mergeRegion", code, await mergeOf(...of));
const settle = (region_code, valid_from = "2014-04-10", more) => admin.ok("createPerson",
    { body: { name: "住户", residence: { region_code, valid_from, ...more } } });
const staff = (role, region_code) => world.actor({ role, region: region_code, name: "工作人员" });
const homes = async (person, query) => (await admin.ok("listResidences",
    { path: { person_id: person.id }, query: { as_of: TODAY, ...query } })).data.map(
    (row) => row.region_code);

describe("from the day on", () => {
    test("the region has an end and a successor; its residents live there, families stay together",
        async () => {
            const [from, into] = await pair("居");
            const household = await admin.ok("createHousehold",
                { body: { region_code: from, address_line: "2号楼" } });
            const person = await settle(from, "2014-04-10", { household_id: household.id });
            const ended = await merge(from, into, "2014-05-10");
            assert.deepEqual([ended.successor_code, ended.valid_to], [into, "2014-05-10"]);
            assert.deepEqual(await region(from), ended);
            assert.deepEqual(await homes(person, { as_of: "2014-05-09" }), [from]);
            assert.deepEqual(await homes(person, { as_of: "2014-05-10" }), [into]);
            const clerk = await staff("community_clerk", into);
            const path = { person_id: person.id };
            const read = await clerk.ok("getPerson", { path });
            assert.deepEqual([read.region_code, read.household_id], [into, household.id]);
            const home = await clerk.ok("getHousehold", { path: { household_id: household.id } });
            assert.equal(home.region_code, into);
            assert.deepEqual(home.members.map((one) => one.person_id), [person.id]);
            const listed = await clerk.all("listHouseholds", { query: { region_code: into } });
            assert.deepEqual(listed, [home]);
            const newcomer = await clerk.ok("createPerson", { body: { name: "新人",
                residence: { region_code: into, household_id: household.id } } });
            assert.equal(newcomer.address_line, "2号楼");
        });

    test("a team is found in both, and its leader gets a grant on the successor", async () => {
        const [from, into] = await pair("队");
        const team = await admin.ok("createTeam",
            { body: { region_code: from, name: "村队", kind: "arts", founded_on: "2014-04-01" } });
        const old = await staff("community_secretary", from);
        await merge(from, into);
        const now = await staff("community_secretary", into);
        for (const by of [old, now])
            assert.equal(
                (await by.ok("getTeam", { path: { team_id: team.id } })).region_code, into);
        assert.deepEqual((await now.all("listTeams")).map((one) => one.id), [team.id]);
        const volunteer = await world.newVolunteer("队长", into);
        await now.ok("createMembership", { path: { team_id: team.id },
            body: { volunteer_id: volunteer.id, position: "leader" } });
        const user = await admin.ok("createUser", { body: { person_id: volunteer.person_id } });
        for (const region_code of [from, into])
            await now.call("createGrant", { path: { user_id: user.id },
                body: { role: "team_leader", region_code, team_id: team.id } });
        const { data } = await admin.ok("listGrants", { path: { user_id: user.id } });
        assert.deepEqual(data.map((grant) => grant.region_code), [into]);
    });

    test("nothing new begins in it, and the refusal names the successor", async () => {
        const [from, into] = await pair("新");
        const person = await settle(from);
        const volunteer = await world.newVolunteer("旧人", from);
        await merge(from, into, "2014-05-14");
        const refused = async (operation, options) => {
            const told = await admin.refused(operation, "region_ended", options);
            assert.deepEqual(told.args, { ended_on: "2014-05-14", successor_code: into });
        };
        await refused("createHousehold", { body: { region_code: from, address_line: "1号" } });
        await refused("createTeam", { body: { region_code: from, name: "队", kind: "arts" } });
        await refused("createPerson", { body: { name: "某", residence: { region_code: from } } });
        await refused("moveResidence",
            { path: { person_id: person.id }, body: { region_code: from } });
        const clerk = await staff("subdistrict_clerk", SUBDISTRICT);
        const draft = (service_date) => ({ body: { region_code: from, volunteer_id: volunteer.id,
            category_code: "patrol", recipient_kind: "public", recipient_label: "村", place: "村口",
            content: "巡逻", service_date, minutes: 30 } });
        world.database.query(`UPDATE volunteers SET joined_on = '2014-04-01'`);
        await clerk.refused("createServiceRecord", "region_ended", draft("2014-05-14"));
        await clerk.ok("createServiceRecord", draft("2014-05-13"));
    });

    test("who is entered late was there before and is in the successor now", async () => {
        const [from, into] = await pair("补");
        await merge(from, into, "2014-05-10");
        const late = await settle(from, "2014-04-20");
        assert.equal(late.region_code, into);
        assert.deepEqual(await homes(late, { as_of: "2014-05-09" }), [from]);
        assert.deepEqual(await homes(late), [into]);
        const moved = await settle(COMMUNITY);
        await admin.ok("moveResidence", { path: { person_id: moved.id },
            body: { region_code: from, valid_from: "2014-05-01" } });
        assert.deepEqual(await homes(moved), [into]);
    });
});

describe("a day to come", () => {
    test("changes nothing until then; who moves in before goes along", async () => {
        const [from, into] = await pair("将");
        const stays = await settle(from);
        await merge(from, into, "2014-06-01");
        assert.equal((await region(from)).successor_code, into);
        const comes = await settle(from, TODAY);
        for (const person of [stays, comes]) {
            assert.equal((await admin.ok("getPerson",
                { path: { person_id: person.id } })).region_code, from);
            assert.deepEqual(await homes(person, { as_of: "2014-05-31" }), [from]);
            assert.deepEqual(await homes(person, { as_of: "2014-06-01" }), [into]);
        }
        const household = await admin.ok("createHousehold",
            { body: { region_code: from, address_line: "3号" } });
        assert.equal(household.region_code, from);
        await admin.ok("createTeam", { body: { region_code: from, name: "末队", kind: "arts" } });
    });

    test("a successor may go on in a third one later", async () => {
        const [first, second] = await pair("链");
        const third = await community("链丙");
        const person = await settle(first);
        await merge(first, second, "2014-05-05");
        await merge(second, third, "2014-05-12");
        assert.deepEqual(await homes(person, { as_of: "2014-05-04" }), [first]);
        assert.deepEqual(await homes(person, { as_of: "2014-05-05" }), [second]);
        assert.deepEqual(await homes(person), [third]);
        const late = await settle(first, "2014-04-20");
        assert.equal(late.region_code, third);
        const household = await admin.ok("createHousehold",
            { body: { region_code: third, address_line: "4号" } });
        assert.equal(household.region_code, third);
    });
});

describe("is refused", () => {
    test("into itself, another rank, the unknown, what has an end, or what is not there yet",
        async () => {
            const [from, into] = await pair("错");
            const ended = await community("已并");
            await merge(ended, into);
            const young = `3714020010${codes++}`;
            await admin.ok("createRegion", { body: { region_code: young, kind: "community",
                name: "未来社区", setting: "urban", valid_from: TOMORROW } });
            for (const code of [from, SUBDISTRICT, "371402001999", ended, young])
                await refuse("successor_unfit", from, code);
            await refuse("successor_unfit", DISTRICT, SUBDISTRICT);
            await merge(from, young, TOMORROW);
        });

    test("twice, before it was there, without the version", async () => {
        const [from, into] = await pair("再");
        await refuse("not_valid_then", from, into, "2014-04-01");
        const stale = { ...await mergeOf(from, into), match: 9 };
        await admin.refused("mergeRegion", "version_mismatch", stale);
        await merge(from, into, TOMORROW);
        const again = await refuse("region_ended", from, COMMUNITY);
        assert.deepEqual(again.args, { ended_on: TOMORROW, successor_code: into });
        await refuse("successor_unfit", COMMUNITY, from);
    });

    test("a day before services that were recorded there", async () => {
        const [from, into] = await pair("录");
        const volunteer = await world.newVolunteer("有记录", from);
        world.database.query(`UPDATE volunteers SET joined_on = '2014-04-01'`);
        const clerk = await staff("subdistrict_clerk", SUBDISTRICT);
        await clerk.ok("createServiceRecord", { body: { region_code: from,
            volunteer_id: volunteer.id, category_code: "patrol", recipient_kind: "public",
            recipient_label: "村", place: "村口", content: "巡逻", service_date: YESTERDAY,
            minutes: 30 } });
        const refused = await refuse("region_has_later_records", from, into, YESTERDAY);
        assert.deepEqual(refused.args, { count: 1, valid_from: YESTERDAY });
        await merge(from, into, TODAY);
    });

    test("a subdistrict before its communities; then it goes, and takes no community", async () => {
        const office = (region_code, name) => admin.ok("createRegion",
            { body: { region_code, kind: "subdistrict", name, valid_from: "2014-04-01" } });
        await office("371402081000", "旧街道");
        await office("371402082000", "新街道");
        await admin.ok("createRegion", { body: { region_code: "371402081001", kind: "community",
            name: "旧社区", setting: "urban", valid_from: "2014-04-01" } });
        const open = await refuse("region_has_communities", "371402081000", "371402082000");
        assert.equal(open.args.count, 1);
        await merge("371402081001", COMMUNITY);
        const gone = await merge("371402081000", "371402082000");
        assert.equal(gone.successor_code, "371402082000");
        await admin.refused("createRegion", "region_ended", { body: { region_code: "371402081002",
            kind: "community", name: "迟社区", setting: "urban" } });
    });
});

describe("what was printed", () => {
    const report = (query) => world.as.reportReader.call("getDistrictReport", { query });

    test("counts communities before and after, and stays the same with known_at", async () => {
        const [from, into] = await pair("报");
        await admin.ok("createPerson", { body: { name: "退休者",
            residence: { region_code: from, valid_from: "2014-04-10" },
            categories: [{ category: "tuixiu", valid_from: "2014-04-10" }] } });
        for (const table of ["region_facts", "residences", "person_categories"])
            world.database.query(
                `UPDATE ${table} SET recorded_at = recorded_at - interval '2 minutes',
                     superseded_at = superseded_at - interval '2 minutes'`);
        const known_at = new Date(Date.now() - 61000).toISOString();
        const asked = [YESTERDAY, TODAY].map((as_of) => ({ as_of, known_at }));
        const printed = await Promise.all(asked.map(report));
        const before = await report({ as_of: YESTERDAY });
        const today = await report({ as_of: TODAY });
        assert.equal(printed[1].body.communities.total, today.body.communities.total);
        await merge(from, into, TODAY);
        const again = await Promise.all(asked.map(report));
        assert.deepEqual(again.map((one) => one.text), printed.map((one) => one.text));
        const figures = async (as_of) => {
            const { known_at: _, ...rest } = (await report({ as_of })).body;
            return rest;
        };
        const { known_at: _, ...old } = before.body;
        assert.deepEqual(await figures(YESTERDAY), old);
        const now = await figures(TODAY);
        assert.equal(now.communities.total, today.body.communities.total - 1);
        assert.equal(now.communities.rural, today.body.communities.rural - 1);
        assert.deepEqual(now.retirees, today.body.retirees);
    });
});
