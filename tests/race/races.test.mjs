// Two who want the same at once, through one daemon and through two: one of them gets it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import {
    atCounter, closeBody, counterBody, draft, freeTime, passbookOf, register, serve, setClock,
    weekBecomes, worklist,
} from "../api/lib/acts.mjs";
import { Client } from "../api/lib/client.mjs";
import { Daemon, command, commandOk } from "../api/lib/daemon.mjs";
import { COMMUNITY, FROZEN, SETTLED, SIBLING, WEEK, makeWorld } from "../api/lib/world.mjs";

const NEXT_WEEK = "2014-05-19";
const ROUNDS = 10;
const REPEATS = 50;

function stage(callback) {
    const on = {};
    before(async () => {
        on.world = await makeWorld();
        on.second = await new Daemon(on.world.database.url).start();
        on.clients = [];
        // The same caller at the second daemon.
        on.there = (client) => {
            const twin = new Client(on.second, client.token);
            on.clients.push(twin);
            return twin;
        };
    });
    after(async () => {
        commandOk(on.world.database.url, "reconcile");
        for (const client of on.clients) client.close();
        await on.second.stop();
        await on.world.close();
    });
    callback(on);
}

const codes = (answers) => answers.map((one) => one.body.code ?? "done").sort();
const paper = (world) => ({
    method: "paper", sheet_number: "12", attester_id: world.persons.recipient.id, capacity: "recipient",
});

async function signedDraft(world, changes) {
    const { id } = await draft(world, changes);
    await world.as.leader.ok("attestServiceRecord", { path: { id }, body: paper(world) });
    return id;
}

describe("one worklist, eight who close it", () => stage((on) => {
    for (const [book_week, frozen] of [[WEEK, FROZEN], [NEXT_WEEK, "2014-05-26T00:00:00+08:00"]])
        test(`one wins in the week of ${book_week}`, async () => {
            const { world } = on;
            const noon = `${book_week}T12:00:00+08:00`;
            if (book_week === NEXT_WEEK) await setClock(world, "2014-05-23T12:00:00+08:00");
            await atCounter(world, { starts_at: noon, minutes: 30,
                ends_at: `${book_week}T13:00:00+08:00` });
            await weekBecomes(world, "frozen", frozen, book_week);
            const path = { region_code: COMMUNITY, book_week };
            const { secretary } = world.as;
            const body = closeBody(await worklist(secretary, COMMUNITY, book_week));
            const twin = on.there(secretary);
            const answers = await Promise.all(Array.from({ length: 8 }, (_, i) =>
                (i % 2 ? twin : secretary).call("closeWorklist", { path, body })));
            assert.deepEqual(codes(answers), ["done", ...Array(7).fill("worklist_closed_already")]);
        });
}));

describe("one time, two records", () => stage((on) => {
    test("attested at once through two daemons: one wins, the other is told", async () => {
        const { world } = on;
        const twin = on.there(world.as.leader);
        for (let round = 0; round < ROUNDS; round++) {
            const time = freeTime(world);
            const drafts = [await draft(world, time), await draft(world, time)];
            const answers = await Promise.all(drafts.map(({ id }, i) =>
                (i ? twin : world.as.leader).call("attestServiceRecord",
                    { path: { id }, body: paper(world) })));
            assert.deepEqual(codes(answers), ["done", "time_overlap"], `round ${round}`);
        }
    });

    test("five in one batch: one wins", async () => {
        const { world } = on;
        for (let round = 0; round < ROUNDS; round++) {
            const time = freeTime(world);
            const drafts = await Promise.all([1, 2, 3, 4, 5].map(() => draft(world, time)));
            const answers = await Promise.all(drafts.map(({ id }) =>
                world.as.leader.call("attestServiceRecord", { path: { id }, body: paper(world) })));
            assert.deepEqual(codes(answers), ["done", ...Array(4).fill("time_overlap")]);
        }
    });

    test("days without clock times never hold more than 24 hours", async () => {
        const { world } = on;
        const volunteer = await world.newVolunteer("全天人");
        const drafts = await Promise.all([1, 2, 3, 4, 5, 6].map(() => draft(world,
            { volunteer_id: volunteer.id, service_date: "2014-05-13", minutes: 400 })));
        const twin = on.there(world.as.leader);
        const answers = await Promise.all(drafts.map(({ id }, i) =>
            (i % 2 ? twin : world.as.leader).call("attestServiceRecord",
                { path: { id }, body: paper(world) })));
        assert.deepEqual(codes(answers),
            [...Array(3).fill("day_exceeded"), "done", "done", "done"]);
    });

    test("a day with a record without clock times holds 24 hours of all, whoever comes first",
        async () => {
            const { world } = on;
            const times = [["00:00", "11:00"], ["11:00", "22:00"]].map(([from, to]) => ({
                starts_at: `2014-05-13T${from}:00+08:00`, ends_at: `2014-05-13T${to}:00+08:00` }));
            const twin = on.there(world.as.leader);
            for (let round = 0; round < 3; round++) {
                const volunteer_id = (await world.newVolunteer(`半日人${round}`)).id;
                const bodies = [{ service_date: "2014-05-13", minutes: 700 }, ...times];
                const drafts = await Promise.all(bodies.map((one) =>
                    draft(world, { volunteer_id, ...one })));
                const answers = await Promise.all(drafts.map(({ id }, i) =>
                    (i === round ? twin : world.as.leader).call("attestServiceRecord",
                        { path: { id }, body: paper(world) })));
                assert.deepEqual(codes(answers), ["day_exceeded", "done", "done"], `round ${round}`);
            }
            const volunteer_id = (await world.newVolunteer("两半日人")).id;
            const counter = (changes) => world.as.clerk.call("recordServiceAtCounter",
                { body: counterBody(world, { volunteer_id, ...changes }) });
            const answers = await Promise.all([counter({ service_date: "2014-05-13", minutes: 781 }),
                counter(times[0])]);
            assert.deepEqual(codes(answers), ["day_exceeded", "done"]);
            assert.equal((await counter({ starts_at: "2014-05-13T23:00:00+08:00",
                ends_at: "2014-05-14T10:00:00+08:00" })).body.code, answers[0].status === 201
                ? "day_exceeded" : undefined);
        });
}));

describe("one record, many who register it", () => stage((on) => {
    const pending = (world, volunteer) =>
        passbookOf(world.as.secretary, volunteer).then((book) => book.pending_minutes);

    test("with 50 keys through two daemons: one registers", async () => {
        const { world } = on;
        const volunteer = await world.newVolunteer("一次登记");
        const id = await signedDraft(world, { volunteer_id: volunteer.id });
        const twin = on.there(world.as.leader);
        const answers = await Promise.all(Array.from({ length: REPEATS }, (_, i) =>
            (i % 2 ? twin : world.as.leader).call("registerServiceRecord",
                { path: { id }, body: {} })));
        assert.deepEqual(codes(answers),
            [...Array(REPEATS - 1).fill("already_registered"), "done"]);
        assert.equal(await pending(world, volunteer), 60);
    });

    test("with one key 50 times through two daemons: once, and every answer is the same",
        async () => {
            const { world } = on;
            const volunteer = await world.newVolunteer("一键登记");
            const id = await signedDraft(world, { volunteer_id: volunteer.id });
            const twin = on.there(world.as.leader);
            const key = randomUUID();
            const answers = await Promise.all(Array.from({ length: REPEATS }, (_, i) =>
                (i % 2 ? twin : world.as.leader).call("registerServiceRecord",
                    { path: { id }, body: {}, key })));
            assert.deepEqual(codes(answers), Array(REPEATS).fill("done"));
            assert.equal(new Set(answers.map((one) => one.text)).size, 1);
            const first = answers.filter((one) => !one.headers["idempotent-replayed"]);
            assert.equal(first.length, 1);
            assert.equal(await pending(world, volunteer), 60);
        });

    test("and void it at once: whoever comes first, the pending minutes agree", async () => {
        const { world } = on;
        const volunteer = await world.newVolunteer("作废人");
        const twin = on.there(world.as.leader);
        for (let round = 0; round < ROUNDS; round++) {
            const id = await signedDraft(world, { volunteer_id: volunteer.id });
            const [registered, voided] = await Promise.all([
                world.as.leader.call("registerServiceRecord", { path: { id }, body: {} }),
                twin.call("voidServiceRecord", { path: { id }, body: { reason: "重复" } }),
            ]);
            assert.equal(voided.body.status, "void", voided.text);
            assert.ok(registered.status === 200 || registered.body.code === "record_ended",
                registered.text);
            assert.equal(await pending(world, volunteer), 0);
        }
    });

    for (const [verb, body] of [["voidServiceRecord", { reason: "重复" }],
        ["returnServiceRecord", { reason: "时间有误" }]])
        test(`and ${verb} and returnServiceRecord at once: its minutes are taken back once`,
            async () => {
                const { world } = on;
                const volunteer = await world.newVolunteer("退回人");
                const twin = on.there(world.as.secretary);
                const by = verb === "voidServiceRecord" ? world.as.leader : world.as.secretary;
                for (let round = 0; round < ROUNDS; round++) {
                    const id = await signedDraft(world, { volunteer_id: volunteer.id });
                    await register(world, id);
                    const answers = await Promise.all([
                        by.call(verb, { path: { id }, body }),
                        twin.call("returnServiceRecord",
                            { path: { id }, body: { reason: "时间有误" } }),
                    ]);
                    assert.deepEqual(codes(answers), ["done", "record_ended"]);
                    assert.equal(await pending(world, volunteer), 0);
                }
            });

    test("and return it at once: registered first or not yet to be returned", async () => {
        const { world } = on;
        const volunteer = await world.newVolunteer("登记退回");
        const twin = on.there(world.as.secretary);
        for (let round = 0; round < ROUNDS; round++) {
            const id = await signedDraft(world, { volunteer_id: volunteer.id });
            const [registered, returned] = await Promise.all([
                world.as.leader.call("registerServiceRecord", { path: { id }, body: {} }),
                twin.call("returnServiceRecord", { path: { id }, body: { reason: "时间有误" } }),
            ]);
            assert.equal(registered.status, 200, registered.text);
            const early = returned.body.code === "record_not_registered";
            assert.ok(early || returned.body.status === "returned", returned.text);
            assert.equal(await pending(world, volunteer), early ? 60 : 0);
            if (early) await world.as.leader.ok("voidServiceRecord",
                { path: { id }, body: { reason: "重复" } });
        }
    });

    test("a return against the signature of its replacement: the minutes are taken back once",
        async () => {
            const { world } = on;
            const volunteer = await world.newVolunteer("替换人");
            const twin = on.there(world.as.secretary);
            for (let round = 0; round < ROUNDS; round++) {
                const id = await signedDraft(world, { volunteer_id: volunteer.id });
                await register(world, id);
                const made = await world.as.leader.ok("replaceServiceRecord",
                    { path: { id }, body: { minutes: 30 } });
                const [signed, returned] = await Promise.all([
                    world.as.leader.call("attestServiceRecord",
                        { path: { id: made.id }, body: paper(world) }),
                    twin.call("returnServiceRecord",
                        { path: { id }, body: { reason: "时间有误" } }),
                ]);
                assert.equal(signed.status, 200, signed.text);
                assert.ok(returned.status === 200 || returned.body.code === "record_ended");
                assert.equal(await pending(world, volunteer), 0);
                const old = await world.as.leader.ok("getServiceRecord", { path: { id } });
                assert.equal(old.status, "replaced");
            }
        });

    test("sixteen records of one passbook at once: every minute counts once", async () => {
        const { world } = on;
        const volunteer = await world.newVolunteer("热账户");
        const ids = await Promise.all(Array.from({ length: 16 }, () =>
            signedDraft(world, { volunteer_id: volunteer.id, ...freeTime(world, 30) })));
        const twin = on.there(world.as.leader);
        await Promise.all(ids.map((id, i) => register(world, id, i % 2 ? twin : world.as.leader)));
        assert.equal(await pending(world, volunteer), 16 * 30);
    });
}));

describe("registrations and the freeze", () => stage((on) => {
    test("what is acknowledged in the week is in its worklist, the rest in the next", async () => {
        const { world } = on;
        const volunteers = await Promise.all([1, 2, 3, 4].map((i) => world.newVolunteer(`冻结${i}`)));
        const ids = await Promise.all(Array.from({ length: 120 }, (_, i) => signedDraft(world, {
            volunteer_id: volunteers[i % 4].id,
            starts_at: new Date(Date.parse("2014-05-12T00:00+08:00") + i * 600000).toISOString(),
            ends_at: new Date(Date.parse("2014-05-12T00:10+08:00") + i * 600000).toISOString(),
        })));
        const twin = on.there(world.as.leader);
        let frozen;
        const weeks = new Map();
        await Promise.all(Array.from({ length: 8 }, async (_, sender) => {
            for (let i = sender; i < ids.length; i += 8) {
                const done = await register(world, ids[i], i % 2 ? twin : world.as.leader);
                weeks.set(done.id, done.book_week);
                if (weeks.size === ids.length / 2) frozen = weekBecomes(world, "frozen", FROZEN);
            }
        }));
        await frozen;
        const inWeek = [...weeks].filter(([, week]) => week === WEEK).map(([id]) => id);
        assert.equal(weeks.size, ids.length);
        assert.ok(inWeek.length >= ids.length / 2, "the first half came before");
        assert.ok([...weeks.values()].every((week) => [WEEK, NEXT_WEEK].includes(week)));
        const list = await worklist(world.as.secretary);
        assert.deepEqual(list.records.map((one) => one.record_id).sort(), inWeek.sort());
    });
}));

describe("returns and the freeze", () => stage((on) => {
    test("what was returned before it is in no worklist, what was returned after stays in it",
        async () => {
            const { world } = on;
            const volunteers = await Promise.all(
                [1, 2, 3, 4].map((i) => world.newVolunteer(`退回${i}`)));
            const ids = [];
            for (let i = 0; i < 40; i++) {
                const start = Date.parse("2014-05-12T00:00+08:00") + i * 600000;
                ids.push((await atCounter(world, { volunteer_id: volunteers[i % 4].id,
                    starts_at: new Date(start).toISOString(),
                    ends_at: new Date(start + 600000).toISOString() })).id);
            }
            const { secretary } = world.as;
            const twin = on.there(secretary);
            let frozen, done = 0;
            await Promise.all(Array.from({ length: 4 }, async (_, sender) => {
                for (let i = sender; i < 30; i += 4) {
                    await (i % 2 ? twin : secretary).ok("returnServiceRecord",
                        { path: { id: ids[i] }, body: { reason: "时间有误" } });
                    if (++done === 10) frozen = weekBecomes(world, "frozen", FROZEN);
                }
            }));
            await frozen;
            const before = Number(world.database.query(
                "SELECT count(*) FROM decisions WHERE before_freeze"));
            assert.ok(before >= 10, `${before} came before`);
            const { records } = await worklist(secretary);
            assert.equal(records.length, 40 - before);
            assert.equal(records.filter((one) => one.decision === "return").length, 30 - before);
        });
}));

describe("decisions, closes and settlements at once", () => stage((on) => {
    const flagged = async (world) => {
        const outside = await world.person({ name: "外社区人" }, SIBLING);
        return atCounter(world, { recipient_person_id: outside.id,
            attestation: { method: "paper", sheet_number: "12", attester_id: outside.id, capacity: "recipient" } });
    };

    test("a decision and a close do not disturb each other", async () => {
        const { world } = on;
        const records = await Promise.all(Array.from({ length: 6 }, () => flagged(world)));
        await serve(world);
        await weekBecomes(world, "frozen", FROZEN);
        const { secretary } = world.as;
        const twin = on.there(secretary);
        const body = closeBody(await worklist(secretary));
        const answers = await Promise.all([
            ...records.map(({ id }, i) => (i % 2 ? twin : secretary).call("decideServiceRecord",
                { path: { id }, body: { decision: "accept" } })),
            secretary.call("closeWorklist",
                { path: { region_code: COMMUNITY, book_week: WEEK }, body }),
        ]);
        assert.deepEqual(codes(answers), Array(7).fill("done"));
    });

    test("of two decisions on one record at once one holds", async () => {
        const { world } = on;
        const record = await flagged(world);
        await weekBecomes(world, "frozen", "2014-05-26T00:00:00+08:00", NEXT_WEEK);
        const { secretary } = world.as;
        const answers = await Promise.all([
            secretary.call("decideServiceRecord",
                { path: { id: record.id }, body: { decision: "accept" } }),
            on.there(secretary).call("decideServiceRecord",
                { path: { id: record.id }, body: { decision: "reject", reason: "不符" } }),
        ]);
        const held = answers.filter((one) => one.status === 200);
        assert.equal(held.length, 1, JSON.stringify(codes(answers)));
        const now = await secretary.ok("getServiceRecord", { path: { id: record.id } });
        assert.equal(now.status, held[0].body.status);
    });

    test("two daemons and a settlement by hand book a week once", async () => {
        const { world } = on;
        const before = (await passbookOf(world.admin, world.volunteers.server)).balance_minutes;
        assert.equal(before, 7 * 60, "the first week was settled while the second ran");
        await setClock(world, "2014-05-29T00:00:00+08:00");
        for (let i = 0; i < 4; i++)
            assert.equal(command(world.database.url, "settle").status, 0);
        await weekBecomes(world, "settled", "2014-05-29T00:00:00+08:00", NEXT_WEEK);
        const { data } = await world.admin.ok("listSettlementRuns",
            { query: { grain: "week", from: WEEK, to: NEXT_WEEK } });
        assert.deepEqual(data.map((run) => run.begin_date), [NEXT_WEEK, WEEK]);
        assert.ok(Date.parse(data[0].business_at) >= Date.parse(SETTLED));
    });
}));
