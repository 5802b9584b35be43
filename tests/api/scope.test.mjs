// Who may call what, and on which rows: generated from x-roles and x-scope of the contract, so that
// a new operation is covered on the day it is written.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { isList, operations, roles } from "./lib/contract.mjs";
import { makeThings } from "./lib/things.mjs";
import { COMMUNITY, QUARTER_SETTLED, SIBLING, consentTo, makeWorld } from "./lib/world.mjs";

const SELF_ROLES = ["volunteer", "resident"];
const LEADING_ROLES = ["team_leader", "residents_group_head", "information_officer"];
const guarded = [...operations.values()].filter((one) => one.spec["x-roles"]);
const hasPath = (operation) => operation.path.includes("{");
const isGet = (operation) => operation.method === "get";
const isLocal = (operation) => operation.spec["x-scope"] !== "district";

// Values of the right form that name nothing.
const NOTHING = {
    region_code: "371402009009", grain: "week", begin_date: "2030-01-07", book_week: "2030-01-07",
    category_code: "no_such_category", skill_code: "no_such_skill",
    holiday_date: "2030-01-01", ladder: "no_such_ladder",
    year: 2030, valid_from: "2030-01-01", star: 1, line_no: 1, code: "no_such_code", sha256: "0".repeat(64),
};

function nothingPath(operation) {
    const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    return Object.fromEntries(names.map((name) => [name, NOTHING[name] ?? randomUUID()]));
}

// A request that is refused, if it is let in: it names nothing and says nothing.
function emptyRequest(operation) {
    return {
        path: nothingPath(operation),
        ...(operation.spec.requestBody && { body: {} }),
        ...(operation.spec["x-if-match"] && { match: 1 }),
    };
}

let world, things;

before(async () => {
    world = await makeWorld();
    things = await makeThings(world);
});
after(() => world.close());

describe("403 exactly where x-roles does not name the role", () => {
    for (const operation of guarded)
        test(operation.id, async () => {
            for (const role of roles) {
                const client = world.byRole(role);
                const answer = await client.call(operation.id, emptyRequest(operation));
                const refused = answer.body.code === "role_not_allowed";
                assert.equal(refused, !operation.spec["x-roles"].includes(role),
                    `${role}: ${answer.text}`);
                assert.ok(refused || hasPath(operation) || isGet(operation) || answer.status >= 400,
                    `${role} changed something: ${answer.text}`);
            }
        });
});

describe("a token is needed", () => {
    for (const operation of guarded)
        test(operation.id, async () => {
            const request = emptyRequest(operation);
            await world.anyone.refused(operation.id, "token_missing", request);
            const token = `tb_371402_${"x".repeat(43)}`;
            await world.anyone.refused(operation.id, "token_invalid", { ...request, token });
        });
});

describe("what lies in the community is read by its roles and not found by a sibling's secretary",
    () => {
        for (const operation of guarded.filter((one) => isGet(one) && hasPath(one) && isLocal(one)))
            test(operation.id, async () => {
                for (const role of operation.spec["x-roles"]) {
                    if (SELF_ROLES.includes(role)) continue;
                    const path = { ...things };
                    // Who leads volunteers sees those, not the persons they serve.
                    if (LEADING_ROLES.includes(role)) path.person_id = world.persons.server.id;
                    const answer = await world.byRole(role).call(operation.id, { path });
                    assert.equal(answer.status, 200, `${role}: ${answer.text}`);
                }
                if (!operation.spec["x-roles"].includes("community_secretary")) return;
                const own = await world.as.secretary.ok(operation.id, { path: things });
                const answer = await world.as.siblingSecretary.call(operation.id, { path: things });
                if (isList(operation) && answer.status === 200) {
                    assert.ok(own.data.length > 0);
                    assert.deepEqual(answer.body.data, []);
                } else {
                    assert.equal(answer.body.code, "not_found", answer.text);
                }
            });
    });

describe("a list shows a secretary nothing of another community", () => {
    const lists = guarded.filter((one) => isList(one) && isLocal(one) && !hasPath(one) &&
        one.spec["x-roles"].includes("community_secretary"));
    for (const operation of lists)
        test(operation.id, async () => {
            const rows = await world.as.siblingSecretary.all(operation.id);
            const codes = new Set(rows.map((row) => row.region_code ?? SIBLING));
            assert.deepEqual([...codes].filter((code) => code !== SIBLING), []);
            const narrowed = await world.as.siblingSecretary.all(operation.id,
                operation.parameters.some((one) => one.name === "region_code")
                    ? { query: { region_code: COMMUNITY } } : {});
            assert.deepEqual(narrowed.filter((row) => row.region_code === COMMUNITY), []);
        });
});

describe("a write on what lies in the community is not found by a sibling's roles", () => {
    const writes = guarded.filter((one) => !isGet(one) && hasPath(one) && isLocal(one) &&
        !one.spec.requestBody?.content?.["application/merge-patch+json"]);
    const others = { community_secretary: "siblingSecretary", subdistrict_admin: "farAdmin",
        team_leader: "siblingLeader" };
    // The least body that each operation accepts.
    const bodies = {
        reportDeath: { died_on: "2014-05-14" },
        revokeDeath: { reason: "混淆" },
        moveResidence: { region_code: SIBLING },
        addPersonCategory: { category: "ill" },
        giveConsent: consentTo("ill"),
        changeMembershipPosition: { position: "member" },
        createMembership: () => ({ volunteer_id: world.volunteers.siblingServer.id }),
        createGrant: { role: "community_clerk", region_code: COMMUNITY },
        closeWorklist: { digest: "0".repeat(64), checks: [] },
        leaveVolunteer: { reason: "迁往外地" },
        addVolunteerSkill: { skill_code: "law", level: 1 },
        changeVolunteerSkill: { level: 2 },
        addAvailability: { weekday: 1, starts_at: "09:00", ends_at: "10:00" },
        changeAvailability: { weekday: 1 },
        addAbsence: { reason: "探亲" },
        setReferral: { referred_by: null },
        updateServiceRecord: { minutes: 30 },
        attestServiceRecord: { method: "code", code: "000000" },
        voidServiceRecord: { reason: "重复录入" },
        createFeedback: { rating: 4 },
        createCertificate: { kind: "service", period_from: "2014-05-01", period_to: "2014-05-31" },
        revokeCertificate: { reason: "姓名有误" },
        declineCertificateRequest: { reason: "尚在核实" },
        createBadgeHandover: { region_code: COMMUNITY, method: "paper" },
        decideComplaint: { decision: "uphold", reason: "经核实属实" },
        setAsideComplaint: { reason: "复核" },
        createCorrectionRequest: { reason: "分钟数不符", wrong: ["minutes"] },
        decideCorrectionRequest: { decision: "accept" },
        returnServiceRecord: { reason: "时间有误" },
        replaceServiceRecord: { content: "陪同买药" },
        decideServiceRecord: { decision: "accept" },
        createLedgerCorrection: { minutes: 30, reason: "时间有误" },
        proposeAppraisal: { digest: "0".repeat(64) },
        reviewAppraisal: { digest: "0".repeat(64), decision: "confirm" },
        decideObjection: { decision: "dismissed", reason: "与事实相符" },
        createObjection: { region_code: COMMUNITY, statement: "多计", objector_name: "周先生" },
        createDonation: () => ({ pool_id: things.pool_id, minutes: 1 }),
        closeTimePool: { reason: "无人使用" },
        createNoticePostings: { postings: [
            { region_code: COMMUNITY, place: "公示栏", posted_at: QUARTER_SETTLED }] },
    };
    for (const operation of writes)
        for (const [role, key] of Object.entries(others)) {
            if (!operation.spec["x-roles"].includes(role)) continue;
            test(`${operation.id} by another ${role}`, async () => {
                const body = bodies[operation.id] ?? {};
                await world.as[key].refused(operation.id, "not_found", {
                    path: things,
                    ...(operation.spec.requestBody &&
                        { body: typeof body === "function" ? body() : body }),
                    ...(operation.spec["x-if-match"] && { match: 1 }),
                });
            });
        }
});

describe("volunteers and residents see their own only", () => {
    const one = (client, id, path) => client.call(id, { path }).then((answer) => answer.status);

    test("a person reads himself, and nobody else", async () => {
        const own = { person_id: world.persons.server.id };
        const other = { person_id: world.persons.recipient.id };
        for (const id of ["getPerson", "listResidences", "listPersonCategories",
            "listConsents"]) {
            assert.equal(await one(world.as.volunteer, id, own), 200, id);
            const answer = await world.as.volunteer.call(id, { path: other });
            assert.ok(answer.status === 404 || answer.body.data.length === 0, id);
        }
        const { data } = await world.as.resident.ok("listPersons");
        assert.deepEqual(data.map((row) => row.id), [world.persons.recipient.id]);
    });

    test("a volunteer reads his own passbook with its lines, and no other", async () => {
        const own = { passbook_id: world.volunteers.server.passbook_id };
        const other = { passbook_id: world.volunteers.helper.passbook_id };
        assert.equal(await one(world.as.volunteer, "getPassbook", own), 200);
        assert.equal(await one(world.as.volunteer, "getPassbook", other), 404);
        const { data } = await world.as.volunteer.ok("listPassbooks");
        assert.deepEqual(data.map((row) => row.id), [own.passbook_id]);
        const lines = await world.as.volunteer.ok("listPassbookLines", { path: own });
        assert.ok(lines.data.length > 0);
    });

    test("both sides of a service see its record; another volunteer does not", async () => {
        const path = { id: things.id };
        assert.equal(await one(world.as.volunteer, "getServiceRecord", path), 200);
        assert.equal(await one(world.as.resident, "getServiceRecord", path), 200);
        const person = await world.person({ name: "路过人" });
        await world.volunteer(person.id);
        const stranger = await world.actor({ role: "volunteer", region: COMMUNITY, person });
        assert.equal(await one(stranger, "getServiceRecord", path), 404);
        assert.equal(await one(stranger, "getServiceRecordEvidence", path), 404);
        assert.deepEqual((await stranger.ok("listServiceRecords")).data, []);
    });
});
