// The clock and the messages of demo and test databases.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { codeOf, draft, setClock } from "./lib/acts.mjs";
import { Client } from "./lib/client.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { Database } from "./lib/database.mjs";
import { NOW, TODAY, makeWorld } from "./lib/world.mjs";

let world;

before(async () => {
    world = await makeWorld();
});
after(() => world.close());

const instant = (text) => Date.parse(text);

describe("listTestMessages", () => {
    test("shows the code that only its recipient gets elsewhere", async () => {
        const { id } = await draft(world);
        const sent = await world.as.leader.ok("requestAttestationCode", { path: { id } });
        const { data } = await world.admin.ok("listTestMessages", { query: { subject_id: id } });
        assert.equal(data.length, 1);
        assert.equal(data[0].person_id, world.persons.recipient.id);
        assert.equal(data[0].kind, "attestation_code");
        assert.equal(instant(data[0].expires_at), instant(sent.expires_at));
        assert.match(await codeOf(world, id), /^\d{6}$/);
        const other = { person_id: world.persons.helper.id };
        assert.deepEqual((await world.admin.ok("listTestMessages", { query: other })).data, []);
    });

    test("keeps the text as ciphertext", async () => {
        const { id } = await draft(world);
        await world.as.leader.ok("requestAttestationCode", { path: { id } });
        const code = await codeOf(world, id);
        const stored = world.database.query(
            `SELECT encode(body_sealed, 'escape') FROM messages WHERE subject_id = '${id}'`);
        assert.ok(stored.length > 0 && !stored.includes(code));
    });
});

describe("the clock", () => {
    test("stands where the founding put it", async () => {
        const clock = await world.admin.ok("getTestClock");
        assert.equal(instant(clock.standing_clock), instant(NOW));
        assert.equal(clock.business_now, clock.standing_clock);
        assert.equal(clock.today, TODAY);
    });

    test("moves forward only; the day is the district's", async () => {
        const late = "2014-05-15T23:59:59+08:00";
        assert.equal((await setClock(world, late)).today, TODAY);
        assert.equal((await setClock(world, "2014-05-15T16:00:00Z")).today, "2014-05-16");
        const problem = await world.admin.refused("setTestClock", "clock_back",
            { body: { standing_clock: late } });
        assert.equal(instant(problem.args.standing_clock), instant("2014-05-16T00:00:00+08:00"));
        assert.equal((await world.admin.ok("getTestClock")).today, "2014-05-16");
    });

    test("stands in no year that the calendar does not know", async () => {
        for (const year of ["0001", "1899", "2200", "9999"])
            await world.admin.refused("setTestClock", "body_invalid",
                { body: { standing_clock: `${year}-05-15T09:00:00+08:00` } });
    });

    test("may be set to where it stands", async () => {
        const { standing_clock } = await world.admin.ok("getTestClock");
        assert.deepEqual(await setClock(world, standing_clock),
            await world.admin.ok("getTestClock"));
    });
});

test("a production database has neither clock nor messages", async () => {
    const database = new Database();
    const daemon = await new Daemon(database.url).start();
    try {
        const client = new Client(daemon);
        const say = (method, target) => client.send(null, { method, target });
        for (const [method, target] of [["GET", "/v1/test/clock"], ["POST", "/v1/test/clock"],
            ["GET", "/v1/test/messages"], ["OPTIONS", "/v1/test/clock"]])
            assert.equal((await say(method, target)).body.code, "route_unknown");
        client.close();
    } finally {
        await daemon.stop();
        database.drop();
    }
});
