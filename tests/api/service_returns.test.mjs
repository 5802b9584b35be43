// Sending a record back: before its week freezes and while it is verified, and what follows.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import {
    atCounter, closeBody, closeWeek, draft, freeTime, mayOf, passbookOf, register, serve, setClock,
    weekBecomes, worklist,
} from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, FROZEN, SETTLED, SUBDISTRICT, WEEK, makeWorld } from "./lib/world.mjs";

const NEXT_WEEK = "2014-05-19";
const NEXT_FROZEN = "2014-05-26T00:00:00+08:00";
const NEXT_SETTLED = "2014-05-29T00:00:00+08:00";
const reason = { reason: "结束时间与签到表不符" };

let world, secretary, leader;

beforeEach(async () => {
    world = await makeWorld();
    ({ secretary, leader } = world.as);
});
afterEach(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const freeze = () => weekBecomes(world, "frozen", FROZEN);
const book = () => passbookOf(world.admin, world.volunteers.server);
const pending = () => book().then((one) => one.pending_minutes);
const read = (id) => leader.ok("getServiceRecord", { path: { id } });
const sendBack = (id, by = secretary) =>
    by.ok("returnServiceRecord", { path: { id }, body: reason });
const refuseReturn = (code, id, by = secretary) =>
    by.refused("returnServiceRecord", code, { path: { id }, body: reason });
const replace = (id, body = { content: "陪同买药" }) =>
    leader.ok("replaceServiceRecord", { path: { id }, body });
const paper = () => ({
    method: "paper", sheet_number: "12", attester_id: world.persons.recipient.id, capacity: "recipient",
});
const sign = (id) => leader.ok("attestServiceRecord", { path: { id }, body: paper() });

describe("returnServiceRecord while the week is open", () => {
    test("frees the time, takes the pending minutes back and says why", async () => {
        const time = freeTime(world);
        const record = await serve(world, time);
        const sent = await sendBack(record.id);
        assert.deepEqual([sent.status, sent.status_reason, sent.pending_minutes],
            ["returned", reason.reason, 0]);
        assert.equal(await pending(), 0);
        assert.deepEqual(await read(record.id), sent);
        const { data } = await leader.ok("listServiceRecords", { query: { status: "returned" } });
        assert.deepEqual(data, [sent]);
        const { chain } = await leader.ok("getServiceRecordEvidence",
            { path: { id: record.id } });
        assert.deepEqual([chain.at(-1).duty, chain.at(-1).method, chain.at(-1).note],
            ["verifier", "return", reason.reason]);
        await atCounter(world, time);
    });

    test("keeps it out of the worklist, and a community with nothing else has none", async () => {
        const record = await serve(world);
        await sendBack(record.id);
        await freeze();
        await secretary.refused("getWorklist", "not_found",
            { path: { region_code: COMMUNITY, book_week: WEEK } });
        await weekBecomes(world, "settled", SETTLED);
        assert.equal((await read(record.id)).status, "returned");
        assert.equal((await book()).balance_minutes, 0);
    });

    test("is refused to whoever had a part in it, and to the subdistrict else", async () => {
        const record = await serve(world);
        await refuseReturn("secretary_decides", record.id, world.as.subdistrictAdmin);
        const own = await atCounter(world, { attestation: { ...paper(), relation: "书记",
            attester_id: secretary.actor.person.id, capacity: "family_proxy" } });
        const refused = await refuseReturn("verifier_is_attester", own.id);
        assert.deepEqual(mayOf(refused), [`subdistrict_admin ${SUBDISTRICT}`]);
        await sendBack(own.id, world.as.subdistrictAdmin);
        const registered = await draft(world);
        await sign(registered.id);
        await register(world, registered.id, secretary);
        await refuseReturn("verifier_is_registrar", registered.id);
    });

    test("is refused to the server and to his household", async () => {
        const { person } = secretary.actor;
        const spouse = await world.person({ name: "书记家属", household: "neighbours" });
        await world.admin.ok("moveResidence", { path: { person_id: person.id }, body: {
            region_code: COMMUNITY, household_id: world.households.neighbours.id,
            valid_from: "2014-03-03" } });
        const own = await atCounter(world,
            { volunteer_id: (await world.volunteer(person.id)).id });
        await refuseReturn("verifier_is_server", own.id);
        const family = await atCounter(world,
            { volunteer_id: (await world.volunteer(spouse.id)).id });
        await refuseReturn("verifier_of_servers_household", family.id);
    });

    test("is for registered records", async () => {
        const { id } = await draft(world);
        await refuseReturn("record_not_attested", id);
        await sign(id);
        await refuseReturn("record_not_registered", id);
        await register(world, id);
        await sendBack(id);
        await refuseReturn("record_ended", id);
        await leader.refused("voidServiceRecord", "record_ended", { path: { id }, body: reason });
        const kept = await serve(world);
        await freeze();
        await closeWeek(secretary);
        await refuseReturn("already_verified", kept.id);
    });
});

describe("returnServiceRecord while the week is verified", () => {
    test("sends a clean record back and leaves the worklist's digest alone", async () => {
        const [record, kept] = [await serve(world), await serve(world)];
        await freeze();
        const list = await worklist(secretary);
        await sendBack(record.id);
        const now = await worklist(secretary);
        assert.equal(now.digest, list.digest);
        const [shown] = now.records.filter((one) => one.record_id === record.id);
        assert.equal(shown.decision, "return");
        const closed = await closeWeek(secretary);
        assert.deepEqual(closed.exceptions, []);
        assert.equal((await read(kept.id)).status, "verified");
        assert.equal((await read(record.id)).status, "returned");
    });

    test("its replacement leaves the frozen worklist as it was", async () => {
        const record = await serve(world);
        await freeze();
        const list = await worklist(secretary);
        await sendBack(record.id);
        const made = await replace(record.id);
        await sign(made.id);
        assert.equal((await worklist(secretary)).digest, list.digest);
        const answer = await secretary.call("closeWorklist", {
            path: { region_code: COMMUNITY, book_week: WEEK }, body: closeBody(list, { checks: [] }),
        });
        assert.equal(answer.status, 200, answer.text);
    });

    test("what a close left out may be sent back by the subdistrict", async () => {
        const own = await atCounter(world, { attestation: { ...paper(), relation: "书记",
            attester_id: secretary.actor.person.id, capacity: "family_proxy" } });
        await freeze();
        await closeWeek(secretary);
        await sendBack(own.id, world.as.subdistrictAdmin);
        await weekBecomes(world, "settled", SETTLED);
        assert.equal((await book()).balance_minutes, 0);
    });
});

describe("a returned record is replaced", () => {
    test("the corrected one counts, once", async () => {
        const record = await serve(world);
        await sendBack(record.id);
        const made = await replace(record.id, { minutes: 30 });
        await sign(made.id);
        assert.equal(await pending(), 0, "the returned minutes are not taken back twice");
        assert.equal((await read(record.id)).status, "replaced");
        await register(world, made.id);
        assert.equal(await pending(), 30);
        await freeze();
        await closeWeek(secretary);
        await weekBecomes(world, "settled", SETTLED);
        assert.equal((await book()).balance_minutes, 30);
    });

    test("unless its time has been taken meanwhile", async () => {
        const time = freeTime(world);
        const record = await serve(world, time);
        await sendBack(record.id);
        const made = await replace(record.id);
        const rival = await atCounter(world, time);
        const refused = await leader.refused("attestServiceRecord", "time_overlap",
            { path: { id: made.id }, body: paper() });
        assert.equal(refused.args.record_id, rival.id);
        assert.equal((await read(record.id)).status, "returned");
    });

    test("by the same volunteer, community and team", async () => {
        const record = await serve(world);
        const made = await replace(record.id);
        const refuse = (body) => leader.refused("updateServiceRecord", "replacement_keeps_server",
            { path: { id: made.id }, match: made.version, body });
        await refuse({ volunteer_id: world.volunteers.helper.id });
        await world.as.clerk.refused("updateServiceRecord", "replacement_keeps_server",
            { path: { id: made.id }, match: made.version, body: { team_id: null } });
        await leader.ok("updateServiceRecord",
            { path: { id: made.id }, match: made.version, body: { minutes: 30 } });
    });

    test("even when the week froze between the draft and the return", async () => {
        const record = await serve(world);
        const made = await replace(record.id);
        await freeze();
        await leader.refused("attestServiceRecord", "week_frozen",
            { path: { id: made.id }, body: paper() });
        await sendBack(record.id);
        await sign(made.id);
        const done = await register(world, made.id);
        assert.deepEqual([done.book_week, done.registered_late], [NEXT_WEEK, true]);
    });

    test("a rejected one is not", async () => {
        const record = await atCounter(world, {
            starts_at: "2014-05-14T08:00:00+08:00", ends_at: "2014-05-14T16:30:00+08:00",
        });
        await freeze();
        await secretary.ok("decideServiceRecord",
            { path: { id: record.id }, body: { decision: "reject", ...reason } });
        const rejected = await read(record.id);
        assert.deepEqual([rejected.status, rejected.status_reason], ["rejected", reason.reason]);
        await leader.refused("replaceServiceRecord", "record_ended",
            { path: { id: record.id }, body: { content: "x" } });
    });
});

test("a settled week stays as it was when a record carried out of it ends later", async () => {
    const records = [await serve(world), await serve(world), await serve(world)];
    await freeze();
    await weekBecomes(world, "settled", SETTLED);
    const listed = await worklist(secretary);
    assert.equal(listed.records.length, 3);
    await leader.ok("voidServiceRecord", { path: { id: records[0].id }, body: reason });
    await sendBack(records[1].id);
    await sign((await replace(records[2].id)).id);
    const { state, ...after } = await worklist(secretary);
    assert.equal(after.digest, listed.digest);
    assert.deepEqual({ state, ...after }, listed);
    assert.equal(await pending(), 0);
    await setClock(world, "2014-05-23T12:00:00+08:00");
    await serve(world, { starts_at: "2014-05-23T09:00:00+08:00",
        ends_at: "2014-05-23T10:00:00+08:00" });
    await weekBecomes(world, "frozen", NEXT_FROZEN, NEXT_WEEK);
    assert.equal((await worklist(secretary, COMMUNITY, NEXT_WEEK)).records.length, 1);
    await closeWeek(secretary, COMMUNITY, NEXT_WEEK);
    await weekBecomes(world, "settled", NEXT_SETTLED, NEXT_WEEK);
    assert.equal((await book()).balance_minutes, 60);
});
