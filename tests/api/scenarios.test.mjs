// The acceptance scenarios of docs/requirements.md that the first release covers.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import {
    attestByCode, closeBody, closeWeek, draft, mayOf, passbookOf, register, serve, weekBecomes,
    worklist,
} from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, FROZEN, SETTLED, SUBDISTRICT, WEEK, makeWorld } from "./lib/world.mjs";

describe("scenario 1: the main job", () => {
    let world, book;
    const read = () => passbookOf(world.as.secretary, world.volunteers.server);

    before(async () => {
        world = await makeWorld();
        await world.admin.ok("createOpeningBalance", {
            body: {
                volunteer_id: world.volunteers.server.id,
                region_code: COMMUNITY,
                minutes: 99 * 60 + 30,
                served_until: "2014-02-28",
                place: "北园社区",
                evidence: "社区老干部志愿服务登记册",
            },
        });
        book = await read();
    });
    after(() => world.close());

    test("99 h 30 of evidenced service give no star", () => {
        assert.equal(book.balance_minutes, 5970);
        assert.equal(book.earned_minutes, 5970);
        assert.equal(book.line_no, 1);
        assert.equal(book.eligible_star, 0);
    });

    test("60 minutes, signed by code and registered the same day, are pending and not spendable",
        async () => {
            const record = await serve(world, {
                starts_at: "2014-05-15T09:00:00+08:00", ends_at: "2014-05-15T10:00:00+08:00",
            });
            assert.equal(record.status, "registered");
            assert.equal(record.minutes, 60);
            assert.equal(record.book_week, WEEK);
            assert.equal(record.registered_late, false);
            const now = await read();
            assert.equal(now.pending_minutes, 60);
            assert.equal(now.balance_minutes, book.balance_minutes);
            assert.equal(now.available_minutes, book.available_minutes);
        });

    test("the secretary closes the week; the settlement deposits them on the next line", async () =>
        {
        await weekBecomes(world, "frozen", FROZEN);
        const closed = await closeWeek(world.as.secretary);
        assert.equal(closed.state, "closed");
        assert.equal(closed.records[0].minutes, 60);
        assert.equal((await read()).balance_minutes, 5970, "not before the cut-off");
        await weekBecomes(world, "settled", SETTLED);
        const now = await read();
        assert.equal(now.balance_minutes, 6030);
        assert.equal(now.line_no, book.line_no + 1);
        assert.equal(now.pending_minutes, 0);
        assert.equal(now.available_minutes, 6030);
    });

    test("100 h entitle to the first star, which is awarded only at the year's end", async () => {
        const now = await read();
        assert.equal(now.earned_minutes, 6030);
        assert.equal(now.eligible_star, 1);
        assert.equal(now.star, 0);
    });

    test("the line drills down to the record, and the ledger's invariants hold", async () => {
        const path = { passbook_id: book.id, line_no: book.line_no + 1 };
        const { data } = await world.as.secretary.ok("listPassbookLineRecords", { path });
        assert.deepEqual(data.map((row) => row.minutes), [60]);
        assert.equal(data[0].service_date, "2014-05-15");
        commandOk(world.database.url, "reconcile");
    });
});

describe("scenario 2: duties", () => {
    let world, record;

    before(async () => {
        world = await makeWorld();
    });
    after(() => world.close());

    test("a leader does not register his own service: the refusal names who may", async () => {
        const { id } = await draft(world, { volunteer_id: world.volunteers.leader.id },
            world.as.secretary);
        await world.as.secretary.ok("attestServiceRecord", {
            path: { id },
            body: { method: "paper", sheet_number: "12", attester_id: world.persons.recipient.id,
                capacity: "recipient" },
        });
        const problem = await world.as.leader.refused("registerServiceRecord",
            "registrar_is_server", { path: { id }, body: {} });
        assert.deepEqual(mayOf(problem),
            [`community_secretary ${COMMUNITY}`, `residents_group_head ${COMMUNITY}`]);
    });

    test("the close of a secretary who registered leaves the record to the subdistrict", async () =>
        {
        record = await draft(world);
        await attestByCode(world, record.id);
        await register(world, record.id, world.as.secretary);
        await weekBecomes(world, "frozen", FROZEN);
        const list = await worklist(world.as.secretary);
        const closed = await world.as.secretary.ok("closeWorklist", {
            path: { region_code: COMMUNITY, book_week: WEEK }, body: closeBody(list),
        });
        assert.deepEqual(closed.exceptions,
            [{ record_id: record.id, reason: "verifier_had_part", decided: false }]);
    });

    test("the secretary who registered does not verify: the subdistrict may", async () => {
        const problem = await world.as.secretary.refused("decideServiceRecord",
            "verifier_is_registrar", { path: { id: record.id }, body: { decision: "accept" } });
        assert.deepEqual(mayOf(problem), [`subdistrict_admin ${SUBDISTRICT}`]);
    });

    test("the subdistrict verifies, and the evidence shows four different persons", async () => {
        const decided = await world.as.subdistrictAdmin.ok("decideServiceRecord", {
            path: { id: record.id }, body: { decision: "accept" },
        });
        assert.equal(decided.status, "verified");
        const evidence = await world.as.auditor.ok("getServiceRecordEvidence",
            { path: { id: record.id } });
        assert.deepEqual(evidence.chain.map((one) => one.duty),
            ["attester", "registrar", "verifier"]);
        const persons = [evidence.server, ...evidence.chain].map((one) => one.person_id);
        assert.deepEqual(persons, [
            world.persons.server.id, world.persons.recipient.id,
            world.as.secretary.actor.person.id, world.as.subdistrictAdmin.actor.person.id,
        ]);
        assert.equal(new Set(persons).size, 4);
        commandOk(world.database.url, "reconcile");
    });
});
