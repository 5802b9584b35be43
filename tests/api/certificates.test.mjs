// Certificates: what they say, who issues them, and how anybody checks one.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { closeWeek, serve, setClock, weekBecomes } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, FROZEN, SIBLING, SUBDISTRICT, TODAY, makeWorld } from "./lib/world.mjs";

const PERIOD = { kind: "service", period_from: "2014-05-12", period_to: "2014-05-18" };

let world, admin, secretary, clerk, volunteer, award, path;

// Two services of 60 and 30 minutes are verified, a third waits.
async function build() {
    world = await makeWorld();
    admin = world.admin;
    ({ secretary, clerk, volunteer } = world.as);
    path = { volunteer_id: world.volunteers.server.id };
    award = await admin.ok("createStarAward", { body: { ...path, kind: "opening", star: 2,
        award_year: 2013, evidence: "表彰名册" } });
    await serve(world);
    await serve(world, { category_code: "companionship", starts_at: "2014-05-13T09:00:00+08:00",
        ends_at: "2014-05-13T09:30:00+08:00" });
    await secretary.refused("createCertificate", "nothing_to_certify",
        { path, body: { ...PERIOD, period_to: TODAY } });
    await weekBecomes(world, "frozen", FROZEN);
    await closeWeek(secretary);
    await serve(world, { starts_at: "2014-05-18T09:00:00+08:00",
        ends_at: "2014-05-18T10:00:00+08:00" });
}

async function tearDown() {
    commandOk(world.database.url, "reconcile");
    await world.close();
}

const issue = (by, changes) => by.ok("createCertificate", { path, body: { ...PERIOD, ...changes } });
const refuse = (by, code, body, where = path) =>
    by.refused("createCertificate", code, { path: where, body });
const check = (certificate_number) =>
    world.anyone.call("getPublicCertificate", { path: { certificate_number } });
const read = (by, { id }) => by.ok("getCertificate", { path: { certificate_id: id } });

describe("a certificate of service", () => {
    before(build);
    after(tearDown);

    test("says what was verified in a period, and anybody checks it by its number", async () => {
        const made = await issue(secretary);
        assert.match(made.number, /^371402-ZM2014-000001-[0-9A-HJKMNP-TV-Z]{8}$/);
        assert.deepEqual([made.state, made.minutes, made.name, made.issuer, made.region_code,
            made.handler_name, made.issued_on, made.star],
        ["valid", 90, "李卫东", "北园社区", COMMUNITY, "张书记", "2014-05-19", null]);
        assert.deepEqual(made.contents, [
            { category_code: "home_care", category_name: "居家养老", records: 1, minutes: 60 },
            { category_code: "companionship", category_name: "志愿陪聊", records: 1, minutes: 30 }]);
        for (const by of [clerk, volunteer, admin, world.as.auditor])
            assert.deepEqual(await read(by, made), made);
        const answer = await check(made.number);
        assert.equal(answer.headers["cache-control"], "public, max-age=60");
        const { id, volunteer_id, certificate_request_id, award_id, region_code, handler_id,
            entered_by, issued_at, revocation_reason, revoked_by, revoked_by_name, ...paper } = made;
        assert.deepEqual(answer.body, paper);
    });

    test("is found by no other number", async () => {
        const { number } = await issue(secretary);
        const numbers = ["371402-ZM2014-000001-00000000", number.slice(0, -1) +
            (number.endsWith("0") ? "1" : "0"), number.replace("371402", "371403"),
        number.replace(/-0+(\d+)-/, (_, n) => `-${String(Number(n) + 1).padStart(6, "0")}-`)];
        const told = new Set();
        for (const one of numbers) {
            const answer = await check(one);
            assert.equal(answer.status, 404, one);
            const { instance, request_id, ...problem } = answer.body;
            told.add(JSON.stringify(problem));
        }
        assert.equal(told.size, 1);
        const suffixes = new Set();
        for (let i = 0; i < 20; i++) suffixes.add((await issue(secretary)).number.slice(-8));
        assert.equal(suffixes.size, 20);
        assert.ok(new Set([...suffixes].join("")).size > 20); // of 32 characters
    });

    test("stays as it was issued", async () => {
        const made = await issue(clerk, { region_code: COMMUNITY, handler_id: secretary.actor.person.id });
        assert.deepEqual([made.handler_name, made.entered_by], ["张书记", clerk.actor.user.id]);
        const person = await admin.ok("getPerson",
            { path: { person_id: world.persons.server.id } });
        await admin.ok("updatePerson", { path: { person_id: person.id }, match: person.version,
            body: { name: "李为东" } });
        const { body } = await check(made.number);
        assert.deepEqual([body.name, body.minutes], ["李卫东", 90]);
        assert.equal((await issue(clerk)).name, "李为东");
        await admin.ok("updatePerson", { path: { person_id: person.id },
            match: person.version + 1, body: { name: "李卫东" } });
    });

    test("is issued within the region, never for oneself", async () => {
        const other = { volunteer_id: world.volunteers.helper.id };
        await refuse(secretary, "nothing_to_certify", PERIOD, other);
        await refuse(world.as.siblingSecretary, "not_found", PERIOD);
        await refuse(secretary, "not_found", { ...PERIOD, region_code: SIBLING });
        await refuse(secretary, "not_found", { ...PERIOD, handler_id: randomUUID() });
        await refuse(secretary, "not_found", PERIOD, { volunteer_id: randomUUID() });
        await refuse(secretary, "certificate_for_oneself",
            { ...PERIOD, handler_id: world.persons.server.id });
        const { user } = volunteer.actor;
        const grant = await admin.ok("createGrant", { path: { user_id: user.id },
            body: { role: "community_clerk", region_code: COMMUNITY } });
        const { token } = await admin.ok("createToken",
            { body: { grant_id: grant.id, label: "本人兼社区干事" } });
        await refuse(world.anyone.as(token), "certificate_for_oneself",
            { ...PERIOD, handler_id: secretary.actor.person.id });
        const above = await issue(world.as.subdistrictAdmin, { region_code: SUBDISTRICT });
        assert.equal(above.issuer, "新湖街道");
    });

    test("is of a period that has begun and ended, with verified service in it", async () => {
        await refuse(secretary, "certificate_does_not_fit", { kind: "service" });
        await refuse(secretary, "certificate_does_not_fit", {});
        await refuse(secretary, "certificate_does_not_fit",
            { kind: "service", period_from: TODAY });
        await refuse(secretary, "certificate_does_not_fit", { ...PERIOD, award_id: award.id });
        await refuse(secretary, "period_reversed",
            { ...PERIOD, period_from: "2014-05-14", period_to: "2014-05-13" });
        await refuse(secretary, "date_in_future", { ...PERIOD, period_to: "2014-05-20" });
        const day = await issue(secretary, { period_from: "2014-05-13", period_to: "2014-05-13" });
        assert.equal(day.minutes, 30);
        await refuse(secretary, "nothing_to_certify",
            { ...PERIOD, period_from: "2014-05-14", period_to: "2014-05-19" });
    });

    test("is revoked by the district, once, and never goes away", async () => {
        const made = await issue(secretary);
        const where = { path: { certificate_id: made.id }, body: { reason: "分钟数有误" } };
        await secretary.refused("revokeCertificate", "role_not_allowed", where);
        const revoked = await admin.ok("revokeCertificate", where);
        assert.deepEqual([revoked.state, revoked.revoked_on, revoked.revocation_reason],
            ["revoked", "2014-05-19", "分钟数有误"]);
        assert.deepEqual(await read(clerk, made), revoked);
        await admin.refused("revokeCertificate", "certificate_revoked", where);
        const { body } = await check(made.number);
        assert.deepEqual([body.state, body.revoked_on, body.minutes], ["revoked", "2014-05-19", 90]);
        assert.doesNotMatch(JSON.stringify(body), /分钟数有误/);
        const other = await issue(secretary);
        const answers = await Promise.all(Array.from({ length: 4 }, () => admin.call(
            "revokeCertificate", { ...where, path: { certificate_id: other.id } })));
        assert.deepEqual(answers.map((one) => one.status).sort(), [200, 409, 409, 409]);
    });

    test("lists narrow", async () => {
        const [first, revoked] = [await issue(secretary), await issue(secretary)];
        await admin.ok("revokeCertificate",
            { path: { certificate_id: revoked.id }, body: { reason: "重复" } });
        const ids = async (query, by = admin) =>
            (await by.all("listCertificates", { query })).map((one) => one.id);
        assert.ok((await ids({ state: "revoked" })).includes(revoked.id));
        assert.ok(!(await ids({ state: "valid" })).includes(revoked.id));
        assert.deepEqual(await ids({ certificate_number: first.number }), [first.id]);
        assert.deepEqual(await ids({ kind: "star" }), []);
        assert.deepEqual(await ids({ issued_from: "2014-05-20" }), []);
        assert.deepEqual(await ids({ issued_to: "2014-05-18" }), []);
        assert.deepEqual(await ids({ region_code: SIBLING }), []);
        assert.deepEqual(await ids({}, world.as.siblingSecretary), []);
        assert.deepEqual(await ids({}, volunteer), await ids(path));
    });

    test("numbers go on, and begin anew with the year", async () => {
        const seq = (made) => made.number.split("-").slice(1, 3).join("-");
        const many = await Promise.all(Array.from({ length: 6 }, () => issue(secretary)));
        assert.equal(new Set(many.map(seq)).size, 6);
        await setClock(world, "2015-01-01T00:00:00+08:00");
        assert.equal(seq(await issue(secretary)), "ZM2015-000001");
    });
});

describe("a certificate of a star, and requests", () => {
    before(build);
    after(tearDown);
    const star = (changes) => ({ kind: "star", award_id: award.id, ...changes });

    test("names star, title and year; one at a time is valid", async () => {
        const made = await secretary.ok("createCertificate", { path, body: star() });
        assert.deepEqual(
            [made.star, made.title, made.award_year, made.minutes, made.contents, made.period_from],
            [2, "二星级老干部志愿者", 2013, null, [], null]);
        await refuse(secretary, "award_certified", star());
        await refuse(secretary, "award_of_another", star(),
            { volunteer_id: world.volunteers.helper.id });
        await refuse(secretary, "certificate_does_not_fit", { kind: "star" });
        await refuse(secretary, "certificate_does_not_fit", star({ period_from: TODAY }));
        await admin.ok("revokeCertificate",
            { path: { certificate_id: made.id }, body: { reason: "姓名有误" } });
        const answers = await Promise.all(Array.from({ length: 5 }, () =>
            secretary.call("createCertificate", { path, body: star() })));
        assert.deepEqual(answers.map((one) => one.status).sort(), [201, 409, 409, 409, 409]);
    });

    test("a volunteer asks for his own, and is answered once", async () => {
        const ask = (by, body, where = path) =>
            by.call("createCertificateRequest", { path: where, body });
        const asked = (await ask(volunteer, { ...PERIOD, purpose: "评优" })).body;
        assert.deepEqual([asked.state, asked.via, asked.purpose, asked.region_code],
            ["open", "app", "评优", COMMUNITY]);
        const other = { volunteer_id: world.volunteers.helper.id };
        assert.equal((await ask(volunteer, PERIOD, other)).body.code, "not_found");
        assert.equal((await ask(volunteer, { kind: "service" })).body.code,
            "certificate_does_not_fit");
        assert.equal((await ask(clerk, PERIOD, other)).body.code, "nothing_to_certify");
        assert.equal((await ask(volunteer, star())).body.code, "award_certified");
        const at = { certificate_request_id: asked.id };
        await refuse(secretary, "certificate_does_not_fit", { ...at, kind: "service" });
        await refuse(secretary, "not_found", { certificate_request_id: randomUUID() });
        await refuse(secretary, "not_found", at, other);
        const made = await secretary.ok("createCertificate", { path, body: at });
        assert.deepEqual([made.certificate_request_id, made.minutes], [asked.id, 90]);
        const after = await volunteer.ok("getCertificateRequest", { path: at });
        assert.deepEqual(after, { ...asked, state: "issued", certificate_id: made.id });
        await refuse(secretary, "certificate_request_answered", at);
        const decline = (by, id) => by.call("declineCertificateRequest",
            { path: { certificate_request_id: id }, body: { reason: "尚在核实" } });
        assert.equal((await decline(secretary, asked.id)).body.code,
            "certificate_request_answered");
        const second = (await ask(clerk, { ...PERIOD, via: "phone" })).body;
        assert.equal(second.via, "phone");
        const answers = await Promise.all([decline(secretary, second.id),
            secretary.call("createCertificate",
                { path, body: { certificate_request_id: second.id } }),
            decline(clerk, second.id)]);
        assert.equal(answers.filter((one) => one.status < 300).length, 1);
        const third = (await ask(volunteer, PERIOD)).body;
        const declined = (await decline(secretary, third.id)).body;
        assert.deepEqual([declined.state, declined.decline_reason, declined.declined_by_name],
            ["declined", "尚在核实", "张书记"]);
        assert.deepEqual(await clerk.ok("getCertificateRequest",
            { path: { certificate_request_id: third.id } }), declined);
        await refuse(secretary, "certificate_request_answered",
            { certificate_request_id: third.id });
        const fourth = (await ask(volunteer, PERIOD)).body;
        const ids = async (query, by = admin) =>
            (await by.all("listCertificateRequests", { query })).map((one) => one.id);
        assert.deepEqual(await ids({ state: "open" }), [fourth.id]);
        assert.ok((await ids({ state: "declined" })).includes(third.id));
        assert.deepEqual(await ids({ state: "open", region_code: SIBLING }), []);
        assert.equal((await ids({}, volunteer)).length, 4);
        assert.deepEqual(await ids({}, world.as.siblingSecretary), []);
    });
});
