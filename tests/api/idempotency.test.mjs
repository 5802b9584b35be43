// The same key does the work once, whatever happens to the answers.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { attestByCode, counterBody, draft, passbookOf } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, makeWorld } from "./lib/world.mjs";

const KEY_BYTES_MAX = 255;
const REPEATS = 50;

let world;

before(async () => {
    world = await makeWorld();
});
after(() => world.close());

async function attested() {
    const { id } = await draft(world);
    await attestByCode(world, id);
    return id;
}

const replayed = (answer) => answer.headers["idempotent-replayed"] === "true";
const pending = async () =>
    (await passbookOf(world.as.secretary, world.volunteers.server)).pending_minutes;

function householdAt(address_line) {
    return { body: { region_code: COMMUNITY, address_line } };
}

async function countHouseholds(address_prefix) {
    const query = { address_prefix, count: true };
    return (await world.as.clerk.ok("listHouseholds", { query })).total_count;
}

describe("one key", () => {
    test("50 times at once registers once: 50 equal answers, 49 of them replays", async () => {
        const id = await attested();
        const earlier = await pending();
        const key = randomUUID();
        const answers = await Promise.all(
            Array.from({ length: REPEATS }, () =>
                world.as.leader.call("registerServiceRecord", { path: { id }, body: {}, key })));
        assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
        assert.equal(new Set(answers.map((answer) => answer.text)).size, 1);
        assert.equal(answers.filter(replayed).length, REPEATS - 1);
        assert.equal(await pending(), earlier + 60);
    });

    test("50 times at once at the counter makes one record", async () => {
        const key = randomUUID();
        const body = counterBody(world);
        const answers = await Promise.all(
            Array.from({ length: REPEATS }, () =>
                world.as.clerk.call("recordServiceAtCounter", { body, key })));
        assert.equal(new Set(answers.map((answer) => answer.body.id)).size, 1);
        assert.equal(new Set(answers.map((answer) => answer.headers.location)).size, 1);
        assert.equal(answers.filter(replayed).length, REPEATS - 1);
    });

    test("is the same quoted or not", async () => {
        const key = randomUUID();
        const first = await world.as.clerk.call("createHousehold", { ...householdAt("甲1"), key });
        const again = await world.as.clerk.call("createHousehold",
            { ...householdAt("甲1"), key: `"${key}"` });
        assert.equal(again.body.id, first.body.id);
        assert.ok(!replayed(first) && replayed(again));
    });

    test("that is given twice is none", async () => {
        const headers = { "idempotency-key": ["a", "b"] };
        const answer = await world.as.clerk.call("createHousehold",
            { ...householdAt("甲1"), headers });
        assert.equal(answer.body.code, "idempotency_key_invalid");
    });

    test("does not care for the order of members or blanks in the body", async () => {
        const key = randomUUID();
        const first = await world.as.clerk.ok("createHousehold", { ...householdAt("甲2"), key });
        const body = ` {"address_line" : "甲2", "region_code":"${COMMUNITY}" }`;
        const again = await world.as.clerk.ok("createHousehold", { body, key });
        assert.deepEqual(again, first);
        assert.equal(await countHouseholds("甲2"), 1);
    });

    test("with another body, path or operation is refused and does nothing", async () => {
        const key = randomUUID();
        await world.as.clerk.ok("createHousehold", { ...householdAt("甲3"), key });
        await world.as.clerk.refused("createHousehold", "idempotency_key_reused",
            { ...householdAt("甲4"), key });
        await world.as.clerk.refused("createServiceRecord", "idempotency_key_reused",
            { body: { ...counterBody(world), attestation: undefined, registrar_id: undefined },
                key });
        const id = await attested();
        await world.as.leader.ok("registerServiceRecord", { path: { id }, body: {}, key });
        const other = await attested();
        await world.as.leader.refused("registerServiceRecord", "idempotency_key_reused",
            { path: { id: other }, body: {}, key });
        assert.equal(await countHouseholds("甲4"), 0);
    });

    test("of another user is another key", async () => {
        const key = randomUUID();
        const first = await world.as.clerk.ok("createHousehold", { ...householdAt("甲5"), key });
        const second = await world.as.secretary.ok("createHousehold",
            { ...householdAt("甲5"), key });
        assert.notEqual(second.id, first.id);
    });

    test("repeats a refusal, even when the reason is gone", async () => {
        const { id } = await draft(world);
        const key = randomUUID();
        const request = { path: { id }, body: {}, key };
        const first = await world.as.leader.call("registerServiceRecord", request);
        assert.equal(first.body.code, "record_not_attested");
        await attestByCode(world, id);
        const again = await world.as.leader.call("registerServiceRecord", request);
        assert.ok(replayed(again));
        const same = ({ request_id, ...rest }) => rest;
        assert.deepEqual(same(again.body), same(first.body));
        await world.as.leader.ok("registerServiceRecord", { ...request, key: randomUUID() });
    });

    test("is not used up by a body that does not fit the contract", async () => {
        const key = randomUUID();
        await world.as.clerk.refused("createHousehold", "body_invalid", { body: {}, key });
        const first = await world.as.clerk.call("createHousehold", { ...householdAt("甲6"), key });
        assert.equal(first.status, 201);
        assert.ok(!replayed(first));
    });

    test("shows a token once: its repeat has none", async () => {
        const key = randomUUID();
        const body = { grant_id: world.as.clerk.actor.grant.id, label: "北园社区窗口" };
        const first = await world.admin.ok("createToken", { body, key });
        const again = await world.admin.ok("createToken", { body, key });
        assert.equal(again.id, first.id);
        assert.match(first.token, /^tb_371402_/);
        assert.equal(again.token, null);
    });
});

describe("the header", () => {
    test("is needed where minutes move", async () => {
        const id = await attested();
        await world.as.leader.refused("registerServiceRecord", "idempotency_key_missing",
            { path: { id }, body: {}, key: null });
    });

    test("takes 255 characters and not one more", async () => {
        const key = "k".repeat(KEY_BYTES_MAX);
        const first = await world.as.clerk.ok("createHousehold", { ...householdAt("甲7"), key });
        const again = await world.as.clerk.ok("createHousehold", { ...householdAt("甲7"), key });
        assert.equal(again.id, first.id);
        await world.as.clerk.refused("createHousehold", "idempotency_key_invalid",
            { ...householdAt("甲7"), key: `${key}k` });
    });

    for (const [what, key] of [["empty quotes", '""'], ["a blank", "a b"], ["a tab", "a\tb"],
        ["letters beyond ASCII", "schl\u00fcssel"]])
        test(`does not take ${what}`, async () => {
            await world.as.clerk.refused("createHousehold", "idempotency_key_invalid",
                { ...householdAt("甲8"), key });
            assert.equal(await countHouseholds("甲8"), 0);
        });
});

describe("a restart of the daemon", () => {
    test("forgets no key: success and refusal are repeated", async () => {
        const id = await attested();
        const keys = [randomUUID(), randomUUID()];
        const send = (key) => world.as.leader.call("registerServiceRecord",
            { path: { id }, body: {}, key });
        const first = [await send(keys[0]), await send(keys[1])];
        assert.deepEqual(first.map((answer) => answer.body.code),
            [undefined, "already_registered"]);
        await world.daemon.restart();
        const again = [await send(keys[0]), await send(keys[1])];
        assert.deepEqual(again[0].body, first[0].body);
        assert.equal(again[0].headers.etag, first[0].headers.etag);
        assert.equal(again[1].body.code, "already_registered");
        assert.ok(again.every(replayed));
        commandOk(world.database.url, "reconcile");
    });
});
