// What the district office pulls: every figure from rows, the same for ever once it is in the past.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { atCounter, closeWeek, weekBecomes } from "./lib/acts.mjs";
import { COMMUNITY, FAR_COMMUNITY, FROZEN, SETTLED, TODAY, makeWorld } from "./lib/world.mjs";

let world;

before(async () => {
    world = await makeWorld();
});
after(() => world.close());

const report = (query, by = world.as.reportReader) => by.ok("getDistrictReport", { query });

describe("getDistrictReport", () => {
    test("counts what is there on the day", async () => {
        const figures = await report({ as_of: TODAY });
        assert.equal(figures.as_of, TODAY);
        assert.deepEqual(figures.communities, { total: 3, urban: 2, rural: 1 });
        assert.deepEqual([figures.towns, figures.subdistricts], [0, 2]);
        assert.deepEqual(figures.teams, { total: 2, members: 5 });
        assert.deepEqual(figures.minutes, { given: 0, withdrawn: 0 });
        assert.deepEqual(figures.stars, { 0: 5, 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 });
    });

    test("is asked for what was known from 1970 on: earlier local times have offsets with seconds",
        async () => {
            const { known_at } = await report({ known_at: "1970-01-01T00:00:00+08:00" });
            assert.equal(known_at, "1970-01-01T00:00:00+08:00");
            for (const early of ["1969-12-31T23:59:59Z", "1900-12-31T00:00:00+08:00"])
                await world.as.reportReader.refused("getDistrictReport", "parameter_invalid",
                    { query: { known_at: early } });
        });

    test("is of today when no day is named, and before the founding of nothing", async () => {
        assert.equal((await report()).as_of, TODAY);
        const before = await report({ as_of: "2014-01-01" });
        assert.deepEqual(before.communities, { total: 0, urban: 0, rural: 0 });
        assert.deepEqual(before.teams, { total: 0, members: 0 });
    });

    test("urban share is of the retired, whole, half up", async () => {
        const retire = (region_code, category, i) => world.admin.ok("createPerson", {
            body: { name: `退休${i}`, residence: { region_code }, categories: [{ category }] },
        });
        const { retirees } = await report();
        assert.deepEqual(retirees, { total: 2, lixiu: 1, tuixiu: 1, urban_share_percent: 100 });
        await retire(FAR_COMMUNITY, "tuixiu", 1);
        assert.equal((await report()).retirees.urban_share_percent, 67);
        for (let i = 2; i < 7; i++) await retire(i < 3 ? FAR_COMMUNITY : COMMUNITY, "lixiu", i);
        const now = (await report()).retirees;
        assert.deepEqual(now, { total: 8, lixiu: 6, tuixiu: 2, urban_share_percent: 75 });
        await retire(FAR_COMMUNITY, "lixiu", 7);
        assert.equal((await report()).retirees.urban_share_percent, 67);
    });

    test("hours are given when they are settled; those before the time bank are not counted",
        async () => {
            await world.admin.ok("createOpeningBalance", {
                body: { volunteer_id: world.volunteers.server.id, region_code: COMMUNITY,
                    minutes: 12000, served_until: "2014-01-01", place: "北园", evidence: "册" },
            });
            await atCounter(world);
            await weekBecomes(world, "frozen", FROZEN);
            await closeWeek(world.as.secretary);
            assert.equal((await report()).minutes.given, 0);
            await weekBecomes(world, "settled", SETTLED);
            const now = await report();
            assert.equal(now.minutes.given, 60);
            assert.equal(now.eligible_stars[2], 1);
            assert.equal((await report({ as_of: "2014-05-21" })).minutes.given, 0);
        });

    test("known_at lies at least 60 seconds in the past", async () => {
        const soon = new Date(Date.now() - 30000).toISOString();
        await world.as.auditor.refused("getDistrictReport", "known_at_too_recent",
            { query: { known_at: soon } });
        const later = new Date(Date.now() + 3600000).toISOString();
        await world.as.auditor.refused("getDistrictReport", "known_at_too_recent",
            { query: { known_at: later } });
    });

    test("the same as_of and known_at print the same bytes after a late record", async () => {
        const known_at = new Date(Date.now() - 61000).toISOString();
        const query = { as_of: TODAY, known_at };
        const ask = () => world.as.reportReader.call("getDistrictReport", { query });
        const first = await ask();
        await world.newVolunteer("后来人");
        await world.admin.ok("createRegion", {
            body: { region_code: "371402001030", kind: "community", name: "补录社区",
                setting: "urban", valid_from: "2014-04-01" },
        });
        const again = await ask();
        assert.equal(first.status, 200);
        assert.equal(again.text, first.text);
        assert.equal((await report({ as_of: TODAY })).communities.total, 4);
    });

    test("a late leaving or dissolution changes no report that was printed before", async () => {
        const gone = await world.newVolunteer("已退出");
        const team = await world.admin.ok("createTeam",
            { body: { region_code: COMMUNITY, name: "已解散队", kind: "arts",
                founded_on: "2014-04-01" } });
        // As if all had been recorded two minutes ago: known_at lies at least one minute back.
        for (const table of ["volunteers", "teams", "team_memberships", "region_facts",
            "person_categories", "residences", "policies", "star_ladders"])
            world.database.query(
                `UPDATE ${table} SET recorded_at = recorded_at - interval '2 minutes'`);
        const query = { as_of: TODAY, known_at: new Date(Date.now() - 61000).toISOString() };
        const ask = () => world.as.reportReader.call("getDistrictReport", { query });
        const [before, known] = [await report({ as_of: TODAY }), await ask()];
        assert.equal(known.body.teams.total, before.teams.total);
        assert.deepEqual(known.body.stars, before.stars);
        await world.admin.ok("leaveVolunteer",
            { path: { volunteer_id: gone.id }, body: { reason: "迁出", left_on: TODAY } });
        await world.admin.ok("dissolveTeam",
            { path: { team_id: team.id }, body: { dissolved_on: TODAY } });
        const after = await report({ as_of: TODAY });
        assert.equal(after.teams.total, before.teams.total - 1);
        assert.equal(after.stars[0], before.stars[0] - 1);
        assert.equal((await ask()).text, known.text);
        await world.admin.ok("rejoinVolunteer",
            { path: { volunteer_id: gone.id }, body: { rejoined_on: TODAY } });
        await world.admin.ok("reactivateTeam",
            { path: { team_id: team.id }, body: { reactivated_on: TODAY } });
        assert.equal((await ask()).text, known.text);
        assert.deepEqual({ ...await report({ as_of: TODAY }), known_at: "" },
            { ...before, known_at: "" });
    });
});
