// Scenario 1 to its end: the year's run and notice, and the star. Its quarters are published and final first.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import {
    closeWeek, quarterBecomes, serve, setClock, weekBecomes,
} from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { until } from "./lib/wait.mjs";
import { fillBook } from "./lib/withdrawals.mjs";
import { COMMUNITY, FROZEN, SETTLED, SIBLING, SUBDISTRICT, makeWorld } from "./lib/world.mjs";

const YEAR = 2014, NOTICE = "371402-2014-1";
const path = { year: YEAR, region_code: COMMUNITY };
const codeOf = ({ status, body }) => `${status} ${body.code}`;

let world, list;

const period = () => world.admin.ok("getPeriod", { path: { grain: "year", begin_date: "2014-01-01" } });
const yearBecomes = async (state, standing_clock) => {
    await setClock(world, standing_clock);
    return until(async () => {
        const now = await period();
        return now.state === state && now;
    }, `the year is ${state}`, 60000);
};
const star = async () => {
    const told = await world.admin.ok("getVolunteer",
        { path: { volunteer_id: world.volunteers.server.id } });
    return [told.eligible_star, told.star];
};

// Hangs the notice of a quarter or year on all its boards a day after it was drawn up; gives when that was.
async function hang(number, standing_clock) {
    await setClock(world, standing_clock);
    const { pages } = await world.anyone.ok("getPublicNotice", { path: { number } });
    await world.admin.ok("createNoticePostings", { path: { number }, body: {
        postings: pages.map(({ region_code }) =>
            ({ region_code, place: "公示栏", posted_at: standing_clock })) } });
}

// 99 h 30 and 60 minutes; the quarters one after the other.
before(async () => {
    world = await makeWorld();
    await fillBook(world, world.volunteers.server, 5970);
    await fillBook(world, world.volunteers.siblingServer, 15000);
    await serve(world);
    await weekBecomes(world, "frozen", FROZEN);
    await closeWeek(world.as.secretary);
    await weekBecomes(world, "settled", SETTLED);
    for (const [begin_date, name, settled, hung, final] of [
        ["2014-04-01", "Q2", "2014-07-10", "2014-07-11", "2014-07-19"],
        ["2014-07-01", "Q3", "2014-10-10", "2014-10-11", "2014-10-19"],
        ["2014-10-01", "Q4", "2015-01-10", "2015-01-11", "2015-01-19"]]) {
        await quarterBecomes(world, "settled", `${settled}T12:00:00+08:00`, begin_date);
        await hang(`371402-2014${name}-1`, `${hung}T09:00:00+08:00`);
        await quarterBecomes(world, "final", `${final}T00:00:00+08:00`, begin_date);
    }
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

describe("a year", () => {
    test("freezes when its quarters are final, and is appraised", async () => {
        await yearBecomes("frozen", "2015-01-19T09:00:00+08:00");
        assert.deepEqual(await star(), [1, 0]);
        const { data } = await world.as.secretary.ok("listAppraisals", { path: { year: YEAR } });
        assert.deepEqual(data.map((one) => [one.name, one.earned_minutes, one.gate, one.worn_star,
            one.proposed_star, one.community_rank]), [["李卫东", 6030, "pass", 0, 1, 1]]);
        ({ data: [list] } = await world.as.secretary.ok("listAppraisedRegions",
            { path: { year: YEAR } }));
        assert.deepEqual([list.state, list.volunteers, list.to_award, list.honour_quota],
            ["waiting", 1, 1, 1]);
        assert.deepEqual((await world.as.farSecretary.ok("listAppraisedRegions",
            { path: { year: YEAR } })).data, []);
    });

    test("is proposed by the community and confirmed by the subdistrict", async () => {
        const { secretary, siblingSecretary, subdistrictAdmin } = world.as;
        const volunteer_id = world.volunteers.server.id;
        const body = { digest: list.digest, honours: [volunteer_id] };
        const act = (by, name, more) => by.call(name, { path, body: { ...body, ...more } });
        assert.equal(codeOf(await act(siblingSecretary, "proposeAppraisal")), "404 not_found");
        assert.equal(codeOf(await act(secretary, "proposeAppraisal", { digest: "0".repeat(64) })),
            "409 appraisal_changed");
        assert.equal(codeOf(await act(subdistrictAdmin, "reviewAppraisal", { decision: "confirm" })),
            "409 appraisal_state_wrong");
        const proposed = await act(secretary, "proposeAppraisal");
        assert.deepEqual([proposed.status, proposed.body.state, proposed.body.honours],
            [200, "proposed", 1]);
        assert.equal(codeOf(await act(subdistrictAdmin, "reviewAppraisal", { decision: "return" })),
            "422 reason_missing");
        const back = await act(subdistrictAdmin, "reviewAppraisal",
            { decision: "return", reason: "请补充材料", honours: undefined });
        assert.deepEqual([back.body.state, back.body.reason], ["returned", "请补充材料"]);
        assert.equal((await act(secretary, "proposeAppraisal")).status, 200);
        assert.equal((await act(subdistrictAdmin, "reviewAppraisal", { decision: "confirm" })).status, 200);
        const sibling = { year: YEAR, region_code: SIBLING };
        const theirs = await siblingSecretary.ok("getAppraisedRegion", { path: sibling });
        await siblingSecretary.ok("proposeAppraisal", { path: sibling, body: {
            digest: theirs.digest,
            deviations: [{ volunteer_id: world.volunteers.siblingServer.id, star: 1, reason: "缺席较多" }],
        } });
        assert.equal((await period()).state, "frozen");
        const confirmed = await subdistrictAdmin.ok("reviewAppraisal",
            { path: sibling, body: { digest: theirs.digest, decision: "confirm" } });
        assert.deepEqual([confirmed.state, confirmed.turn], ["confirmed", 2]);
    });

    test("is published with its stars, which are worn when the notice is final", async () => {
        await yearBecomes("settled", "2015-01-20T09:00:00+08:00");
        const { data } = await world.anyone.ok("listPublicNoticeLines", { path: { number: NOTICE } });
        assert.deepEqual(data.map((line) => [line.masked_name, line.earned_minutes, line.star]),
            [["李*东", 6030, 1], ["马*强", 15000, 1]]);
        assert.deepEqual(await star(), [1, 0]);
        const runs = await world.admin.all("listSettlementRuns");
        assert.equal(runs.filter((run) => run.grain === "year").length, 1);
        await hang(NOTICE, "2015-01-21T09:00:00+08:00");
        await yearBecomes("final", "2015-01-29T00:00:00+08:00");
        assert.deepEqual(await star(), [1, 1]);
        const awards = await world.admin.all("listStarAwards");
        assert.deepEqual(awards.map((one) =>
            [one.name, one.star, one.award_year, one.kind, one.evidence]).sort(),
            [["李卫东", 1, 2014, "appraisal", NOTICE], ["马志强", 1, 2014, "appraisal", NOTICE]]);
    });

    test("honours are told, to volunteers their own", async () => {
        const { data } = await world.as.volunteer.ok("listHonours");
        assert.deepEqual(data.map((one) => [one.year, one.name, one.level, one.community_rank]),
            [[2014, "李卫东", "subdistrict", 1]]);
        assert.deepEqual((await world.as.siblingSecretary.ok("listHonours")).data, []);
        assert.equal(data[0].region_code.slice(0, 9), SUBDISTRICT.slice(0, 9));
    });
});
