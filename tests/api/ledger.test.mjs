// Passbooks, their lines, and what was served before the time bank.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { atCounter, closeWeek, passbookOf, serve, weekBecomes } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, FROZEN, SETTLED, SIBLING, SUBDISTRICT, makeWorld } from "./lib/world.mjs";

let world, admin;

before(async () => {
    world = await makeWorld();
    admin = world.admin;
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const opening = (changes) => ({
    body: {
        volunteer_id: world.volunteers.server.id, region_code: COMMUNITY, minutes: 600,
        served_until: "2014-02-28", place: "北园社区", evidence: "登记册第3册", ...changes,
    },
});
const linesOf = (passbook_id, query) =>
    admin.all("listPassbookLines", { path: { passbook_id }, query });
const recordsOf = (passbook_id, line_no) =>
    admin.all("listPassbookLineRecords", { path: { passbook_id, line_no } });
const sum = (rows) => rows.reduce((total, row) => total + row.minutes, 0);

describe("opening balances", () => {
    test("count for balance and stars, on a line of their own", async () => {
        const made = await admin.ok("createOpeningBalance", opening({ minutes: 6000 }));
        assert.equal(made.category_code, "prior_service");
        assert.equal(made.line_no, 1);
        const book = await passbookOf(admin, world.volunteers.server);
        assert.deepEqual([book.balance_minutes, book.earned_minutes, book.eligible_star, book.star],
            [6000, 6000, 1, 0]);
        const path = { record_id: made.id };
        assert.deepEqual(await world.as.auditor.ok("getOpeningBalance", { path }), made);
        const { data } = await admin.ok("listOpeningBalances",
            { query: { volunteer_id: world.volunteers.server.id } });
        assert.deepEqual(data, [made]);
        const [record] = await recordsOf(made.passbook_id, 1);
        assert.deepEqual([record.record_id, record.minutes, record.booked_late],
            [made.id, 6000, true]);
    });

    test("at once, each gets a line, and the sums agree", async () => {
        const volunteer = await world.newVolunteer("并发人");
        const minutes = Array.from({ length: 10 }, (_, i) => i + 1);
        await Promise.all(minutes.map((n) =>
            admin.ok("createOpeningBalance", opening({ volunteer_id: volunteer.id, minutes: n }))));
        const lines = await linesOf(volunteer.passbook_id);
        assert.deepEqual(lines.map((line) => line.line_no), minutes);
        let balance = 0;
        for (const line of lines) assert.equal(line.balance_minutes, balance += line.minutes);
        assert.equal(balance, 55);
        assert.equal((await passbookOf(admin, volunteer)).balance_minutes, 55);
    });

    for (const [what, code, changes] of [
        ["a subdistrict issues nothing", "region_is_no_community", { region_code: SUBDISTRICT }],
        ["an unknown region", "not_found", { region_code: "371402009009" }],
        ["an unknown volunteer", "not_found", { volunteer_id: randomUUID() }],
        ["an unknown category", "opening_category_unknown", { category_code: "no_such" }],
        ["service of tomorrow", "served_until_in_future", { served_until: "2014-05-16" }],
    ])
        test(`is refused: ${what}`, () =>
            admin.refused("createOpeningBalance", code, opening(changes)));

    test("nobody enters his own", async () => {
        const person = await world.person({ name: "管理员二" });
        const volunteer = await world.volunteer(person.id);
        const himself = await world.actor(
            { role: "district_admin", region: "371402000000", person });
        await himself.refused("createOpeningBalance", "opening_balance_is_own",
            opening({ volunteer_id: volunteer.id }));
    });

    test("a closed passbook takes nothing", async () => {
        const volunteer = await world.newVolunteer("销户人");
        world.database.query(
            `UPDATE passbooks SET state = 'closed' WHERE id = '${volunteer.passbook_id}'`);
        await admin.refused("createOpeningBalance", "passbook_missing",
            opening({ volunteer_id: volunteer.id }));
    });
});

describe("passbooks", () => {
    test("are found by number, volunteer and state, and sorted by balance", async () => {
        const { helper } = world.volunteers;
        const one = async (query) =>
            (await admin.ok("listPassbooks", { query })).data.map((row) => row.volunteer_id);
        assert.deepEqual(await one({ passbook_number: helper.passbook_number }), [helper.id]);
        assert.deepEqual(await one({ volunteer_id: helper.id }), [helper.id]);
        assert.deepEqual(await one({ volunteer_id: helper.id, state: "lost" }), []);
        const rich = await admin.all("listPassbooks", { query: { sort: "-balance_minutes" } });
        assert.equal(rich[0].volunteer_id, world.volunteers.server.id);
        const far = await admin.all("listPassbooks", { query: { region_code: SIBLING } });
        assert.deepEqual(far.map((row) => row.volunteer_name).sort(), ["罗组长", "马志强"]);
    });

    test("follow their volunteer to another community; the old lines stay", async () => {
        const volunteer = await world.newVolunteer("搬家人");
        await admin.ok("createOpeningBalance", opening({ volunteer_id: volunteer.id }));
        const path = { passbook_id: volunteer.passbook_id };
        await world.as.siblingSecretary.refused("getPassbook", "not_found", { path });
        await world.as.secretary.ok("moveResidence",
            { path: { person_id: volunteer.person_id }, body: { region_code: SIBLING } });
        const book = await world.as.siblingSecretary.ok("getPassbook", { path });
        assert.equal(book.region_code, SIBLING);
        assert.equal(book.passbook_number, volunteer.passbook_number);
        const lines = await world.as.siblingSecretary.all("listPassbookLines", { path });
        assert.deepEqual(lines.map((line) => line.region_code), [COMMUNITY]);
        await world.as.secretary.refused("getPassbook", "not_found", { path });
    });
});

test("a deposit is one line a volunteer, community and week, and drills down to its records",
    async () => {
        const helper = world.volunteers.helper;
        const own = [await serve(world, { volunteer_id: helper.id }),
            await serve(world, { volunteer_id: helper.id })];
        const away = await atCounter(world, {
            region_code: SIBLING, team_id: undefined, volunteer_id: helper.id,
            registrar_id: world.as.siblingSecretary.actor.person.id,
        }, world.as.subdistrictClerk);
        await weekBecomes(world, "frozen", FROZEN);
        await closeWeek(world.as.secretary);
        // There the secretary registered it: the subdistrict decides, after the secretary's close.
        await closeWeek(world.as.siblingSecretary, SIBLING);
        await world.as.subdistrictAdmin.ok("decideServiceRecord",
            { path: { id: away.id }, body: { decision: "accept" } });
        await weekBecomes(world, "settled", SETTLED);
        const lines = await linesOf(helper.passbook_id);
        assert.deepEqual(lines.map((line) => [line.kind, line.region_code, line.minutes]).sort(),
            [["deposit", COMMUNITY, 120], ["deposit", SIBLING, 60]]);
        for (const line of lines) {
            const rows = await recordsOf(helper.passbook_id, line.line_no);
            assert.equal(sum(rows), line.minutes);
            const ids = line.region_code === COMMUNITY ? own.map((one) => one.id) : [away.id];
            assert.deepEqual(rows.map((row) => row.record_id).sort(), ids.sort());
        }
        const rest = await linesOf(helper.passbook_id, { from_line: 2 });
        assert.deepEqual(rest, lines.slice(1));
    });

test("points show earned minutes by the rule of the day, rounded down", async () => {
    const volunteer = await world.newVolunteer("积分人");
    await admin.ok("createOpeningBalance",
        opening({ volunteer_id: volunteer.id, minutes: 119 }));
    const points = async () => {
        const path = { volunteer_id: volunteer.id };
        const [{ points: listed }] = await admin.all("listVolunteers",
            { query: { volunteer_number: volunteer.volunteer_number } });
        const [{ points: ofBook }] = await admin.all("listPassbooks",
            { query: { volunteer_id: volunteer.id } });
        const read = [(await admin.ok("getVolunteer", { path })).points, listed, ofBook,
            (await passbookOf(admin, volunteer)).points];
        assert.equal(new Set(read).size, 1, read.join());
        return read[0];
    };
    assert.equal(volunteer.points, 0);
    assert.equal(await points(), 1);
    const set = (value, valid_from) => admin.ok("createPolicy", { body: { name: "points_per_hour",
        region_code: "371402000000", value, source: "会议纪要", valid_from } });
    await set(10);
    assert.equal(await points(), 19);
    await set(1000, "2030-01-01");
    assert.equal(await points(), 19);
});
