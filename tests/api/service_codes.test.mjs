// Signing by the code that only the recipient was sent, and what keeps it from being guessed.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { ageCodes, attestByCode, codeOf, draft, setClock } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { makeWorld } from "./lib/world.mjs";

const DAY_S = 86400;

let world, leader, clerk;

before(async () => {
    world = await makeWorld();
    ({ leader, clerk } = world.as);
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const sign = (id, body, by = leader) => by.ok("attestServiceRecord", { path: { id }, body });
const refuseSignature = (code, id, body, by = leader) =>
    by.refused("attestServiceRecord", code, { path: { id }, body });
const request = (id) => leader.ok("requestAttestationCode", { path: { id } });
const refuseRequest = (code, id) =>
    leader.refused("requestAttestationCode", code, { path: { id } });
const typed = (code) => ({ method: "code", code });

// A draft whose code has been sent, with that code and one that is wrong.
async function sent() {
    const { id } = await draft(world);
    await request(id);
    const code = await codeOf(world, id);
    return { id, code, wrong: code === "123456" ? "654321" : "123456" };
}

describe("attesting by code", () => {
    test("the recipient types what only he was sent; the content is fixed", async () => {
        const made = await draft(world);
        const told = await request(made.id);
        assert.equal(told.recipient_id, world.persons.recipient.id);
        assert.equal(told.minutes, made.minutes);
        const code = await codeOf(world, made.id);
        const signed = await sign(made.id, typed(code), world.as.resident);
        assert.equal(signed.status, "attested");
        assert.equal(signed.id, made.id);
        await refuseSignature("already_attested", made.id, typed(code), world.as.resident);
    });

    test("anyone but the one who served may type it", async () => {
        const { id, code } = await sent();
        await refuseSignature("entered_by_server", id, typed(code), world.as.volunteer);
        await sign(id, typed(code), clerk);
    });

    test("a change of the draft makes it outdated, a newer code replaces it", async () => {
        const { id, code } = await sent();
        await leader.ok("updateServiceRecord", { path: { id }, match: 1, body: { minutes: 50 } });
        await refuseSignature("code_outdated", id, typed(code));
        ageCodes(world, id, 60);
        assert.equal((await attestByCode(world, id)).minutes, 50);
    });

    test("only the newest code is good", async () => {
        const { id, code } = await sent();
        ageCodes(world, id, 60);
        await request(id);
        const newer = await codeOf(world, id);
        if (newer !== code) await refuseSignature("code_wrong", id, typed(code));
        await sign(id, typed(newer));
    });

    test("is for a single person served", async () => {
        const { id } = await draft(world, {
            recipient_kind: "public", recipient_person_id: undefined, recipient_label: "居民",
        });
        await refuseRequest("code_needs_person", id);
    });

    test("the registrar's side sees the code nowhere", async () => {
        const { id } = await draft(world);
        const answer = await leader.call("requestAttestationCode", { path: { id } });
        const code = await codeOf(world, id);
        assert.ok(!answer.text.replace(id, "").includes(code));
    });
});

describe("wrong codes", () => {
    test("five of them end it: no new code and no right one helps", async () => {
        const { id } = await draft(world);
        await refuseSignature("code_not_requested", id, typed("000000"));
        await request(id);
        const code = await codeOf(world, id);
        const wrong = code === "123456" ? "654321" : "123456";
        for (const tries_left of [4, 3, 2, 1, 0]) {
            const problem = await refuseSignature("code_wrong", id, typed(wrong));
            assert.equal(problem.args.tries_left, tries_left);
        }
        const problem = await refuseSignature("code_exhausted", id, typed(code));
        assert.ok(problem.args.retry_after_s > DAY_S - 60);
        assert.ok(problem.args.retry_after_s <= DAY_S);
        ageCodes(world, id, 60);
        await refuseRequest("code_exhausted", id);
        await sign(id, { method: "paper", sheet_number: "12", attester_id: world.persons.recipient.id,
            capacity: "recipient" });
    });

    test("are counted over all codes of a draft in 24 hours, so a new one brings no new tries",
        async () => {
            const { id, wrong } = await sent();
            const left = async () =>
                (await refuseSignature("code_wrong", id, typed(wrong))).args.tries_left;
            assert.deepEqual([await left(), await left(), await left()], [4, 3, 2]);
            ageCodes(world, id, 60);
            await request(id);
            const code = await codeOf(world, id);
            const other = code === "123456" ? "654321" : "123456";
            for (const tries_left of [1, 0]) {
                const problem = await refuseSignature("code_wrong", id, typed(other));
                assert.equal(problem.args.tries_left, tries_left);
            }
            await refuseSignature("code_exhausted", id, typed(code));
            ageCodes(world, id, DAY_S - 65);
            await refuseSignature("code_exhausted", id, typed(code));
            ageCodes(world, id, 5);
            await sign(id, typed(code));
        });

    test("made at once are counted one by one", async () => {
        const { id, code, wrong } = await sent();
        const body = typed(wrong);
        await Promise.all(Array.from({ length: 12 }, () =>
            leader.call("attestServiceRecord", { path: { id }, body })));
        await refuseSignature("code_exhausted", id, typed(code));
    });
});

describe("asking for codes", () => {
    test("needs a minute in between, by the wall clock", async () => {
        const { id } = await sent();
        const problem = await refuseRequest("code_too_soon", id);
        assert.ok(problem.args.retry_after_s > 50 && problem.args.retry_after_s <= 60);
        const early = Date.parse(problem.args.retry_at) - Date.now();
        assert.ok(early > 50000 && early <= 61000);
        ageCodes(world, id, 55);
        assert.ok((await refuseRequest("code_too_soon", id)).args.retry_after_s <= 5);
        ageCodes(world, id, 5);
        await request(id);
    });

    test("ends with the fifth in 24 hours, until the first of them is that old", async () => {
        const { id } = await sent();
        for (let i = 0; i < 4; i++) {
            ageCodes(world, id, 60);
            await request(id);
        }
        ageCodes(world, id, 60);
        const problem = await refuseRequest("code_limit", id);
        assert.ok(problem.args.retry_after_s <= DAY_S - 300);
        assert.ok(problem.args.retry_after_s > DAY_S - 360);
        ageCodes(world, id, DAY_S - 305);
        await refuseRequest("code_limit", id);
        ageCodes(world, id, 5);
        await request(id);
    });

    test("at once sends one", async () => {
        const { id } = await draft(world);
        const answers = await Promise.all(Array.from({ length: 8 }, () =>
            leader.call("requestAttestationCode", { path: { id } })));
        assert.deepEqual(answers.map((one) => one.body.code ?? "sent").sort(),
            [...Array(7).fill("code_too_soon"), "sent"]);
        const messages = await world.admin.ok("listTestMessages", { query: { subject_id: id } });
        assert.equal(messages.data.length, 1);
    });

    test("is counted for each draft by itself", async () => {
        await sent();
        await sent();
    });
});

test("a code is good for 24 hours of the district's clock", async () => {
    const { id, code } = await sent();
    await setClock(world, "2014-05-16T11:07:00+08:00");
    await refuseSignature("code_expired", id, typed(code));
});
