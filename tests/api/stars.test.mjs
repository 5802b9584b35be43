// What is missing to the next star, and what another ladder would change.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { COMMUNITY, DISTRICT, OTHER_SUBDISTRICT, SIBLING, TODAY, makeWorld } from "./lib/world.mjs";

const LADDERS = { from_ladder: "district_default", to_ladder: "national_2012" };

let world, admin;

before(async () => {
    world = await makeWorld();
    admin = world.admin;
});
after(() => world.close());

async function earn(volunteer, minutes, region_code = COMMUNITY) {
    await admin.ok("createOpeningBalance", { body: { volunteer_id: volunteer.id, region_code,
        minutes, served_until: "2014-02-28", place: "北园社区", evidence: "登记册" } });
}

describe("the next star", () => {
    test("stands beside the eligible one, at the edge of each step", async () => {
        const volunteer = await world.newVolunteer("赵一");
        const stars = (one) => [one.eligible_star, one.next_star, one.minutes_to_next_star];
        assert.deepEqual(stars(volunteer), [0, 1, 6000]);
        let earned = 0;
        for (const [minutes, expected] of [[5999, [0, 1, 1]], [6000, [1, 2, 6000]],
            [11999, [1, 2, 1]], [12000, [2, 3, 6000]], [29999, [4, 5, 1]], [30000, [5, null, null]],
            [99999, [5, null, null]]]) {
            await earn(volunteer, minutes - earned);
            earned = minutes;
            const path = { volunteer_id: volunteer.id };
            assert.deepEqual(stars(await admin.ok("getVolunteer", { path })), expected);
            const passbook = await admin.ok("getPassbook",
                { path: { passbook_id: volunteer.passbook_id } });
            assert.deepEqual(stars(passbook), expected);
            const { data: [listed] } = await admin.ok("listVolunteers",
                { query: { volunteer_number: volunteer.volunteer_number } });
            assert.deepEqual(stars(listed), expected);
            const { data: [book] } = await admin.ok("listPassbooks",
                { query: { volunteer_id: volunteer.id } });
            assert.deepEqual(stars(book), expected);
        }
    });

    test("is the higher one where a ladder skips a star", async () => {
        const { volunteers: { helper } } = world;
        for (const [star, minutes] of [[2, 100], [4, 500]])
            await admin.ok("createStarLadderStep", { body: { ladder: "skips", star, minutes,
                title: `${star}星`, valid_from: "2014-01-01", source: "方案" } });
        const set = (value) => admin.ok("createPolicy", { body: { name: "star_ladder", value,
            region_code: DISTRICT, source: "会议纪要", valid_from: TODAY } });
        await set("skips");
        const read = async () => {
            const one = await admin.ok("getVolunteer", { path: { volunteer_id: helper.id } });
            return [one.eligible_star, one.next_star, one.minutes_to_next_star];
        };
        assert.deepEqual(await read(), [0, 2, 100]);
        await earn(helper, 100);
        assert.deepEqual(await read(), [2, 4, 400]);
        await set("district_default");
        assert.deepEqual(await read(), [0, 1, 5900]);
    });
});

describe("getStarComparison", () => {
    const compare = (query, by = admin) =>
        by.ok("getStarComparison", { query: { ...LADDERS, ...query } });
    const counts = (ladder) => ladder.stars.map((one) => one.volunteers);

    test("counts each ladder, and who moves; every figure drills down", async () => {
        const people = [["甲", 5999], ["乙", 6000], ["丙", 12000], ["丁", 18000], ["戊", 30000]];
        for (const [name, minutes] of people)
            await earn(await world.newVolunteer(name, SIBLING), minutes, SIBLING);
        const report = await compare({ region_code: SIBLING });
        assert.equal(report.volunteers, 7); // and two of the sibling who earned nothing
        assert.deepEqual([report.as_of, report.region_code], [TODAY, SIBLING]);
        assert.deepEqual(counts(report.from), [3, 1, 1, 1, 0, 1]);
        assert.deepEqual(counts(report.to), [3, 2, 2, 0, 0, 0]);
        assert.deepEqual(report.from.stars[3],
            { star: 3, title: "三星级老干部志愿者", minutes: 18000, volunteers: 1 });
        assert.deepEqual(report.moves.map((one) => [one.from_star, one.to_star, one.volunteers]),
            [[0, 0, 3], [1, 1, 1], [2, 1, 1], [3, 2, 1], [5, 2, 1]]);
        for (const { from_star, to_star, volunteers } of report.moves) {
            const rows = await admin.all("listComparedVolunteers",
                { query: { ...LADDERS, region_code: SIBLING, from_star, to_star } });
            assert.equal(rows.length, volunteers);
        }
        const moved = await world.as.siblingSecretary.all("listComparedVolunteers",
            { query: { ...LADDERS, moves: true } });
        assert.deepEqual(moved.map((one) => [one.name, one.earned_minutes]),
            [["戊", 30000], ["丁", 18000], ["丙", 12000]]);
        const usual = await admin.ok("getStarComparison", { query: { region_code: SIBLING } });
        assert.deepEqual({ ...usual, known_at: report.known_at }, report);
        const same = await compare({ region_code: SIBLING, to_ladder: "district_default" });
        assert.deepEqual(same.moves.filter((one) => one.from_star !== one.to_star), []);
    });

    test("as of a day, and within the token's region", async () => {
        const before = await compare({ region_code: SIBLING, as_of: "2014-05-14" });
        assert.deepEqual(counts(before.from), [7, 0, 0, 0, 0, 0]);
        const far = await compare({ region_code: SIBLING, as_of: "2014-03-09" });
        assert.equal(far.volunteers, 0); // nobody had joined
        const own = await compare({}, world.as.siblingSecretary);
        assert.equal(own.region_code, SIBLING);
        assert.equal((await compare({}, world.as.reportReader)).region_code, DISTRICT);
        assert.equal((await compare({}, world.as.farAdmin)).region_code, OTHER_SUBDISTRICT);
        for (const region_code of [COMMUNITY, DISTRICT])
            await world.as.siblingSecretary.refused("getStarComparison", "not_found",
                { query: { ...LADDERS, region_code } });
        await world.as.reportReader.refused("listComparedVolunteers", "role_not_allowed",
            { query: LADDERS });
    });

    test("of ladders that exist", async () => {
        await admin.refused("getStarComparison", "not_found",
            { query: { ...LADDERS, to_ladder: "no_such_ladder" } });
        await admin.refused("getStarComparison", "not_found",
            { query: { ...LADDERS, as_of: "2014-03-02" } }); // before the founding
        assert.deepEqual(await admin.all("listComparedVolunteers",
            { query: { ...LADDERS, from_ladder: "no_such_ladder" } }), []);
        const known_at = new Date().toISOString();
        for (const id of ["getStarComparison", "listComparedVolunteers"])
            await admin.refused(id, "known_at_too_recent", { query: { ...LADDERS, known_at } });
        const early = new Date(Date.now() - 3600000).toISOString();
        await admin.refused("getStarComparison", "not_found",
            { query: { ...LADDERS, known_at: early } }); // no ladder was known then
    });
});
