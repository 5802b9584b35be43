// The month: frozen when the week of its last day has settled; statements of passbooks, teams and
// regions; what comes late is booked in the oldest open month, with its true date.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";

import { closeWeek, monthBecomes, serve, setClock, weekBecomes } from "./lib/acts.mjs";
import { command, commandOk } from "./lib/daemon.mjs";
import { Database } from "./lib/database.mjs";
import { COMMUNITY, DISTRICT, SIBLING, SUBDISTRICT, makeWorld } from "./lib/world.mjs";

const JUNE = "2014-06-01", JULY = "2014-07-01";
const STRADDLING = "2014-06-30", AFTER = "2014-07-07";
const at = (day, time) => `${day}T${time}:00+08:00`;

let world, late;

const hour = (day, from = "08:00", to = "09:00") =>
    ({ starts_at: at(day, from), ends_at: at(day, to) });
const period = (grain, begin_date) => world.admin.ok("getPeriod", { path: { grain, begin_date } });
const statements = (by, query) => by.all("listMonthStatements", { query });
const regions = (by, query) => by.all("listRegionStatements", { query });
const teams = (by, query) => by.all("listTeamStatements", { query });

// Monday 30 June and Tuesday 1 July are one week; on 11 July June is settled.
before(async () => {
    world = await makeWorld();
    await setClock(world, at("2014-06-30", "20:00"));
    await serve(world, hour("2014-06-30"));
    await setClock(world, at("2014-07-01", "20:00"));
    await serve(world, hour("2014-07-01", "08:00", "08:30"));
    await weekBecomes(world, "frozen", at("2014-07-08", "09:00"), STRADDLING);
    await closeWeek(world.as.secretary, COMMUNITY, STRADDLING);
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

describe("a month", () => {
    test("stays open while the week of its last day is not settled", async () => {
        assert.equal((await period("month", JUNE)).state, "open");
        assert.equal((await period("month", "2014-05-01")).state, "settled");
        assert.deepEqual(await statements(world.admin, { book_month: JUNE }), []);
    });

    test("is settled right after that week, and sealed", async () => {
        const month = await monthBecomes(world, "settled", at("2014-07-10", "00:00"), JUNE);
        assert.equal((await period("week", STRADDLING)).state, "settled");
        assert.match(month.digest, /^[0-9a-f]{64}$/);
        const run = await world.admin.ok("getSettlementRun", { path: { run_id: month.run_id } });
        assert.deepEqual(
            { grain: run.grain, records: run.records, minutes: run.minutes, carried: run.carried,
                statements: run.statements, digest: run.digest },
            { grain: "month", records: 1, minutes: 60, carried: 0, statements: 5,
                digest: month.digest });
    });

    test("has the days of its own of a week that straddles two", async () => {
        const path = { passbook_id: world.volunteers.server.passbook_id };
        const { data } = await world.admin.ok("listPassbookLines", { path });
        assert.deepEqual(data.map((line) => [line.book_month, line.minutes]),
            [[JUNE, 60], [JULY, 30]]);
    });
});

describe("statements of a month", () => {
    const figures = ({ opening_minutes, deposited_minutes, closing_minutes, earned_minutes, records }) =>
        [opening_minutes, deposited_minutes, closing_minutes, earned_minutes, records];

    test("tell what a passbook did", async () => {
        const [one, ...others] = await statements(world.as.secretary, { book_month: JUNE });
        assert.deepEqual(others, []);
        assert.equal(one.volunteer_id, world.volunteers.server.id);
        assert.equal(one.volunteer_name, world.persons.server.name);
        assert.equal(one.passbook_id, world.volunteers.server.passbook_id);
        assert.equal(one.region_code, COMMUNITY);
        assert.deepEqual(figures(one), [0, 60, 60, 60, 1]);
    });

    test("are a volunteer's own, and another's are not found", async () => {
        const own = await statements(world.as.volunteer);
        assert.deepEqual(own.map((one) => one.volunteer_id), [world.volunteers.server.id]);
        const query = { volunteer_id: world.volunteers.server.id };
        assert.deepEqual(await statements(world.as.siblingSecretary, query), []);
    });

    test("add up to a community, its subdistrict and the district", async () => {
        const all = await regions(world.admin, { book_month: JUNE });
        assert.deepEqual(all.map((one) => one.region_code), [DISTRICT, SUBDISTRICT, COMMUNITY]);
        for (const one of all) {
            assert.deepEqual(
                [one.records, one.volunteers, one.record_minutes, one.issued_minutes, one.passbooks,
                    one.closing_minutes, one.booked_late], [1, 1, 60, 60, 1, 60, 0]);
        }
        const level = async (name) => (await regions(world.admin, { book_month: JUNE, level: name }))
            .map((one) => one.region_code);
        assert.deepEqual(await level("community"), [COMMUNITY]);
        assert.deepEqual(await level("subdistrict"), [SUBDISTRICT]);
        assert.deepEqual(await level("district"), [DISTRICT]);
        assert.deepEqual((await regions(world.as.secretary)).map((one) => one.region_code), [COMMUNITY]);
        assert.deepEqual(await regions(world.as.siblingSecretary), []);
    });

    test("are read by a spreadsheet with its user name and password", async () => {
        const { token } = world.as.reportReader;
        const authorization = `Basic ${Buffer.from(`excel:${token}`).toString("base64")}`;
        const { data } = await world.anyone.ok("listRegionStatements",
            { query: { book_month: JUNE, level: "district" }, headers: { authorization } });
        assert.equal(data[0].region_code, DISTRICT);
    });

    test("tell a leader of his team only", async () => {
        const own = await teams(world.as.leader, { book_month: JUNE });
        assert.deepEqual(own.map((one) => [one.team_id, one.records, one.volunteers, one.record_minutes]),
            [[world.team.id, 1, 1, 60]]);
        assert.deepEqual(await teams(world.as.siblingLeader), []);
        assert.deepEqual(await teams(world.as.siblingSecretary, { team_id: world.team.id }), []);
    });
});

describe("service of a settled month that comes late", () => {
    before(async () => {
        await setClock(world, at("2014-07-10", "09:00"));
        late = await serve(world, hour("2014-06-29"));
        await weekBecomes(world, "frozen", at("2014-07-14", "09:00"), AFTER);
        await closeWeek(world.as.secretary, COMMUNITY, AFTER);
        await monthBecomes(world, "settled", at("2014-08-08", "00:00"), JULY);
    });

    test("is booked in the oldest open month with its true date", async () => {
        const path = { passbook_id: world.volunteers.server.passbook_id, line_no: 3 };
        const { data } = await world.admin.ok("listPassbookLineRecords", { path });
        assert.deepEqual(
            data.map((one) => [one.record_id, one.service_date, one.minutes, one.booked_late]),
            [[late.id, "2014-06-29", 60, true]]);
    });

    test("is told in that month's statements, and leaves the settled ones as they are", async () => {
        const [july, june] = await statements(world.as.volunteer);
        assert.deepEqual([july.book_month, june.book_month], [JULY, JUNE]);
        assert.deepEqual([july.opening_minutes, july.deposited_minutes, july.closing_minutes,
            july.records], [60, 90, 150, 2]);
        assert.deepEqual([june.deposited_minutes, june.closing_minutes, june.records], [60, 60, 1]);
        const [community] = await regions(world.as.secretary, { book_month: JULY });
        assert.deepEqual([community.records, community.booked_late], [2, 1]);
    });
});

describe("the command settle", () => {
    const database = new Database();
    after(() => database.drop());

    test("leaves the months open with --grain week", () => {
        const settle = (...args) => commandOk(database.url, "settle", "--json", ...args)
            .split("\n").filter(Boolean).map((line) => JSON.parse(line));
        const grains = (steps) => [...new Set(steps.map((step) => step.grain))].sort();
        commandOk(database.url, "district", "--code", "371402", "--name", "德城区", "--zone",
            "Asia/Shanghai", "--founded", "2014-03-03", "--kind", "test", "--clock",
            at("2014-05-15", "12:00")); // which settles all that is due by then
        database.query(`UPDATE installation SET standing_clock = '${at("2014-06-20", "12:00")}'`);
        assert.deepEqual(grains(settle("--grain", "week")), ["week"]);
        assert.deepEqual(grains(settle("--dry-run")), ["month"]);
        const done = settle();
        assert.deepEqual(done.map((step) => `${step.action} ${step.period}`),
            ["freeze 2014-05", "settle 2014-05"]);
        assert.deepEqual(settle("--grain", "month"), []);
    });

    test("draws a bar on a terminal", () => {
        database.query(`UPDATE installation SET standing_clock = '${at("2014-07-20", "12:00")}'`);
        const run = spawnSync("script", ["-qec", `${process.env.TB_DAEMON} settle`, "/dev/null"],
            { encoding: "utf8", env: { ...process.env, DATABASE_URL: database.url } });
        assert.equal(run.status, 0, run.stdout);
        const steps = [...run.stdout.matchAll(/\r\x1b\[K371402 \[(#*) *\] (\d+)\/(\d+) /g)];
        assert.deepEqual(steps.map(([, , place]) => Number(place)), steps.map((_, i) => i + 1));
        const [, bar, , total] = steps.at(-1);
        assert.equal(bar.length, 30);
        assert.equal(Number(total), steps.length);
        assert.match(run.stdout, new RegExp(`${total} steps done`));
    });

    test("refuses any other grain", () => {
        const { status, stderr } = command(database.url, "settle", "--grain", "day");
        assert.equal(status, 1);
        assert.match(stderr, /day is neither week nor month nor quarter/);
    });
});
