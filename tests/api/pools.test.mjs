// Time pools and donations: who gives, by which consent, from what; what a pool shows, and when it closes.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { passbookOf } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { fillBook } from "./lib/withdrawals.mjs";
import { COMMUNITY, DISTRICT, FAR_COMMUNITY, SIBLING, SUBDISTRICT, TODAY, makeWorld,
} from "./lib/world.mjs";

let world, secretary, clerk, volunteer, pool;

before(async () => {
    world = await makeWorld();
    ({ secretary, clerk, volunteer } = world.as);
    pool = await secretary.ok("createTimePool", poolBody());
    await fillBook(world, world.volunteers.server, 600);
    await fillBook(world, world.volunteers.helper, 600);
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const poolBody = (changes) => ({
    body: { region_code: COMMUNITY, name: "爱心时间池", purpose: "用于孤寡老人", ...changes },
});
const onPaper = { method: "paper", document: "捐赠申请书1" };
const given = (key, changes) => ({
    path: { passbook_id: world.volunteers[key].passbook_id },
    body: { pool_id: pool.id, minutes: 30, ...changes },
});
const give = (by, key, changes) => by.ok("createDonation", given(key, changes));
const bookOf = (key) => passbookOf(world.admin, world.volunteers[key]);
const read = (by = world.as.resident, pool_id = pool.id) =>
    by.ok("getTimePool", { path: { pool_id } });
const entries = (by, query) =>
    by.all("listTimePoolEntries", { path: { pool_id: pool.id }, query });

describe("a pool", () => {
    test("is opened empty by whoever keeps the region, and seen by everybody", async () => {
        assert.deepEqual({ ...pool, id: undefined }, {
            id: undefined, region_code: COMMUNITY, name: "爱心时间池", purpose: "用于孤寡老人",
            state: "open", opened_on: TODAY, closed_on: null, close_reason: null, balance_minutes: 0,
            reserved_minutes: 0, available_minutes: 0, version: 1,
        });
        assert.deepEqual(await read(world.as.farSecretary), pool);
        const wide = await world.admin.ok("createTimePool", poolBody({ region_code: DISTRICT }));
        const within = async (query) =>
            (await world.as.volunteer.all("listTimePools", { query })).map((row) => row.id).sort();
        assert.deepEqual(await within(), [pool.id, wide.id].sort());
        assert.deepEqual(await within({ region_code: SUBDISTRICT }), [pool.id]);
        assert.deepEqual(await within({ region_code: SIBLING }), []);
        assert.deepEqual(await within({ state: "closed" }), []);
    });

    test("is not opened elsewhere, nor with a name that is taken", async () => {
        await secretary.refused("createTimePool", "not_found", poolBody({ region_code: SIBLING }));
        await secretary.refused("createTimePool", "not_found",
            poolBody({ region_code: "371402009009" }));
        await secretary.refused("createTimePool", "time_pool_name_taken", poolBody());
    });

    test("changes its name and purpose, by the version that was seen", async () => {
        const path = { pool_id: pool.id };
        const change = (body, match) => ({ path, body, match });
        pool = await secretary.ok("updateTimePool", change({ purpose: "用于空巢老人" }, 1));
        assert.deepEqual([pool.name, pool.purpose, pool.version], ["爱心时间池", "用于空巢老人", 2]);
        await secretary.refused("updateTimePool", "version_mismatch", change({ name: "x" }, 1));
        const other = await secretary.ok("createTimePool", poolBody({ name: "另一个" }));
        await secretary.refused("updateTimePool", "time_pool_name_taken",
            { path: { pool_id: other.id }, body: { name: pool.name }, match: 1 });
        await world.as.siblingSecretary.refused("updateTimePool", "not_found",
            change({ name: "x" }, 2));
    });

    test("follows its community into another one", async () => {
        const far = await world.as.farSecretary.ok("createTimePool",
            poolBody({ region_code: FAR_COMMUNITY }));
        await world.admin.ok("createRegion", { body: { kind: "community", name: "西苑社区",
            region_code: "371402002002", setting: "rural", valid_from: TODAY } });
        const path = { region_code: FAR_COMMUNITY };
        const { version } = await world.admin.ok("getRegion", { path });
        await world.admin.ok("mergeRegion", { path, match: version,
            body: { successor_code: "371402002002" } });
        assert.equal((await read(secretary, far.id)).region_code, "371402002002");
        await world.admin.refused("createTimePool", "region_ended",
            poolBody({ region_code: FAR_COMMUNITY, name: "新池" }));
        const closed = await world.as.farAdmin.ok("closeTimePool",
            { path: { pool_id: far.id }, body: { reason: "合并" } });
        assert.equal(closed.state, "closed");
    });
});

describe("a donation", () => {
    test("by the volunteer himself needs no paper, and takes a line", async () => {
        const made = await give(volunteer, "server", { minutes: 100 });
        assert.deepEqual([made.via, made.method, made.minutes, made.line_no], ["app", null, 100, 2]);
        assert.equal(made.entered_by, volunteer.actor.user.id);
        const book = await bookOf("server");
        assert.deepEqual([book.balance_minutes, book.available_minutes, book.earned_minutes],
            [500, 500, 600]);
        const path = { passbook_id: book.id };
        const lines = await volunteer.all("listPassbookLines", { path, query: { from_line: 2 } });
        assert.deepEqual(lines.map((line) => [line.kind, line.minutes, line.balance_minutes,
            line.transfer_id]), [["donation", -100, 500, made.transfer_id]]);
        assert.deepEqual(await volunteer.all("listPassbookLineRecords",
            { path: { ...path, line_no: 2 } }), []);
        assert.deepEqual(await volunteer.ok("getDonation",
            { path: { ...path, donation_id: made.id } }), made);
        assert.deepEqual((await volunteer.ok("listDonations", { path })).data, [made]);
        assert.equal((await read()).balance_minutes, 100);
    });

    test("typed at the counter names how the donor agreed", async () => {
        const refuse = (code, changes) =>
            clerk.refused("createDonation", code, given("helper", changes));
        const witness_id = world.persons.leader.id;
        await refuse("donation_consent_missing");
        await refuse("donation_consent_missing", { via: "app" });
        await refuse("consent_document_missing", { method: "paper" });
        await refuse("consent_witness_missing", { method: "thumbprint" });
        await refuse("consent_witness_missing", { method: "verbal", document: "记录" });
        for (const person of [world.persons.helper, clerk.actor.person, { id: randomUUID() }])
            await refuse("donation_witness_unfit", { method: "verbal", witness_id: person.id });
        await volunteer.refused("createDonation", "donation_consent_missing",
            given("server", { via: "phone" }));
        assert.equal((await bookOf("helper")).balance_minutes, 600);
        const paper = await give(clerk, "helper", onPaper);
        assert.deepEqual([paper.via, paper.method, paper.document, paper.entered_by],
            ["counter", "paper", "捐赠申请书1", clerk.actor.user.id]);
        const print = await give(clerk, "helper",
            { method: "thumbprint", witness_id, via: "visit" });
        assert.deepEqual([print.via, print.method, print.witness_id],
            ["visit", "thumbprint", witness_id]);
    });

    test("never exceeds what is available", async () => {
        const { available_minutes } = await bookOf("helper");
        const { args } = await clerk.refused("createDonation", "balance_insufficient",
            given("helper", { minutes: available_minutes + 1, ...onPaper }));
        assert.deepEqual(args, { minutes: available_minutes + 1, available_minutes });
        await give(clerk, "helper", { minutes: available_minutes, ...onPaper });
        assert.equal((await bookOf("helper")).available_minutes, 0);
        await clerk.refused("createDonation", "balance_insufficient",
            given("helper", { minutes: 1, ...onPaper }));
    });

    test("is sent twice with one key and made once", async () => {
        const key = randomUUID();
        const before = (await bookOf("server")).balance_minutes;
        const [first, second] = [await give2(key), await give2(key)];
        assert.equal(first.text, second.text);
        assert.equal(second.headers["idempotent-replayed"], "true");
        assert.equal((await bookOf("server")).balance_minutes, before - 7);
    });
    const give2 = (key) =>
        volunteer.call("createDonation", { ...given("server", { minutes: 7 }), key });

    test("needs a key", () => volunteer.refused("createDonation", "idempotency_key_missing",
        { ...given("server"), key: null }));

    test("is refused: of another's book, to no pool, of the dead, of a lost book", async () => {
        await volunteer.refused("createDonation", "not_found", given("helper"));
        await volunteer.refused("createDonation", "not_found",
            given("server", { pool_id: randomUUID() }));
        await world.as.siblingSecretary.refused("createDonation", "not_found",
            given("server", onPaper));
        const late = await world.newVolunteer("已故人");
        await fillBook(world, late);
        const path = { passbook_id: late.passbook_id };
        const body = { pool_id: pool.id, minutes: 10, ...onPaper };
        world.database.query(
            `UPDATE passbooks SET state = 'lost' WHERE id = '${late.passbook_id}'`);
        const { args } = await clerk.refused("createDonation", "passbook_not_open", { path, body });
        assert.deepEqual(args, { state: "lost" });
        world.database.query(
            `UPDATE passbooks SET state = 'open' WHERE id = '${late.passbook_id}'`);
        await clerk.ok("reportDeath",
            { path: { person_id: late.person_id }, body: { died_on: TODAY } });
        await clerk.refused("createDonation", "person_died", { path, body });
    });
});

describe("a pool's entries", () => {
    test("add up to its balance, and name the books, to those who keep it", async () => {
        const rows = await entries(secretary);
        const { balance_minutes } = await read();
        assert.equal(rows.reduce((sum, row) => sum + row.minutes, 0), balance_minutes);
        assert.ok(rows.every((row) => row.kind === "donation" && row.donation_id));
        assert.deepEqual([...new Set(rows.map((row) => row.passbook_number))].sort(),
            ["server", "helper"].map((key) => world.volunteers[key].passbook_number).sort());
        assert.deepEqual(await entries(secretary, { kind: "donation", book_month: "2014-05-01" }),
            rows);
        assert.deepEqual(await entries(secretary, { kind: "capture" }), []);
        assert.deepEqual(await entries(secretary, { book_month: "2014-04-01" }), []);
        assert.deepEqual(await entries(world.as.siblingSecretary), []);
    });
});

describe("a pool is closed", () => {
    test("only when nothing is in it, once and for all", async () => {
        const path = { pool_id: pool.id };
        const close = { path, body: { reason: "并入街道" } };
        const { balance_minutes } = await read();
        const { args } = await secretary.refused("closeTimePool", "time_pool_not_empty", close);
        assert.deepEqual(args, { balance_minutes, reserved_minutes: 0 });
        const empty = await secretary.ok("createTimePool", poolBody({ name: "空池" }));
        const end = { path: { pool_id: empty.id }, body: { reason: "无人使用" } };
        const closed = await secretary.ok("closeTimePool", end);
        assert.deepEqual(closed, { ...empty, state: "closed", closed_on: TODAY,
            close_reason: "无人使用", version: 2 });
        assert.deepEqual(await read(secretary, empty.id), closed);
        const refused = await secretary.refused("closeTimePool", "time_pool_closed", end);
        assert.deepEqual(refused.args, { closed_on: TODAY });
        await secretary.refused("updateTimePool", "time_pool_closed",
            { path: { pool_id: empty.id }, body: { name: "x" }, match: 2 });
        await volunteer.refused("createDonation", "time_pool_closed",
            given("server", { pool_id: empty.id, minutes: 1 }));
        await secretary.ok("createTimePool", poolBody({ name: "空池" }));
        await world.as.siblingSecretary.refused("closeTimePool", "not_found", close);
    });
});
