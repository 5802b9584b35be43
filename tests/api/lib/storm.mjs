// Writes without a pause while something breaks, and the client's log of them, split three ways:
// acked ⊆ ledger, refused ∩ ledger = ∅, and what got no answer is sent again with the same key and
// is then there exactly once.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { counterBody } from "./acts.mjs";

const VOLUNTEERS = 8;
const SLOT_MS = 10 * 60000;
const WEEK_BEGINS = Date.parse("2014-05-12T00:00:00+08:00");
const REFUSED_EVERY = 7;
// The daemon says of these that nothing was carried out; of outcome_unknown it does not.
const NOT_DONE = ["database_unavailable", "overloaded", "contended", "deadline_passed"];

// A small generator with a seed that is printed, so that a run can be had again.
export function dice(seed = Number(process.env.TB_TEST_SEED ?? Date.now() % 2 ** 31)) {
    let state = seed >>> 0;
    const next = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
    };
    next.seed = seed;
    return next;
}

export class Storm {
    constructor(world) {
        this.world = world;
        this.log = [];
        this.made = 0;
        this.running = false;
    }

    async prepare() {
        this.volunteers = await Promise.all(
            Array.from({ length: VOLUNTEERS }, (_, i) => this.world.newVolunteer(`风暴${i}`)));
        return this;
    }

    // A service of ten minutes that overlaps no other; its content is the key it is sent with.
    #nextItem() {
        const number = this.made++;
        const start = WEEK_BEGINS + Math.floor(number / VOLUNTEERS) * SLOT_MS;
        const key = randomUUID();
        const changes = {
            volunteer_id: this.volunteers[number % VOLUNTEERS].id,
            starts_at: new Date(start).toISOString(),
            ends_at: new Date(start + SLOT_MS).toISOString(),
            content: key,
        };
        if (number % REFUSED_EVERY === 0)
            changes.registrar_id = this.world.as.clerk.actor.person.id;
        return { key, body: counterBody(this.world, changes), outcome: "unknown" };
    }

    async send(item) {
        try {
            const answer = await this.world.as.clerk.call("recordServiceAtCounter",
                { key: item.key, body: item.body });
            item.code = answer.body.code;
            if (answer.status === 201) item.outcome = "acked";
            else if (answer.status < 500) item.outcome = "refused";
            else item.outcome = NOT_DONE.includes(item.code) ? "not_done" : "unknown";
        } catch (error) {
            if (error instanceof assert.AssertionError) throw error;
            item.outcome = "unknown";
        }
    }

    async #sender() {
        while (this.running) {
            const item = this.#nextItem();
            this.log.push(item);
            await this.send(item);
        }
    }

    start(senders = 16) {
        this.running = true;
        this.senders = Promise.all(Array.from({ length: senders }, () => this.#sender()));
    }

    async stop() {
        this.running = false;
        await this.senders;
    }

    with(...outcomes) {
        return this.log.filter((item) => outcomes.includes(item.outcome));
    }

    // key -> how many registered records bear it
    ledger() {
        const servers = this.volunteers.map((one) => `'${one.id}'`).join();
        const rows = this.world.database.query(
            "SELECT s.content, count(*) FROM service_records s JOIN registrations r " +
            "ON r.district_id = s.district_id AND r.record_id = s.id " +
            `WHERE s.volunteer_id IN (${servers}) GROUP BY 1`);
        return new Map(rows.split("\n").filter(Boolean).map((row) => {
            const [key, count] = row.split("|");
            return [key, Number(count)];
        }));
    }

    assertLog() {
        const ledger = this.ledger();
        for (const item of this.with("acked"))
            assert.equal(ledger.get(item.key), 1, `${item.key} was acknowledged`);
        for (const item of this.with("refused", "not_done"))
            assert.equal(ledger.get(item.key), undefined, `${item.key} was refused: ${item.code}`);
        return ledger;
    }

    // Sends again what got no answer, and proves that all of it is there once. The answer is how
    // many there were.
    async resolve() {
        this.assertLog();
        const open = this.with("unknown", "not_done");
        for (const item of open) await this.send(item);
        assert.deepEqual(this.with("unknown", "not_done"), []);
        const ledger = this.assertLog();
        const pending = this.volunteers.map((one) => `'${one.passbook_id}'`).join();
        const minutes = this.world.database.query(
            `SELECT sum(pending_in) FROM balances WHERE account_id IN (${pending})`);
        assert.equal(Number(minutes), ledger.size * (SLOT_MS / 60000));
        return open.length;
    }
}
