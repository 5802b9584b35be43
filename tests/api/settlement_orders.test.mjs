// A settlement that the district asks for, and what came of it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { afterEach, beforeEach, describe, test } from "node:test";

import { closeWeek, passbookOf, quarterBecomes, serve, weekBecomes } from "./lib/acts.mjs";
import { Daemon, commandOk } from "./lib/daemon.mjs";
import { until } from "./lib/wait.mjs";
import { FROZEN, QUARTER_SETTLED, SETTLED, WEEK, makeWorld } from "./lib/world.mjs";

let world, admin;

beforeEach(async () => {
    world = await makeWorld();
    ({ admin } = world);
});
afterEach(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

// The clock moves and nobody is told: the daemon itself would look after half a minute.
const moveQuietly = (at) =>
    world.database.query(`UPDATE installation SET standing_clock = '${at}'`);
const order = (body = {}, options) => admin.call("startSettlementRun",
    { body: { dry_run: false, ...body }, ...options });
const read = (order_id) => admin.ok("getSettlementOrder", { path: { order_id } });
const outcomeOf = ({ id }) => until(async () => {
    const one = await read(id);
    return one.state !== "waiting" && one;
}, "the order is carried out");
const steps = (one) => one.steps.map((step) =>
    `${step.action} ${step.grain} ${step.begin_date} ${step.result}`);

async function closedWeek() {
    await serve(world);
    await weekBecomes(world, "frozen", FROZEN);
    await closeWeek(world.as.secretary);
}

describe("startSettlementRun", () => {
    test("settles what is due and tells what it did", async () => {
        await closedWeek();
        moveQuietly(SETTLED);
        const answer = await order();
        assert.equal(answer.status, 202, answer.text);
        assert.equal(answer.headers.location, `/v1/settlement-runs/orders/${answer.body.id}`);
        assert.deepEqual([answer.body.state, answer.body.steps], ["waiting", []]);
        const done = await outcomeOf(answer.body);
        assert.deepEqual([done.state, steps(done)], ["done", [`settle week ${WEEK} done`]]);
        const { data: [run] } = await admin.ok("listSettlementRuns", { query: { from: WEEK } });
        const [{ records, deposits, minutes, carried, digest, flagged }] = done.steps;
        assert.deepEqual([records, deposits, minutes, carried, digest, flagged],
            [run.records, run.deposits, run.minutes, run.carried, run.digest, null]);
        assert.equal(Date.parse(done.finished_at), Date.parse(SETTLED));
        assert.equal((await passbookOf(admin, world.volunteers.server)).balance_minutes, 60);
    });

    test("finds nothing to do when nothing is due, as often as it is asked", async () => {
        for (let i = 0; i < 2; i++) {
            const done = await outcomeOf((await order()).body);
            assert.deepEqual([done.state, done.steps], ["done", []]);
        }
    });

    test("a dry run changes nothing and gives the digest that comes", async () => {
        await closedWeek();
        moveQuietly(SETTLED);
        const tried = await outcomeOf((await order({ dry_run: true })).body);
        assert.deepEqual([tried.state, tried.dry_run, steps(tried)],
            ["done", true, [`settle week ${WEEK} would`]]);
        const week = await admin.ok("getPeriod", { path: { grain: "week", begin_date: WEEK } });
        assert.equal(week.state, "frozen");
        const done = await outcomeOf((await order()).body);
        assert.deepEqual({ ...done.steps[0], result: "would" }, tried.steps[0]);
        const again = await outcomeOf((await order({ dry_run: true })).body);
        assert.deepEqual(again.steps, []);
    });

    test("a grain has no greater ones", async () => {
        moveQuietly(QUARTER_SETTLED);
        const weeks = await outcomeOf((await order({ grain: "week" })).body);
        assert.deepEqual([...new Set(weeks.steps.map((step) => step.grain))], ["week"]);
        const months = await outcomeOf((await order({ grain: "month" })).body);
        assert.deepEqual([...new Set(months.steps.map((step) => step.grain))], ["month"]);
        const all = await outcomeOf((await order()).body);
        assert.deepEqual(steps(all),
            ["freeze quarter 2014-04-01 done", "settle quarter 2014-04-01 done"]);
        await admin.refused("startSettlementRun", "body_invalid", { body: { grain: "week" } });
        await admin.refused("startSettlementRun", "body_invalid", { body: { grain: "day", dry_run: true } });
    });

    test("one key is one order, carried out once", async () => {
        const idempotencyKey = "settle-once";
        const [first, second] = [await order({}, { key: idempotencyKey }),
            await order({}, { key: idempotencyKey })];
        assert.equal(second.body.id, first.body.id);
        assert.equal(second.headers["idempotent-replayed"], "true");
        await outcomeOf(first.body);
        const { data } = await admin.ok("listSettlementOrders");
        assert.equal(data.length, 1);
    });

    test("says busy when another process is at the period, which loses nothing", async () => {
        await closedWeek();
        moveQuietly(SETTLED);
        const other = spawn("psql", ["-X", "-q", world.database.url], { stdio: ["pipe", "pipe", "inherit"] });
        other.stdin.write(`BEGIN; SELECT 'held' FROM periods WHERE grain = 'week'
            AND begin_date = '${WEEK}' FOR UPDATE;\n`);
        await new Promise((resolve) => other.stdout.once("data", resolve));
        const busy = await outcomeOf((await order()).body);
        assert.deepEqual([busy.state, steps(busy)], ["busy", [`settle week ${WEEK} busy`]]);
        other.stdin.end("ROLLBACK;\n");
        await new Promise((resolve) => other.once("close", resolve));
        const done = await outcomeOf((await order()).body);
        assert.deepEqual(steps(done), [`settle week ${WEEK} done`]);
    });

    test("with two daemons each order is carried out once, by either", async () => {
        const second = await new Daemon(world.database.url).start();
        await closedWeek();
        moveQuietly(SETTLED);
        const made = await Promise.all(Array.from({ length: 6 }, () => order()));
        const done = await Promise.all(made.map((one) => outcomeOf(one.body)));
        await second.stop();
        assert.equal(done.flatMap(steps).filter((step) => step.endsWith(" done")).length, 1);
        assert.ok(done.every((one) => one.state === "done"), JSON.stringify(done));
        assert.equal((await passbookOf(admin, world.volunteers.server)).balance_minutes, 60);
    });

    test("what waits when the daemon stops is carried out by the next", async () => {
        await closedWeek();
        const { user } = world.as.auditor.actor;
        await world.daemon.stop();
        moveQuietly(SETTLED);
        const id = "0190f0c0-0000-7000-8000-00000000abcd";
        world.database.query(`INSERT INTO settlement_orders (district_id, id, dry_run, ordered_by,
            ordered_at) VALUES (371402, '${id}', false, '${user.id}', '${SETTLED}')`);
        await world.daemon.start();
        assert.deepEqual(steps(await outcomeOf({ id })), [`settle week ${WEEK} done`]);
    });
});

test("orders are listed by state; the runs of all grains are, with figures", async () => {
    await closedWeek();
    await quarterBecomes(world, "settled", QUARTER_SETTLED, "2014-04-01");
    await outcomeOf((await order({ dry_run: true })).body);
    const { data } = await world.as.auditor.ok("listSettlementOrders", { query: { state: "done" } });
    assert.deepEqual(data.map((one) => [one.dry_run, one.steps]), [[true, 0]]);
    const none = await admin.ok("listSettlementOrders", { query: { state: "waiting" } });
    assert.deepEqual(none.data, []);
    for (const grain of ["week", "month", "quarter"]) {
        const { data: [run] } = await admin.ok("listSettlementRuns", { query: { grain } });
        assert.equal(run.grain, grain);
        assert.ok(run.policy_version > 0 && run.digest.length === 64);
        assert.equal(grain === "week", run.statements === 0, `${grain}: ${run.statements}`);
    }
});
