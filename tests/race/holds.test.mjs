// Minutes of one passbook that are wanted by several at once: placed, voided, expired and captured in
// every order, each transaction open while the others begin. What comes out is what one after the
// other would have made, in some order.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { atCounter, closeWeek, freeTime, passbookOf, weekBecomes } from "../api/lib/acts.mjs";
import { commandOk } from "../api/lib/daemon.mjs";
import { Database } from "../api/lib/database.mjs";
import { until } from "../api/lib/wait.mjs";
import { assign, fillBook } from "../api/lib/withdrawals.mjs";
import { FROZEN, SETTLED, WEEK, makeWorld } from "../api/lib/world.mjs";

const BALANCE = 100, SERVED = 50, UNSERVED = 30, WANTED = 40;
const ROUNDS = 5;
const LATER = "2014-08-01T00:00:00+08:00"; // holds of the tests expire in July

const permutations = (list) => (list.length < 2 ? [list]
    : list.flatMap((one) => permutations(list.filter((other) => other !== one))
        .map((rest) => [one, ...rest])));

// A session that is told statements and gives the lines that come back.
class Session {
    constructor(url) {
        this.child = spawn("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", url]);
        this.text = "";
        this.errors = "";
        this.child.stdout.on("data", (data) => (this.text += data));
        this.child.stderr.on("data", (data) => (this.errors += data));
        this.child.stdin.on("error", () => {}); // it has ended; done() says so
        this.ended = new Promise((resolve) => this.child.on("close", resolve));
    }

    tell(sql) {
        this.child.stdin.write(`${sql}\n`);
    }

    // Resolves when what was told is done.
    async done(mark) {
        this.tell(`\\echo ${mark}`);
        await until(() => this.text.includes(mark) || this.errors, mark);
        assert.equal(this.errors, "");
    }

    async end() {
        this.child.stdin.end();
        await this.ended;
        return this.text.split("\n")[0];
    }
}

describe("four who move one passbook's minutes", () => {
    let world, server, payer, served, unserved;

    before(async () => {
        world = await makeWorld();
        ({ server } = world.volunteers);
        payer = world.volunteers.helper;
        await fillBook(world, payer, BALANCE);
        served = assign(world, { payer, volunteer: server, minutes: SERVED });
        unserved = assign(world, { payer, volunteer: server, minutes: UNSERVED });
        await atCounter(world, { assignment_id: served, ...freeTime(world, SERVED) });
        await weekBecomes(world, "frozen", FROZEN);
        await closeWeek(world.as.secretary);
        await world.daemon.stop();
        world.database.query(`UPDATE installation SET standing_clock = '${LATER}'`);
    });
    after(async () => {
        world.anyone.close();
        world.database.drop();
    });

    const steps = () => ({
        place: `SELECT COALESCE(place_hold(371402, gen_random_uuid(), p.account_id, a.id, ${WANTED},
            '${LATER}', NULL), 'done') FROM passbooks AS p, assignments AS a
            WHERE p.id = '${payer.passbook_id}' AND a.id = '${wanted}'`,
        void: `SELECT COALESCE(void_hold(371402, '${unserved}', '${LATER}'), 'done')`,
        expire: `SELECT expire_holds(371402, '${LATER}')`,
        capture: `SELECT records FROM settle_week(371402, '${WEEK}', '${SETTLED}',
            gen_random_uuid())`,
    });
    const wanted = randomUUID();
    const assignWanted = () => `
        INSERT INTO withdrawals SELECT (jsonb_populate_record(w, '{"id": "${wanted}"}')).*
        FROM withdrawals AS w WHERE w.id = '${served}';
        INSERT INTO assignments SELECT (jsonb_populate_record(a,
            '{"id": "${wanted}", "withdrawal_id": "${wanted}"}')).*
        FROM assignments AS a WHERE a.id = '${served}'`;

    // What one after the other makes: the answers, then the payer's balance and the holds.
    function serial(order) {
        const state = { posted: BALANCE, held: SERVED + UNSERVED, unserved: "open", placed: "-" };
        const told = {};
        for (const step of order) {
            if (step === "place") {
                told.place = state.posted - state.held >= WANTED ? "done" : "balance_insufficient";
                if (told.place === "done") {
                    state.held += WANTED;
                    state.placed = "open";
                }
            } else if (step === "capture") {
                told.capture = "1";
                state.posted -= SERVED;
                state.held -= SERVED;
            } else {
                const isOpen = state.unserved === "open";
                told[step] = step === "void" ? (isOpen ? "done" : "hold_is_closed")
                    : String(Number(isOpen));
                if (!isOpen) continue;
                state.unserved = step === "void" ? "voided" : "expired";
                state.held -= UNSERVED;
            }
        }
        return outcome(told, state);
    }
    const outcome = (told, { posted, held, unserved: hold, placed }) =>
        ["place", "void", "expire", "capture"].map((step) => `${step} ${told[step]}`).join(", ") +
        `; ${posted} ${held} ${hold} ${placed}`;

    const stateOf = (database) => {
        const [posted, held] = database.query(`SELECT posted, held FROM balances JOIN passbooks
            USING (district_id, account_id) WHERE id = '${payer.passbook_id}'`).split("|");
        const hold = (id) => database.query(`SELECT COALESCE((SELECT state FROM holds
            WHERE assignment_id = '${id}'), '-')`);
        return { posted, held, unserved: hold(unserved), placed: hold(wanted) };
    };

    // isOpen: each transaction stays open until all have begun.
    async function interleave(order, isOpen) {
        const database = new Database(world.database.name);
        const sessions = new Map();
        try {
            database.query(assignWanted());
            for (const step of order) {
                const session = new Session(database.ownerUrl);
                sessions.set(step, session);
                session.tell(`SET lock_timeout = '20s';${isOpen ? " BEGIN;" : ""} ${steps()[step]};`);
                if (isOpen) await Promise.race([session.done("ran"), waits(database, session)]);
            }
            // Each ends when it can: of two that wait for a third, either may come first.
            await Promise.all([...sessions.values()].map(async (session) => {
                await session.done("ran");
                session.tell(isOpen ? "COMMIT;" : ";");
            }));
            const told = {};
            for (const [step, session] of sessions) told[step] = await session.end();
            const came = outcome(told, stateOf(database));
            commandOk(database.url, "reconcile");
            return came;
        } finally {
            for (const session of sessions.values()) session.child.kill("SIGKILL");
            database.drop();
        }
    }

    // Until somebody waits for a lock: the step has come as far as it can.
    const waits = (database, session) => until(() => session.text.includes("ran") ||
        database.query(`SELECT count(*) FROM pg_locks WHERE NOT granted`) !== "0", "it waits");

    const orders = permutations(["place", "void", "expire", "capture"]);
    const possible = new Set(orders.map(serial));

    for (const order of orders)
        test(`begin in the order ${order.join(", ")}`, async () => {
            for (const isOpen of [true, false]) {
                const came = await interleave(order, isOpen);
                assert.ok(possible.has(came), `${came}\nis none of\n${[...possible].join("\n")}`);
            }
        });

    test("can end in more than one way, or nothing would be tried", () =>
        assert.ok(possible.size >= 4, [...possible].join("\n")));
});

describe("twelve who want 30 of 100", () => {
    let world;

    before(async () => {
        world = await makeWorld();
    });
    after(async () => {
        commandOk(world.database.url, "reconcile");
        await world.close();
    });

    test("three get them, nine are told", async () => {
        for (let round = 0; round < ROUNDS; round++) {
            const payer = await world.newVolunteer(`付出${round}`);
            await fillBook(world, payer, 100);
            const { server } = world.volunteers;
            const ids = Array.from({ length: 12 }, () => randomUUID());
            const first = assign(world, { payer, volunteer: server, minutes: 1 });
            world.database.query(`SELECT void_hold(371402, '${first}', '${SETTLED}');
                INSERT INTO assignments SELECT (jsonb_populate_record(a,
                    jsonb_build_object('id', i))).*
                FROM assignments AS a, unnest('{${ids}}'::uuid[]) AS i WHERE a.id = '${first}'`);
            const sessions = ids.map(() => new Session(world.database.ownerUrl));
            await Promise.all(sessions.map((one) => one.done("ready")));
            sessions.forEach((one, i) => one.tell(`SELECT COALESCE(place_hold(371402, '${ids[i]}',
                account_id, '${ids[i]}', 30, '${SETTLED}', NULL), 'done')
                FROM passbooks WHERE id = '${payer.passbook_id}';`));
            for (const one of sessions) await one.end();
            const codes = sessions.map((one) => one.text.trim().split("\n").at(-1)).sort();
            assert.deepEqual(codes, [...Array(9).fill("balance_insufficient"), ...Array(3).fill("done")]);
            const book = await passbookOf(world.admin, payer);
            assert.deepEqual([book.balance_minutes, book.reserved_minutes, book.available_minutes],
                [100, 90, 10]);
        }
    });
});
