// The quarterly notice, read by anybody without a token.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { closeWeek, quarterBecomes, serve, setClock, weekBecomes } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, QUARTER_SETTLED, SIBLING, SUBDISTRICT, makeWorld } from "./lib/world.mjs";

const NOTICE = "371402-2014Q2-1", FIRST = "371402-2014Q1-1";
const number = NOTICE;
let world;

// Scenario 6: the service of Monday 30 June is verified on 8 July and belongs to the second quarter.
before(async () => {
    world = await makeWorld();
    await setClock(world, "2014-06-30T20:00:00+08:00");
    await serve(world, { starts_at: "2014-06-30T08:00:00+08:00",
        ends_at: "2014-06-30T09:00:00+08:00" });
    await weekBecomes(world, "frozen", "2014-07-08T09:00:00+08:00", "2014-06-30");
    await closeWeek(world.as.secretary, COMMUNITY, "2014-06-30");
    await quarterBecomes(world, "settled", QUARTER_SETTLED, "2014-04-01");
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const read = (operation, path, query) => world.anyone.ok(operation, { path, query });
const sha256 = (...parts) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return hash.digest();
};
const hex = (text) => Buffer.from(text, "hex");
const int = (value, bytes) => {
    const buffer = Buffer.alloc(bytes);
    if (bytes === 8) buffer.writeBigInt64BE(BigInt(value));
    else buffer.writeInt32BE(value);
    return buffer;
};
const counted = (text) => Buffer.concat([int(Buffer.byteLength(text), 4), Buffer.from(text)]);
const LEAF = Buffer.from([0]), NODE = Buffer.from([1]);

function climb(leaf, path) {
    let hash = leaf;
    for (const { side, hash: other } of path)
        hash = side === "left" ? sha256(NODE, hex(other), hash) : sha256(NODE, hash, hex(other));
    return hash;
}

describe("a notice", () => {
    test("of each settled quarter is listed, the last one first", async () => {
        const { data } = await read("listPublicNotices", { district_code: "371402" });
        assert.deepEqual(data.map((one) => [one.number, one.begin_date, one.revision, one.lines]),
            [[NOTICE, "2014-04-01", 1, 1], [FIRST, "2014-01-01", 1, 0]]);
    });

    test("has a page for each community, and names the notice before", async () => {
        const notice = await read("getPublicNotice", { number });
        const first = await read("getPublicNotice", { number: FIRST });
        assert.deepEqual(notice.pages.map((page) => [page.region_code, page.region_name, page.lines]),
            [[COMMUNITY, "北园社区", 1]]);
        assert.equal(notice.previous_digest, first.digest);
        assert.equal(first.previous_digest, "0".repeat(64));
        const period = await world.admin.ok("getPeriod",
            { path: { grain: "quarter", begin_date: "2014-04-01" } });
        assert.equal(period.digest, notice.digest);
    });

    test("shows masked names and minutes, and nothing of who was served", async () => {
        const { data: [line, ...others] } = await read("listPublicNoticeLines", { number });
        assert.deepEqual(others, []);
        const { index, line_code, volunteer_number, ...told } = line;
        assert.equal(index, 0);
        assert.match(line_code, /^[0-9a-f]{16}$/);
        assert.equal(volunteer_number, world.volunteers.server.volunteer_number);
        assert.deepEqual(told, {
            region_code: COMMUNITY, masked_name: "李*东", opening_minutes: 0, deposited_minutes: 60,
            withdrawn_minutes: 0, donated_minutes: 0, corrected_minutes: 0, closing_minutes: 60,
            earned_minutes: 60, star: 0, is_new: true,
        });
    });

    test("is found by region and by volunteer number", async () => {
        const lines = async (query) => (await read("listPublicNoticeLines", { number }, query)).data;
        assert.equal((await lines({ region_code: SUBDISTRICT })).length, 1);
        assert.equal((await lines({ region_code: SIBLING })).length, 0);
        const { volunteer_number } = world.volunteers.server;
        assert.equal((await lines({ volunteer_number })).length, 1);
        assert.equal((await lines({ volunteer_number: "x" })).length, 0);
    });

    test("may be kept by caches, and is not sent again when it is known", async () => {
        const first = await world.anyone.call("getPublicNotice", { path: { number } });
        assert.equal(first.headers["cache-control"], "public, max-age=60");
        const again = await world.anyone.call("getPublicNotice",
            { path: { number }, headers: { "if-none-match": first.headers.etag } });
        assert.equal(again.status, 304);
    });

    test("of another district, quarter or form is refused", async () => {
        const refused = (code, of) =>
            world.anyone.refused("getPublicNotice", code, { path: { number: of } });
        await refused("not_found", "371402-2014Q3-1");
        await refused("not_found", "371402-2014Q2-2");
        await refused("not_found", "371403-2014Q2-1");
        for (const of of ["371402-2014Q5-1", "371402-2014Q2-0", "371402-14-1", "71402-2014Q2-1", "x"])
            await refused("parameter_invalid", of);
        const { data } = await read("listPublicNotices", { district_code: "371403" });
        assert.deepEqual(data, []);
    });
});

describe("a line", () => {
    let line, proof;
    before(async () => {
        ({ data: [line] } = await read("listPublicNoticeLines", { number }));
        proof = await read("getPublicNoticeProof", { number }, { line_code: line.line_code });
    });

    test("is proved to be in the notice, from its bytes to the digest", async () => {
        const page = climb(sha256(LEAF, hex(proof.line_bytes)), proof.page_path);
        assert.equal(page.toString("hex"), proof.page_root);
        const root = climb(sha256(LEAF, "timebank.notice.page.1", int(proof.region_code, 8),
            int(proof.page_lines, 8), page), proof.notice_path);
        assert.equal(root.toString("hex"), proof.root);
        const digest = sha256("timebank.notice.1", counted(number), root, hex(proof.previous_digest));
        assert.equal(digest.toString("hex"), proof.digest);
        assert.equal((await read("getPublicNotice", { number })).digest, proof.digest);
    });

    test("has bytes that say what is published, after a salt", () => {
        const word = Buffer.from("timebank.notice.line.1");
        const bytes = hex(proof.line_bytes);
        assert.deepEqual(bytes.subarray(0, word.length), word);
        const minutes = ["opening", "deposited", "withdrawn", "donated", "corrected", "closing",
            "earned"].map((name) => int(line[`${name}_minutes`], 8));
        assert.deepEqual(bytes.subarray(word.length + 16), Buffer.concat([
            counted(number), int(line.region_code, 8), counted(line.volunteer_number),
            counted(line.masked_name), ...minutes, int(line.star, 4)]));
    });

    test("that is not in it has no proof", async () => {
        await world.anyone.refused("getPublicNoticeProof", "not_found",
            { path: { number }, query: { line_code: "0".repeat(16) } });
        await world.anyone.refused("getPublicNoticeProof", "parameter_invalid", { path: { number } });
        await world.anyone.refused("getPublicNoticeProof", "parameter_invalid",
            { path: { number }, query: { line_code: "0".repeat(15) } });
    });
});

describe("the boards of a notice", () => {
    const at = (time) => `2014-07-${time}:00+08:00`;
    const board = (posted_at, region_code = COMMUNITY) =>
        ({ region_code, place: "3号楼公示栏", posted_at });
    const post = (by, ...postings) =>
        by.call("createNoticePostings", { path: { number }, body: { postings } });
    const stands = () => read("getPublicNotice", { number });
    const codeOf = ({ status, body }) => `${status} ${body.code}`;

    before(() => setClock(world, at("11T09:00")));

    test("have the pages of the caller's regions, after it was drawn up and not in the future",
        async () => {
            const { secretary, siblingSecretary, clerk } = world.as;
            const good = at("10T10:00");
            assert.equal(codeOf(await post(siblingSecretary, board(good))), "404 not_found");
            assert.equal(codeOf(await post(secretary, board(good), board(good, SIBLING))),
                "404 not_found");
            assert.equal(codeOf(await post(world.admin, board(good), board(good, SIBLING))),
                "409 notice_pages_unknown");
            for (const wrong of [at("09T23:59"), at("11T09:01")])
                assert.equal(codeOf(await post(clerk, board(good), board(wrong))),
                    "409 posting_time_invalid");
            const body = { postings: [board(good)] };
            await secretary.refused("createNoticePostings", "not_found",
                { path: { number: "371402-2014Q3-1" }, body });
            const told = await stands();
            assert.deepEqual([told.state, told.posted_pages, told.posted_at, told.window_ends_at],
                ["settled", 0, null, null]);
        });

    test("open a window of seven full days when the last page hangs", async () => {
        const { body } = await post(world.as.clerk, board(at("10T10:00")), board(at("11T08:00")));
        assert.deepEqual([body.pages, body.posted_pages, body.postings.length], [1, 1, 2]);
        assert.equal(Date.parse(body.posted_at), Date.parse(at("10T10:00")));
        assert.equal(Date.parse(body.window_ends_at), Date.parse(at("18T00:00")));
        const told = await stands();
        assert.equal(told.window_ends_at, body.window_ends_at);
        const { data } = await read("listPublicNoticePostings", { number });
        assert.deepEqual(data.map(({ id }) => id).sort(),
            body.postings.map(({ id }) => id).sort());
    });

    test("make the quarter noticed, and final when the window has passed", async () => {
        await quarterBecomes(world, "noticed", at("12T09:00"), "2014-04-01");
        await quarterBecomes(world, "noticed", "2014-07-17T23:59:59+08:00", "2014-04-01");
        assert.equal((await stands()).state, "noticed");
        await quarterBecomes(world, "final", at("18T00:00"), "2014-04-01");
        assert.equal((await stands()).state, "final");
    });

    test("are not needed by a notice without lines", async () => {
        const first = await read("getPublicNotice", { number: FIRST });
        assert.deepEqual([first.state, first.pages.length], ["final", 0]);
    });
});

describe("the page that is printed", () => {
    const page = (region_code = COMMUNITY, client = world.anyone, of = number) =>
        client.call("getPublicNoticePage", { path: { number: of, region_code } });

    test("is A3 with the lines, the digests and the code", async () => {
        const { status, headers, text } = await page();
        assert.equal(status, 200);
        assert.equal(headers["content-type"], "text/html; charset=utf-8");
        assert.match(headers["content-security-policy"], /^default-src 'none'/);
        const { data: [line] } = await read("listPublicNoticeLines", { number });
        const notice = await read("getPublicNotice", { number });
        assert.match(text, /@page\{size:A3 portrait/);
        for (const part of ["德城区志愿服务时间储蓄公示", "北园社区", "2014年第2季度", "李*东", ">1:00<",
            line.line_code, notice.digest, notice.pages[0].root, 'src="../qr"'])
            assert.ok(text.includes(part), part);
        assert.ok(!text.includes(world.persons.server.name));
        assert.ok(!/<script|on\w+=/.test(text));
    });

    test("is of the communities that have one", async () => {
        assert.equal((await page(SIBLING)).status, 404);
        assert.equal((await page(COMMUNITY, world.anyone, "371402-2014Q3-1")).status, 404);
    });

    test("shows a name as text, whatever is in it", () => {
        assert.equal(world.database.query("SELECT html_text('<b a=\"1\">&')"),
            "&lt;b a=&quot;1&quot;&gt;&amp;");
        assert.equal(world.database.query("SELECT clock_text(-45) || ' ' || clock_text(6030)"),
            "-0:45 100:30");
    });

    test("has a code that leads to the notice", async () => {
        const { status, headers, text } = await world.anyone.call("getNoticeQr", { path: { number } });
        assert.equal(status, 200);
        assert.equal(headers["content-type"], "image/svg+xml");
        const [, side] = /viewBox="0 0 (\d+) \1"/.exec(text);
        assert.ok(side >= 21 + 8, side);
        await world.anyone.refused("getNoticeQr", "parameter_invalid", { path: { number: "x" } });
    });
});
