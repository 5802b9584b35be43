// The district's tree, and its names in time.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import {
    COMMUNITY, DISTRICT, REGIONS, SIBLING, SUBDISTRICT, TODAY, makeWorld,
} from "./lib/world.mjs";

let world;

before(async () => {
    world = await makeWorld();
});
after(() => world.close());

const create = (body) => world.admin.ok("createRegion", { body });
const refuse = (code, body) => world.admin.refused("createRegion", code, { body });
const at = (region_code, query) =>
    world.admin.ok("getRegion", { path: { region_code }, ...(query && { query }) });
const community = (region_code, changes) =>
    ({ region_code, kind: "community", name: "新社区", setting: "urban", ...changes });

describe("createRegion", () => {
    test("a community lies in the subdistrict that its code names, from today on", async () => {
        const made = await create(community("371402001010"));
        assert.equal(made.parent_code, SUBDISTRICT);
        assert.equal(made.valid_from, TODAY);
        assert.equal(made.valid_to, null);
        assert.deepEqual(await at("371402001010"), made);
    });

    test("a town lies in the district", async () => {
        const made = await create({ region_code: "371402100000", kind: "town", name: "黄河涯镇" });
        assert.equal(made.parent_code, DISTRICT);
        assert.equal(made.setting, null);
    });

    for (const [what, code, body] of [
        ["a code of another district", "region_code_unfit", community("371403001001")],
        ["a subdistrict's code", "region_code_unfit", community("371402001000")],
        ["a subdistrict with a community's code", "region_code_unfit",
            { region_code: "371402003001", kind: "subdistrict", name: "某街道" }],
        ["the district's own code", "region_code_unfit",
            { region_code: DISTRICT, kind: "subdistrict", name: "某街道" }],
        ["no subdistrict above", "region_parent_unknown", community("371402009001")],
        ["a code that is taken", "region_code_taken", community(COMMUNITY)],
        ["neither urban nor rural", "region_setting_unfit",
            community("371402001011", { setting: undefined })],
        ["an urban subdistrict", "region_setting_unfit",
            { region_code: "371402004000", kind: "subdistrict", name: "某街道", setting: "urban" }],
    ])
        test(`is refused: ${what}`, () => refuse(code, body));

    test("of two at once with one code one is made", async () => {
        const answers = await Promise.all([1, 2, 3].map((i) => world.admin.call("createRegion",
            { body: community("371402001012", { name: `并发${i}` }) })));
        assert.deepEqual(answers.map((one) => one.body.code ?? "made").sort(),
            ["made", "region_code_taken", "region_code_taken"]);
    });
});

describe("listRegions", () => {
    const codes = (query) =>
        world.admin.all("listRegions", { query }).then((rows) =>
            rows.map((row) => row.region_code));

    test("shows the tree to every role", async () => {
        const rows = await world.as.resident.all("listRegions");
        for (const code of REGIONS) assert.ok(rows.some((row) => row.region_code === code), code);
    });

    test("narrows by kind, setting, parent and name", async () => {
        assert.deepEqual(await codes({ kind: "district" }), [DISTRICT]);
        assert.ok((await codes({ parent_code: SUBDISTRICT })).includes(SIBLING));
        assert.ok(!(await codes({ parent_code: SUBDISTRICT })).includes("371402002001"));
        assert.deepEqual(await codes({ setting: "rural" }), ["371402002001"]);
        assert.deepEqual(await codes({ name_prefix: "北园" }), [COMMUNITY]);
        assert.deepEqual(await codes({ name_prefix: "北_" }), []);
    });

    test("of a day before it was made a region is not there", async () => {
        await create(community("371402001020"));
        assert.ok((await codes({})).includes("371402001020"));
        assert.ok(!(await codes({ as_of: "2014-05-14" })).includes("371402001020"));
    });
});

describe("renameRegion", () => {
    const rename = (region_code, body, match) =>
        world.admin.call("renameRegion", { path: { region_code }, body, match });

    test("the old name holds until the day, the new one from then on", async () => {
        const { version } = await at(SIBLING);
        const answer = await rename(SIBLING, { name: "南园新村", valid_from: "2014-05-10" }, version);
        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.body.name, "南园新村");
        assert.equal(answer.body.version, version + 1);
        assert.equal((await at(SIBLING)).name, "南园新村");
        assert.equal((await at(SIBLING, { as_of: "2014-05-09" })).name, "南园社区");
        assert.equal((await at(SIBLING, { as_of: "2014-05-10" })).name, "南园新村");
    });

    test("what was known before it was recorded stays readable", async () => {
        const known_at = world.database.query(
            "SELECT to_char(min(recorded_at) AT TIME ZONE 'UTC' + interval '1 ms', " +
            "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM region_facts " +
            `WHERE region_code = ${SIBLING}`);
        const then = await at(SIBLING, { as_of: "2014-05-12", known_at });
        assert.equal(then.name, "南园社区");
    });

    test("is refused with a stale version, on a day before the region, and unseen", async () => {
        const { version } = await at(SIBLING);
        const stale = await rename(SIBLING, { name: "别名" }, version - 1);
        assert.equal(stale.body.code, "version_mismatch");
        const early = await rename(SIBLING, { name: "别名", valid_from: "1999-01-01" }, version);
        assert.equal(early.body.code, "not_valid_then");
        const nowhere = await rename("371402009009", { name: "别名" }, 1);
        assert.equal(nowhere.body.code, "not_found");
        const unseen = await rename(SIBLING, { name: "别名" });
        assert.equal(unseen.body.code, "if_match_missing");
        assert.equal((await at(SIBLING)).name, "南园新村");
    });
});

describe("changeRegionSetting", () => {
    const change = (region_code, match, body) =>
        ({ path: { region_code }, match, body: { setting: "rural", ...body } });

    test("holds from the day on, and the report of the day before keeps it", async () => {
        await create(community("371402001040", { valid_from: "2014-04-01" }));
        const changed = await world.admin.ok("changeRegionSetting",
            change("371402001040", 1, { valid_from: "2014-05-10" }));
        assert.deepEqual([changed.setting, changed.version, changed.name], ["rural", 2, "新社区"]);
        assert.equal((await at("371402001040", { as_of: "2014-05-09" })).setting, "urban");
        assert.equal((await at("371402001040")).setting, "rural");
    });

    test("is refused: stale, before it was there, of what is no community", async () => {
        await create(community("371402001041", { valid_from: "2014-04-01" }));
        const refused = (code, of) => world.admin.refused("changeRegionSetting", code, of);
        await refused("version_mismatch", change("371402001041", 2));
        await refused("not_valid_then", change("371402001041", 1, { valid_from: "2014-03-31" }));
        const { version } = await at(SUBDISTRICT);
        await refused("region_setting_unfit", change(SUBDISTRICT, version));
    });
});

test("listRegionHistory tells what was true and what was known of it", async () => {
    const path = { region_code: "371402001042" };
    await create(community("371402001042", { name: "旧名", valid_from: "2014-04-01" }));
    const known_at = world.database.query("SELECT now()").replace(" ", "T") + ":00";
    await world.admin.ok("renameRegion",
        { path, match: 1, body: { name: "新名", valid_from: "2014-05-01" } });
    const told = async (query) => (await world.as.resident.ok("listRegionHistory",
        { path, query })).data.map((row) => [row.name, row.valid_from, row.valid_to,
        row.superseded_at === null]);
    assert.deepEqual(await told(), [["旧名", "2014-04-01", null, false],
        ["旧名", "2014-04-01", "2014-05-01", true], ["新名", "2014-05-01", null, true]]);
    assert.deepEqual(await told({ known_at, as_of: TODAY }), [["旧名", "2014-04-01", null, false]]);
    assert.deepEqual((await told({ as_of: TODAY })).map(([name]) => name), ["旧名", "新名"]);
});

test("getRegion does not find what is not there, or was not yet", async () => {
    await world.admin.refused("getRegion", "not_found", { path: { region_code: "371402009009" } });
    await world.admin.refused("getRegion", "not_found",
        { path: { region_code: COMMUNITY }, query: { as_of: "2010-01-01" } });
});
