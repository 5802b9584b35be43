// Clients that write all the time and keep a log of what they were told, for the three-way check:
// acked ⊆ ledger, refused ∩ ledger = ∅, unknown sent again with the same key → exactly once.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { spawnSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";

import { counterBody } from "../api/lib/acts.mjs";
import { command } from "../api/lib/daemon.mjs";

const VOLUNTEERS = 24;
const SLOT_MS = 30 * 60000;
const SLOTS = 160; // half hours from Monday to the business clock's Thursday morning
const MONDAY = Date.parse("2014-05-12T00:00:00+08:00");
const REPLAY_TRIES = 40;

// Fault tests have a cluster of their own, which they crash and start.
export function cluster(action) {
    const run = spawnSync(process.env.TB_TEST_CLUSTER_CTL, [action], { encoding: "utf8" });
    assert.equal(run.status, 0, `cluster ${action}: ${run.stderr}`);
}

// What the three kinds of answer are. A 503 that says the work was not done is a refusal that is not
// remembered: it may be sent again, and is not in the ledger until then.
function kindOf(answer) {
    if (answer.status < 300) return "acked";
    return answer.body.code === "outcome_unknown" ? "unknown" : "refused";
}

let ackedEver = 0;

export class Writers {
    constructor(world) {
        this.world = world;
        this.log = [];
        this.next = 0;
        this.running = false;
    }

    async prepare() {
        this.volunteers = await Promise.all(
            Array.from({ length: VOLUNTEERS }, (_, i) => this.world.newVolunteer(`志愿者${i}`)));
        return this;
    }

    // One record that overlaps no other; every seventh one does, on purpose, and must be refused.
    #request() {
        const n = this.next++;
        const volunteer = this.volunteers[n % VOLUNTEERS];
        const slot = Math.floor(n / VOLUNTEERS) % SLOTS;
        assert.ok(n < VOLUNTEERS * SLOTS, "the week is full");
        const clash = n % 7 === 6 && slot > 0;
        const start = MONDAY + (clash ? 0 : slot) * SLOT_MS;
        const key = randomUUID();
        const body = counterBody(this.world, {
            volunteer_id: volunteer.id,
            content: key,
            starts_at: new Date(start).toISOString(),
            ends_at: new Date(start + SLOT_MS).toISOString(),
        });
        return { key, body, kind: null };
    }

    async #send(entry) {
        try {
            const { key, body } = entry;
            const answer = await this.world.as.clerk.call("recordServiceAtCounter", { body, key });
            entry.kind = kindOf(answer);
            entry.code = answer.body.code;
            entry.id = answer.body.id;
        } catch (error) {
            if (error.code === "ERR_ASSERTION") throw error;
            entry.kind = "unknown"; // reset, refused or cut off
        }
    }

    async #loop() {
        while (this.running) {
            const entry = this.#request();
            this.log.push(entry);
            await this.#send(entry);
            if (entry.kind !== "acked") await pause(5);
        }
    }

    start(count = 12) {
        this.running = true;
        this.loops = Array.from({ length: count }, () => this.#loop());
    }

    async stop() {
        this.running = false;
        await Promise.all(this.loops);
    }

    count(kind) {
        return this.log.filter((entry) => entry.kind === kind).length;
    }

    // Sends every unknown one again, with its key, until the answer is known.
    async settleUnknown() {
        const unknown = this.log.filter((entry) => entry.kind === "unknown");
        for (const entry of unknown) {
            for (let tries = 0; entry.kind === "unknown" || entry.code === "database_unavailable";
                tries++) {
                assert.ok(tries < REPLAY_TRIES, "the outcome never became known");
                await this.#send(entry);
                if (entry.kind !== "acked") await pause(50);
            }
        }
        return unknown;
    }

    // The log against the ledger. `contents` of the ledger are the keys.
    checkAll(unknown) {
        const rows = this.world.database.query(
            "SELECT s.content || ' ' || count(*) FROM service_records AS s" +
            " JOIN registrations AS r ON (r.district_id, r.record_id) = (s.district_id, s.id)" +
            " GROUP BY s.content");
        const times = new Map(rows.split("\n").filter(Boolean).map((row) => row.split(" ")));
        for (const { key, kind, code } of this.log) {
            if (kind === "acked") assert.equal(times.get(key), "1", `acked ${key}`);
            else assert.equal(times.get(key), undefined, `${code} ${key} is in the ledger`);
        }
        const acked = this.count("acked");
        ackedEver += acked;
        assert.equal(times.size, ackedEver, "the ledger has what nobody was told");
        const reconciled = command(this.world.database.url, "reconcile");
        assert.equal(reconciled.status, 0, reconciled.stdout);
        return `${acked} acked, ${this.count("refused")} refused, ` +
            `${unknown.length} unknown of which ` +
            `${unknown.filter((entry) => entry.kind === "acked").length} are done now`;
    }
}
