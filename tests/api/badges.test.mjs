// Badges: the image, the stock, and the badge in a volunteer's hand.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, test } from "node:test";

import { commandOk } from "./lib/daemon.mjs";
import { Client } from "./lib/client.mjs";
import {
    COMMUNITY, DISTRICT, FAR_COMMUNITY, SIBLING, SUBDISTRICT, TODAY, makeWorld,
} from "./lib/world.mjs";

let world, admin, secretary, clerk, volunteer, subdistrict;

async function build() {
    world = await makeWorld();
    admin = world.admin;
    ({ secretary, clerk, volunteer, subdistrictAdmin: subdistrict } = world.as);
}

async function tearDown() {
    commandOk(world.database.url, "reconcile");
    await world.close();
}

const move = (by, kind, quantity, from, to, changes) => by.call("createBadgeMovement",
    { body: { kind, star: 1, quantity, reason: "送货单第12号",
        ...(from && { from_region_code: from }), ...(to && { to_region_code: to }), ...changes } });
const moved = async (...all) => {
    const answer = await move(...all);
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
};
const refusedMove = async (code, ...all) => {
    const answer = await move(...all);
    assert.equal(answer.body.code, code, answer.text);
    return answer.body;
};
const stock = async (region_code, star = 1) => {
    const rows = await admin.all("listBadgeStocks", { query: { region_code, star } });
    return rows.find((one) => one.region_code === region_code);
};
const award = (changes) => admin.ok("createStarAward", { body: { kind: "opening", star: 1,
    volunteer_id: world.volunteers.server.id, award_year: 2012, evidence: "表彰名册", ...changes } });
const body = { region_code: COMMUNITY, method: "paper" };
const handOver = (by, { id }, changes) => by.ok("createBadgeHandover",
    { path: { award_id: id }, body: { ...body, ...changes } });
const refuse = (by, code, { id }, changes) => by.refused("createBadgeHandover", code,
    { path: { award_id: id }, body: { ...body, ...changes } });

describe("the image of a badge", () => {
    before(build);
    after(tearDown);

    test("is served to everybody, with its title, and may be kept", async () => {
        const titles = ["一", "二", "三", "四", "五"].map((n) => `${n}星级老干部志愿者`);
        const seen = new Set();
        for (const [i, title] of titles.entries()) {
            const path = { badge: `${i + 1}.svg` };
            const answer = await world.anyone.call("getBadge", { path });
            assert.equal(answer.status, 200);
            assert.equal(answer.headers["content-type"], "image/svg+xml");
            assert.match(answer.text, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
            assert.match(answer.text, new RegExp(`<title id="title">${title}</title>`));
            assert.equal(answer.text.match(/<use /g).length, i + 1); // so many stars
            assert.doesNotMatch(answer.text, /<script|href="http/);
            seen.add(answer.headers.etag);
            const headers = { "if-none-match": answer.headers.etag };
            assert.equal((await world.anyone.call("getBadge", { path, headers })).status, 304);
        }
        assert.equal(seen.size, 5);
        const head = await world.anyone.send(null,
            { method: "HEAD", target: "/v1/public/badges/3.svg" });
        assert.deepEqual([head.status, head.headers["content-type"], head.text],
            [200, "image/svg+xml", ""]);
        assert.ok(Number(head.headers["content-length"]) > 500);
    });

    test("is of one to five stars", async () => {
        for (const badge of ["0.svg", "6.svg", "1.png", "1", "11.svg", "1.svgx", "../1.svg", "一.svg"])
            await new Client(world.daemon).refused("getBadge", "not_found", { path: { badge } });
    });
});

describe("the stock", () => {
    before(build);
    after(tearDown);

    test("is received, handed on and written off, and never falls below nothing", async () => {
        const first = await moved(admin, "receive", 10, null, DISTRICT, { moved_on: "2014-05-10" });
        assert.deepEqual([first.from_region_code, first.to_region_code, first.moved_on,
            first.moved_by], [null, DISTRICT, "2014-05-10", first.moved_by]);
        assert.deepEqual(await admin.ok("getBadgeMovement", { path: { movement_id: first.id } }),
            first);
        await moved(admin, "transfer", 6, DISTRICT, SUBDISTRICT);
        await moved(subdistrict, "transfer", 5, SUBDISTRICT, COMMUNITY);
        await moved(clerk, "lost", 1, COMMUNITY, null);
        await moved(clerk, "damaged", 1, COMMUNITY, null);
        await moved(clerk, "transfer", 1, COMMUNITY, SUBDISTRICT); // one too many, sent back
        const short = await refusedMove("badge_stock_short", clerk, "lost", 3, COMMUNITY, null);
        assert.match(short.detail, /\b2\b/);
        await moved(clerk, "lost", 2, COMMUNITY, null);
        await refusedMove("badge_stock_short", clerk, "lost", 1, COMMUNITY, null);
        await refusedMove("badge_stock_short", admin, "transfer", 1, DISTRICT, COMMUNITY,
            { star: 2 });
        assert.deepEqual(await stock(COMMUNITY), { region_code: COMMUNITY, region_name: "北园社区",
            star: 1, stock: `${COMMUNITY}/1`, received: 0, transferred_in: 5, transferred_out: 1,
            issued: 0, lost: 3, damaged: 1, quantity: 0 });
        assert.equal((await stock(SUBDISTRICT)).quantity, 2);
        assert.equal((await stock(DISTRICT)).quantity, 4);
        assert.deepEqual((await secretary.all("listBadgeStocks")).map((one) => one.stock),
            [`${COMMUNITY}/1`]);
        assert.deepEqual(await world.as.siblingSecretary.all("listBadgeMovements"), []);
        const kinds = async (query) =>
            (await admin.all("listBadgeMovements", { query })).map((one) => one.kind);
        assert.deepEqual(await kinds({ moved_to: "2014-05-10" }), ["receive"]);
        assert.deepEqual(await kinds({ kind: "damaged" }), ["damaged"]);
        assert.deepEqual(await kinds({ region_code: FAR_COMMUNITY }), []);
        assert.equal((await kinds({ moved_from: "2014-05-11", star: 1 })).length, 6);
    });

    test("of ten at once only so many go as there are", async () => {
        await moved(admin, "receive", 7, null, SIBLING, { star: 3 });
        const answers = await Promise.all(Array.from({ length: 10 }, (_, i) =>
            move(admin, i % 2 ? "lost" : "transfer", 2, SIBLING, i % 2 ? null : COMMUNITY,
                { star: 3 })));
        assert.equal(answers.filter((one) => one.status === 201).length, 3);
        assert.equal((await stock(SIBLING, 3)).quantity, 1);
    });

    test("moves between regions that fit", async () => {
        const fits = (kind, from, to) =>
            refusedMove("movement_does_not_fit", admin, kind, 1, from, to);
        await fits("receive", DISTRICT, COMMUNITY);
        await fits("transfer", DISTRICT, null);
        await fits("transfer", DISTRICT, DISTRICT);
        await fits("lost", DISTRICT, COMMUNITY);
        await refusedMove("not_found", admin, "receive", 1, null, "371402009009");
        await refusedMove("not_found", secretary, "receive", 1, null, SIBLING);
        await refusedMove("not_found", secretary, "transfer", 1, DISTRICT, COMMUNITY);
        await refusedMove("not_found", admin, "receive", 1, null, COMMUNITY,
            { moved_by: randomUUID() });
        await refusedMove("date_in_future", admin, "receive", 1, null, COMMUNITY,
            { moved_on: "2014-05-16" });
        await refusedMove("body_invalid", admin, "receive", 0, null, COMMUNITY);
        await refusedMove("body_invalid", admin, "issue", 1, COMMUNITY, null);
        const { version } = await admin.ok("getRegion", { path: { region_code: SIBLING } });
        await admin.ok("mergeRegion", { path: { region_code: SIBLING }, match: version,
            body: { successor_code: COMMUNITY } });
        await refusedMove("region_ended", admin, "receive", 1, null, SIBLING);
        await moved(admin, "transfer", 1, SIBLING, COMMUNITY, { star: 3 }); // what is left there
    });
});

describe("createBadgeHandover", () => {
    beforeEach(build);

    test("is once an award, out of the stock; another copy has a reason", async () => {
        const star = await award();
        await refuse(secretary, "badge_stock_short", star);
        await moved(admin, "receive", 2, null, COMMUNITY);
        const made = await handOver(secretary, star);
        assert.deepEqual(
            [made.copy_no, made.name, made.star, made.award_year, made.handed_on, made.handed_by_name,
                made.received_by, made.method, made.witness_id, made.reason],
            [1, "李卫东", 1, 2012, TODAY, "张书记", world.persons.server.id, "paper", null, null]);
        const path = { handover_id: made.id };
        for (const by of [clerk, volunteer, admin])
            assert.deepEqual(await by.ok("getBadgeHandover", { path }), made);
        const { kind, quantity } = await admin.ok("getBadgeMovement",
            { path: { movement_id: made.movement_id } });
        assert.deepEqual([kind, quantity], ["issue", 1]);
        await refuse(secretary, "badge_handed_over", star);
        const copy = await handOver(secretary, star, { reason: "遗失补发" });
        assert.deepEqual([copy.copy_no, copy.reason], [2, "遗失补发"]);
        await refuse(secretary, "badge_stock_short", star, { reason: "再次遗失" });
        assert.deepEqual((await volunteer.all("listBadgeHandovers")).map((one) => one.copy_no)
            .sort(), [1, 2]);
        assert.deepEqual(await admin.all("listBadgeHandovers", { query: { star: 2 } }), []);
        const row = await stock(COMMUNITY);
        assert.deepEqual([row.received, row.issued, row.quantity], [2, 2, 0]);
        await tearDown();
    });

    test("is signed for, in front of a witness where it is a thumbprint", async () => {
        const star = await award();
        const { spouse, server, helper } = world.persons;
        await moved(admin, "receive", 5, null, COMMUNITY);
        await refuse(secretary, "witness_missing", star, { method: "thumbprint" });
        for (const witness_id of [server.id, secretary.actor.person.id])
            await refuse(secretary, "handover_witness_unfit", star,
                { method: "thumbprint", witness_id });
        await refuse(secretary, "relation_missing", star, { received_by: spouse.id });
        await refuse(secretary, "handover_person_unknown", star,
            { received_by: randomUUID(), relation: "妻子" });
        await refuse(secretary, "badge_to_oneself", star, { handed_by: server.id });
        await refuse(secretary, "badge_to_oneself", star,
            { handed_by: spouse.id, received_by: spouse.id, relation: "妻子" });
        await refuse(secretary, "badge_not_handed_over", star, { reason: "遗失补发" });
        await refuse(secretary, "date_in_future", star, { handed_on: "2014-05-16" });
        await refuse(secretary, "badge_before_award", star, { handed_on: "2012-12-30" });
        await refuse(secretary, "not_found", star, { region_code: SIBLING });
        await refuse(secretary, "not_found", { id: randomUUID() });
        await refuse(world.as.siblingSecretary, "not_found", star, { region_code: SIBLING });
        const made = await handOver(secretary, star, { method: "thumbprint", witness_id: helper.id,
            received_by: spouse.id, relation: "妻子", handed_on: "2012-12-31" });
        assert.deepEqual([made.received_by_name, made.relation, made.witness_name],
            ["王秀英", "妻子", "何大姐"]);
        assert.equal((await stock(COMMUNITY)).quantity, 4);
        await tearDown();
    });

    test("of six at once for one award one holds, whichever stock it is from", async () => {
        const star = await award({ star: 2 });
        await moved(admin, "receive", 5, null, COMMUNITY, { star: 2 });
        await moved(admin, "receive", 5, null, SUBDISTRICT, { star: 2 });
        const answers = await Promise.all(Array.from({ length: 6 }, (_, i) =>
            subdistrict.call("createBadgeHandover", { path: { award_id: star.id },
                body: { ...body, region_code: i % 2 ? COMMUNITY : SUBDISTRICT } })));
        assert.deepEqual(answers.map((one) => one.status).sort(), [201, 409, 409, 409, 409, 409]);
        await tearDown();
    });
});
