// The district's own rules: categories, policies, holidays, star ladders, awards.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { weekBecomes } from "./lib/acts.mjs";
import { COMMUNITY, DISTRICT, FAR_COMMUNITY, FROZEN, TODAY, makeWorld } from "./lib/world.mjs";

let world, admin;

before(async () => {
    world = await makeWorld();
    admin = world.admin;
});
after(() => world.close());

describe("service categories", () => {
    const path = { category_code: "choir" };
    const read = (query) => admin.ok("getServiceCategory", { path, ...(query && { query }) });

    test("the founding brings those of the document", async () => {
        const rows = await admin.all("listServiceCategories");
        const codes = rows.map((row) => row.category_code);
        for (const code of ["time_gift", "companionship", "patrol", "prior_service"])
            assert.ok(codes.includes(code), code);
        const { data } = await admin.ok("listServiceCategories", { query: { field: "education" } });
        assert.ok(data.length > 0 && data.every((row) => row.field === "education"));
    });

    test("a new one begins today, once", async () => {
        const body = { category_code: "choir", field: "culture", name: "合唱" };
        const made = await admin.ok("createServiceCategory", { body });
        assert.equal(made.valid_from, TODAY);
        assert.equal(made.name_en, null);
        assert.deepEqual(await read(), made);
        await admin.refused("createServiceCategory", "category_code_taken", { body });
        await admin.refused("getServiceCategory", "not_found",
            { path, query: { as_of: "2014-05-14" } });
    });

    test("a new name holds from its day on", async () => {
        const rename = (body, match) => ({ path, body, match });
        const made = await admin.ok("renameServiceCategory",
            rename({ name: "老年合唱", name_en: "Choir", valid_from: "2014-06-01" }, 1));
        assert.equal(made.version, 2);
        assert.equal((await read({ as_of: "2014-05-31" })).name, "合唱");
        assert.equal((await read({ as_of: "2014-06-01" })).name, "老年合唱");
        await admin.refused("renameServiceCategory", "version_mismatch", rename({ name: "x" }, 1));
        await admin.refused("renameServiceCategory", "not_valid_then",
            rename({ name: "x", valid_from: "2014-05-14" }, 2));
        await admin.refused("renameServiceCategory", "not_found",
            { path: { category_code: "nothing" }, body: { name: "x" }, match: 1 });
    });

    test("ends on a day, with the names planned for later", async () => {
        const end = (valid_to, match) => ({ path, body: { valid_to }, match });
        await admin.refused("endServiceCategory", "not_valid_then", end("2014-05-15", 2));
        const ended = await admin.ok("endServiceCategory", end("2014-05-20", 2));
        assert.equal(ended.valid_to, "2014-05-20");
        assert.equal((await read({ as_of: "2014-05-19" })).name, "合唱");
        for (const as_of of ["2014-05-20", "2014-06-01"])
            await admin.refused("getServiceCategory", "not_found", { path, query: { as_of } });
        await admin.refused("endServiceCategory", "version_mismatch", end("2014-05-18", 2));
    });
});

describe("policies", () => {
    const set = (body) => admin.ok("createPolicy", { body: { source: "会议纪要", ...body } });
    const refuse = (code, body) => admin.refused("createPolicy", code,
        { body: { source: "会议纪要", region_code: DISTRICT, ...body } });

    test("nothing is edited: of two the later holds, each from its day on", async () => {
        const first = await set({ name: "reciprocity_threshold", region_code: DISTRICT, value: 4,
            valid_from: "2014-05-01" });
        const second = await set({ name: "reciprocity_threshold", region_code: DISTRICT, value: 5,
            valid_from: "2014-06-01" });
        assert.ok(second.version > first.version);
        const path = { policy_id: first.id };
        assert.deepEqual(await admin.ok("getPolicy", { path }), first);
        const on = async (as_of) => {
            const query = { name: "reciprocity_threshold", region_code: DISTRICT, as_of };
            const { data } = await admin.ok("listPolicies", { query });
            return data.map((row) => row.value);
        };
        assert.deepEqual(await on("2014-04-30"), [3]);
        assert.deepEqual(await on("2014-05-31"), [4]);
        assert.deepEqual(await on("2014-06-01"), [5]);
    });

    test("values come back as they were set", async () => {
        const roles = ["team_leader", "community_secretary"];
        const made = await set({ name: "registrar_roles", region_code: COMMUNITY, value: roles });
        assert.deepEqual(made.value, roles);
        assert.equal(made.valid_from, TODAY);
        const { data } = await world.as.resident.ok("listPolicies",
            { query: { region_code: COMMUNITY, name: "registrar_roles" } });
        assert.deepEqual(data.map((row) => row.value), [roles]);
    });

    for (const [name, value] of [["spot_check_percent", 9], ["spot_check_percent", 101],
        ["spot_check_percent", 10.5], ["spot_check_percent", "20"], ["spot_check_percent", null],
        ["registrar_roles", []], ["registrar_roles", ["volunteer"]], ["registrar_roles", "all"],
        ["reciprocity_threshold", 0], ["star_ladder", "no_such_ladder"],
        ["attester_capacities", []], ["attester_capacities", { patrol: [] }],
        ["attester_capacities", { patrol: ["recipient"] }],
        ["availability", "at_once"], ["rounding", "up"], ["day_minutes_at_once", 0],
        ["day_minutes_at_once", 1441], ["day_minutes_subdistrict", 0],
        ["day_minutes_subdistrict", 1441], ["registrar_outlier_records", 0],
        ["registrar_outlier_records", 100001], ["registrar_outlier_percent", 99],
        ["registrar_outlier_percent", 10001], ["paper_signature", "none"],
        ["points_per_hour", 0], ["points_per_hour", 1001], ["points_per_hour", 1.5],
        ["storage_cap_minutes", 59], ["storage_cap_minutes", 5256001],
        ["storage_cap_minutes", "no"], ["storage_cap_minutes", null]])
        test(`${name} is never ${JSON.stringify(value)}`, () =>
            refuse("policy_value_invalid", { name, value }));

    test("some hold for the whole district only", async () => {
        for (const [name, value] of [["rounding", "none"], ["availability", "on_verification"],
            ["star_ladder", "district_default"]])
            await refuse("policy_of_district_only", { name, value, region_code: COMMUNITY });
        await refuse("not_found", { name: "rounding", value: "none", region_code: "371402009009" });
        await admin.refused("getPolicy", "not_found", { path: { policy_id: randomUUID() } });
    });

    test("a value that does not fit is told with its place and what fits", async () => {
        const place = async (name, value) =>
            (await refuse("policy_value_invalid", { name, value })).args;
        assert.deepEqual(await place("spot_check_percent", 9),
            { name: "spot_check_percent", expected: "an integer from 10 to 100",
                expected_zh: "10 至 100 的整数", pointer: "/value" });
        const roles = ["team_leader", "volunteer", "resident"];
        assert.equal((await place("registrar_roles", roles)).pointer, "/value/1");
        assert.equal((await place("registrar_roles", ["team_leader", "team_leader"])).pointer,
            "/value/1");
        const capacities = { patrol: ["partner_unit"], "a/b": ["recipient"] };
        assert.equal((await place("attester_capacities", capacities)).pointer, "/value/a~1b");
    });

    test("listPolicyKinds names what there is; its defaults are what a founding sets", async () => {
        const { data: kinds } = await world.as.resident.ok("listPolicyKinds");
        const founded = await admin.all("listPolicies",
            { query: { region_code: DISTRICT, as_of: "2014-03-03" } });
        assert.deepEqual(kinds.map((kind) => kind.name), founded.map((row) => row.name).sort());
        for (const kind of kinds)
            assert.deepEqual(kind.default_value,
                founded.find((row) => row.name === kind.name).value, kind.name);
        assert.deepEqual(kinds.filter((kind) => kind.is_of_district).map((kind) => kind.name),
            ["appraisal_mean_hundredths", "appraisal_ratings_min", "availability", "objection_days",
                 "points_per_hour", "rounding", "star_ladder",
                "storage_cap_minutes", "week_cutoff"]);
    });

    test("listEffectivePolicies tells the one value that holds, and where it was set", async () => {
        const [SUBDISTRICT, SIBLING] = ["371402001000", "371402001002"];
        const rule = { name: "spot_check_percent", valid_from: "2014-05-20" };
        await set({ ...rule, region_code: SUBDISTRICT, value: 30 });
        const own = await set(
            { ...rule, region_code: SIBLING, value: 40, valid_from: "2014-05-25" });
        const holds = async (region_code, as_of, by = admin) => {
            const rows = await by.all("listEffectivePolicies",
                { query: { as_of, ...(region_code && { region_code }) } });
            const { value, region_code: where } = rows.find((row) => row.name === rule.name);
            return [value, where];
        };
        assert.deepEqual(await holds(SIBLING, "2014-05-19"), [10, DISTRICT]);
        assert.deepEqual(await holds(SIBLING, "2014-05-24"), [30, SUBDISTRICT]);
        assert.deepEqual(await holds(SIBLING, "2014-05-25"), [40, SIBLING]);
        assert.deepEqual(await holds(undefined, "2014-05-25", world.as.siblingSecretary),
            [40, SIBLING]);
        await admin.ok("endPolicy", { path: { policy_id: own.id },
            body: { valid_to: "2014-06-01", reason: "统一" } });
        assert.deepEqual(await holds(SIBLING, "2014-05-31"), [40, SIBLING]);
        assert.deepEqual(await holds(SIBLING, "2014-06-01"), [30, SUBDISTRICT]);
        assert.deepEqual(await admin.all("listEffectivePolicies",
            { query: { region_code: "371402009009" } }), []);
    });

    test("an end leaves the region without an own value; what is withdrawn never was",
        async () => {
            const rule = { name: "reciprocity_threshold", region_code: FAR_COMMUNITY };
            await set({ ...rule, value: 6, valid_from: "2014-05-01" });
            const second = await set({ ...rule, value: 7, valid_from: "2014-05-10" });
            const planned = await set({ ...rule, value: 8, valid_from: "2014-06-01" });
            const end = (policy, body) =>
                ({ path: { policy_id: policy.id }, body: { reason: "撤回", ...body } });
            const inForce = async (as_of, query) => (await admin.ok("listPolicies",
                { query: { ...rule, as_of, ...query } })).data.map((row) => row.value);
            const known_at = world.database.query("SELECT now()").replace(" ", "T") + ":00";
            const gone = await admin.ok("endPolicy", end(planned));
            assert.deepEqual(gone, { ...planned, valid_to: TODAY });
            assert.deepEqual(await inForce("2014-06-01"), [7]);
            assert.deepEqual(await inForce("2014-06-01", { known_at }), [8]);
            await admin.ok("endPolicy", end(second, { valid_to: "2014-05-20" }));
            assert.deepEqual(await inForce("2014-05-19"), [7]);
            assert.deepEqual(await inForce("2014-05-20"), []);
            assert.deepEqual(await inForce("2014-05-05"), [6]);
            await admin.refused("endPolicy", "already_ended", end(second));
        });

    test("an end is refused: yesterday, of nothing, of what the district needs", async () => {
        const rule = { name: "reciprocity_threshold", value: 9 };
        const own = await set({ ...rule, region_code: COMMUNITY });
        const end = (policy_id, body) => ({ path: { policy_id }, body: { reason: "x", ...body } });
        await admin.refused("endPolicy", "date_in_past", end(own.id, { valid_to: "2014-05-14" }));
        await admin.refused("endPolicy", "not_found", end(randomUUID()));
        const whole = await set({ ...rule, region_code: DISTRICT, valid_from: "2014-07-01" });
        await admin.refused("endPolicy", "policy_needed",
            end(whole.id, { valid_to: "2014-07-02" }));
        await admin.ok("endPolicy", end(whole.id, { valid_to: "2014-07-01" }));
    });
});

describe("public holidays", () => {
    test("a day is recorded once, as holiday or working day", async () => {
        const body = { holiday_date: "2014-05-04", kind: "working_day", name: "劳动节调休",
            source: "国办发明电" };
        const made = await admin.ok("createPublicHoliday", { body });
        assert.deepEqual(made, body);
        await admin.refused("createPublicHoliday", "holiday_known",
            { body: { ...body, kind: "holiday" } });
        const path = { holiday_date: "2014-05-04" };
        assert.deepEqual(await world.as.resident.ok("getPublicHoliday", { path }), body);
        await admin.refused("getPublicHoliday", "not_found",
            { path: { holiday_date: "2014-05-05" } });
    });

    test("are listed by year and kind", async () => {
        for (const holiday_date of ["2013-10-01", "2015-01-01"])
            await admin.ok("createPublicHoliday",
                { body: { holiday_date, kind: "holiday", name: "节日", source: "国办" } });
        const days = async (query) => (await admin.ok("listPublicHolidays", { query })).data.map(
            (row) => row.holiday_date);
        assert.deepEqual(await days({ year_from: 2014, year_to: 2015 }),
            ["2014-05-04", "2015-01-01"]);
        assert.deepEqual(await days({ kind: "holiday" }), ["2013-10-01", "2015-01-01"]);
    });
});

describe("star ladders", () => {
    const step = (star, minutes, changes) => ({
        body: { ladder: "strict", star, minutes, title: `${star}星`, valid_from: "2014-01-01",
            source: "方案", ...changes },
    });

    test("the founding brings a star for every 100 hours, and the national ladder", async () => {
        const steps = async (ladder) => (await admin.ok("listStarLadders",
            { query: { ladder, as_of: TODAY } })).data.map((row) => [row.star, row.minutes]);
        assert.deepEqual(await steps("district_default"),
            [[1, 6000], [2, 12000], [3, 18000], [4, 24000], [5, 30000]]);
        assert.deepEqual(await steps("national_2012"),
            [[1, 6000], [2, 18000], [3, 36000], [4, 60000], [5, 90000]]);
        await admin.ok("createPolicy", { body: { name: "star_ladder", region_code: DISTRICT,
            value: "national_2012", source: "会议纪要", valid_from: "2030-01-01" } });
    });

    test("a higher star needs more minutes than those below", async () => {
        const made = await admin.ok("createStarLadderStep", step(2, 9000));
        const path = { ladder: "strict", valid_from: "2014-01-01", star: 2 };
        assert.deepEqual(await admin.ok("getStarLadderStep", { path }), made);
        await admin.refused("createStarLadderStep", "ladder_step_known", step(2, 9001));
        await admin.refused("createStarLadderStep", "ladder_step_order", step(1, 9000));
        await admin.refused("createStarLadderStep", "ladder_step_order", step(3, 8999));
        await admin.ok("createStarLadderStep", step(1, 8999));
        await admin.ok("createStarLadderStep", step(1, 5000, { valid_from: "2015-01-01" }));
        const { data } = await admin.ok("listStarLadders",
            { query: { ladder: "strict", as_of: TODAY } });
        assert.deepEqual(data.map((row) => row.minutes), [8999, 9000]);
    });
});

describe("star awards", () => {
    const award = (changes) => ({
        body: { volunteer_id: world.volunteers.server.id, kind: "opening", star: 2,
            award_year: 2012, evidence: "表彰名册第3页", ...changes },
    });

    test("one a year, on its last day unless said otherwise", async () => {
        const made = await admin.ok("createStarAward", award());
        assert.equal(made.awarded_on, "2012-12-31");
        const path = { award_id: made.id };
        assert.deepEqual(await world.as.leader.ok("getStarAward", { path }), made);
        await admin.refused("createStarAward", "star_award_known", award({ star: 3 }));
        await admin.refused("createStarAward", "date_in_future", award({ award_year: 2014 }));
        await admin.refused("createStarAward", "not_found", award({ volunteer_id: randomUUID() }));
        await admin.ok("createStarAward", award({ award_year: 2013, awarded_on: "2014-01-20" }));
    });

    test("show at the volunteer, the highest of them", async () => {
        const path = { volunteer_id: world.volunteers.server.id };
        assert.equal((await admin.ok("getVolunteer", { path })).star, 2);
        const { data } = await admin.ok("listStarAwards", { query: { ...path, award_year: 2013 } });
        assert.deepEqual(data.map((row) => row.awarded_on), ["2014-01-20"]);
        assert.deepEqual((await world.as.siblingLeader.ok("listStarAwards")).data, []);
    });
});

test("a holiday of a year that the calendar does not know is refused, and stops no settlement",
    async () => {
        const body = (holiday_date) =>
            ({ body: { holiday_date, kind: "holiday", name: "节日", source: "国办" } });
        for (const day of ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
            await admin.refused("createPublicHoliday", "body_invalid", body(day));
        for (const day of ["1900-01-01", "2199-12-31"])
            await admin.ok("createPublicHoliday", body(day));
        await weekBecomes(world, "frozen", FROZEN);
    });
