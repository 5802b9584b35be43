// Plays commands against the daemon and holds each answer against the oracle's.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { isList, operations, successStatus } from "../api/lib/contract.mjs";
import { until } from "../api/lib/wait.mjs";
import { compareAll, comparePeriods } from "./compare.mjs";
import { timeText } from "./calendar.mjs";
import { Difference, compare } from "./difference.mjs";

const LAST_COMMANDS = 30;
const KEPT_REQUESTS = 300;
const PATIENCE_MS = 30000;

export class Player {
    constructor(district, oracle, random) {
        Object.assign(this, { district, oracle, random, world: district.world, steps: 0 });
        this.turn = Promise.resolve();
        this.told = [];
        this.seen = { weeks: new Set(), months: new Set(), notices: new Map() }; // compared already
        this.sent = []; // what can be sent again
        this.figures = { requests: 0, compared: 0, accepted: new Map(), refused: new Map() };
    }

    // The same player for one of several commands that run at once: what its answers mean is worked out
    // when those of the commands before it are done, so that a seed has one outcome.
    after(turn) {
        return Object.assign(Object.create(this), { turn });
    }

    actor(key) {
        return this.district.actors.find((one) => one.key === key);
    }

    tell(text) {
        this.told.push(`${this.steps} ${text}`);
        if (this.told.length > LAST_COMMANDS) this.told.shift();
    }

    count(figure, name) {
        this.figures[figure].set(name, (this.figures[figure].get(name) ?? 0) + 1);
    }

    // One request: refused by one of `faults`, or answered as `done` expects of it.
    async send(actor, operation, options, faults, done = () => ({})) {
        const spec = operations.get(operation);
        const isRead = isList(spec) || spec.method === "get";
        const key = spec.method === "post" ? randomUUID() : null;
        const client = actor?.client ?? this.world.anyone;
        this.tell(`${actor?.key ?? "anyone"} ${operation} ${JSON.stringify(options.path ?? {})} ` +
            `${JSON.stringify(options.body ?? null)} expects ${[...faults].join("|") || "success"}`);
        const answer = await client.call(operation, { ...options, key });
        await this.turn;
        this.figures.requests++;
        this.judge(operation, answer, faults, done);
        if (!isRead && key) this.keep({ client, operation, options, key, answer });
        return answer;
    }

    judge(operation, answer, faults, done) {
        const code = answer.status < 400 ? null : answer.body.code;
        this.figures.compared++;
        if (code === null) {
            if (faults.size)
                throw new Difference(`${operation} succeeded, not ${[...faults].join("|")}`);
            assert.equal(answer.status, successStatus(operations.get(operation)));
            this.count("accepted", operation);
            compare(done(answer.body) ?? {}, answer.body, operation);
        } else {
            if (!faults.has(code))
                throw new Difference(`${operation} was refused by ${code}, not ` +
                    `${[...faults].join("|") || "at all"}: ${answer.text}`);
            this.count("refused", code);
        }
    }

    keep(request) {
        this.sent.push(request);
        if (this.sent.length > KEPT_REQUESTS) this.sent.splice(this.random.below(KEPT_REQUESTS), 1);
    }

    // What changes no row of the API: a code or null.
    judgeCode(what, code, expected) {
        this.figures.compared++;
        this.count(code === null ? "accepted" : "refused", code ?? what);
        if (code !== expected) throw new Difference(`${what} gave ${code}, not ${expected}`);
    }

    // Moves the clock, also by nothing, and waits until all is as it should be then.
    async moveTo(now) {
        this.tell(`the clock becomes ${timeText(now)}`);
        await this.world.admin.ok("setTestClock", { body: { standing_clock: timeText(now) } });
        this.oracle.moveTo(now);
        await this.agree(() => comparePeriods(this));
        await this.agree(() => compareAll(this));
    }

    // The daemon settles by itself: a difference counts when it does not go away.
    async agree(look) {
        let last;
        const holds = async () => {
            try {
                await look();
                return true;
            } catch (error) {
                if (!(error instanceof Difference)) throw error;
                last = error;
                return false;
            }
        };
        await until(holds, "the daemon agrees", PATIENCE_MS).catch((error) => {
            throw last ?? error;
        });
    }
}
