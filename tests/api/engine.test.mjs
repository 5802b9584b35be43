// Regressions of the engine, each named after what it prevents.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { Daemon } from "./lib/daemon.mjs";
import { COMMUNITY, DISTRICT, FAR_COMMUNITY, consentTo, makeWorld } from "./lib/world.mjs";

let world;

before(async () => {
    world = await makeWorld();
});
after(() => world.close());

// Bytes as they are; what came back until the connection was closed.
function raw(text) {
    return new Promise((resolve, reject) => {
        const socket = net.connect(world.daemon.port, "127.0.0.1", () => socket.write(text));
        let answer = "";
        socket.setTimeout(5000, () => socket.destroy());
        socket.on("data", (data) => (answer += data));
        socket.on("close", () => resolve(answer));
        socket.on("error", reject);
    });
}

const statuses = (answer) => [...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((m) => Number(m[1]));

describe("a replay has the bytes of the first answer", () => {
    const twice = async (operation, options) => {
        const key = randomUUID();
        const first = await world.admin.call(operation, { ...options, key });
        const again = await world.admin.call(operation, { ...options, key });
        assert.equal(first.status, 201, first.text);
        assert.equal(again.headers["idempotent-replayed"], "true");
        assert.equal(again.text, first.text);
        assert.equal(again.headers.etag, first.headers.etag);
    };

    test("when a member is any JSON: a text, a list, a number", async () => {
        const policy = (name, value) => twice("createPolicy", {
            body: { name, value, region_code: DISTRICT, source: "试", valid_from: "2014-05-15" },
        });
        await policy("availability", "on_verification");
        await policy("registrar_roles", ["community_secretary", "team_leader"]);
        await policy("spot_check_percent", 20);
    });

    test("when a member is a list of texts", async () => {
        await twice("createPerson", {
            body: {
                name: "郑重", categories: [{ category: "tuixiu" }, { category: "empty_nest" }],
                consent: consentTo("empty_nest"),
                residence: { region_code: COMMUNITY, valid_from: "2014-03-03" },
            },
        });
    });
});

test("a key stands for its If-Match too", async () => {
    const person = await world.person({ name: "匹配" });
    const key = randomUUID();
    const options = { path: { person_id: person.id }, body: { name: "匹配二" }, key };
    await world.admin.ok("updatePerson", { ...options, match: person.version });
    await world.admin.refused("updatePerson", "idempotency_key_reused",
        { ...options, match: person.version + 1 });
});

test("a refusal tells nothing of what is outside the scope", async () => {
    const team = await world.admin.ok("createTeam", {
        body: { region_code: FAR_COMMUNITY, name: "远方队", kind: "general", founded_on: "2014-03-10" },
    });
    const refusal = (team_id) => world.as.secretary.refused("updateTeam", "not_found",
        { path: { team_id }, body: { name: "乙" }, match: 1 });
    const there = await refusal(team.id);
    const nowhere = await refusal(randomUUID());
    assert.equal(there.args, undefined);
    assert.deepEqual({ ...there, request_id: 0, instance: 0 },
        { ...nowhere, request_id: 0, instance: 0 });
});

test("a query of 300 parameters does not hold up the orderly end", async () => {
    const daemon = await new Daemon(world.database.url).start();
    const text = `GET /healthz?${"a&".repeat(300)} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const sockets = Array.from({ length: 50 }, () =>
        net.connect(daemon.port, "127.0.0.1").on("error", () => {}));
    for (const socket of sockets) socket.write(text);
    await pause(300); // libmicrohttpd neither answers nor closes these: nothing to poll for
    for (const socket of sockets) socket.destroy();
    const begun = Date.now();
    await daemon.stop();
    assert.ok(Date.now() - begun < 8000, "it waited for requests that do not exist");
});

test("a header name that ends with a blank is refused, not ignored", async () => {
    const inner = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    const answer = await raw("GET /healthz HTTP/1.1\r\nHost: x\r\n" +
        `Content-Length : ${inner.length}\r\n\r\n${inner}`);
    assert.deepEqual(statuses(answer), [400]);
    assert.match(answer, /message_refused/);
});

test("two Hosts are refused, and none in HTTP/1.1", async () => {
    assert.deepEqual(statuses(await raw("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")),
        [400]);
    assert.deepEqual(statuses(await raw("GET /healthz HTTP/1.1\r\n\r\n")), [400]);
});

test("a problem is UTF-8 whatever the target was", async () => {
    for (const target of ["/v1/\xff", "/v1/regions?%ff=1"]) {
        const head = `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n` +
            `Authorization: Bearer ${world.admin.token}\r\n\r\n`;
        const answer = await raw(Buffer.from(head, "latin1"));
        const body = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
        assert.ok(body.code);
        assert.ok(!answer.includes("\ufffd"));
    }
});

test("paging goes on behind the longest texts", async () => {
    const long = (n) => `${n}${"𠀀".repeat(199)}`;
    for (const n of [1, 2, 3])
        await world.as.clerk.ok("createHousehold", {
            body: { region_code: COMMUNITY, address_line: long(n) },
        });
    const query = { sort: "address_line", limit: 1 };
    const rows = await world.as.clerk.all("listHouseholds", { query });
    for (const n of [1, 2, 3])
        assert.equal(rows.filter((row) => row.address_line === long(n)).length, 1);
});

test("304 for a list of tags, a weak one and a star", async () => {
    const path = { region_code: COMMUNITY };
    const { headers } = await world.admin.call("getRegion", { path });
    for (const tag of [headers.etag, `W/${headers.etag}`, `"v9.00000000", ${headers.etag}`, "*"]) {
        const answer = await world.admin.call("getRegion",
            { path, headers: { "if-none-match": tag } });
        assert.equal(answer.status, 304, tag);
    }
    const other = await world.admin.call("getRegion",
        { path, headers: { "if-none-match": '"v1.00000000"' } });
    assert.equal(other.status, 200);
});

test("304 for a list and a report that have not changed", async () => {
    for (const [id, query] of [["listRegions", { limit: 2 }], ["getDistrictReport",
        { as_of: "2014-05-15", known_at: new Date(Date.now() - 90000).toISOString() }]]) {
        const { headers } = await world.admin.call(id, { query });
        const again = await world.admin.call(id,
            { query, headers: { "if-none-match": headers.etag } });
        assert.equal(again.status, 304, id);
        assert.equal(again.headers.etag, headers.etag);
        const other = await world.admin.call(id,
            { query, headers: { "if-none-match": '"0000000000000000"' } });
        assert.equal(other.status, 200, id);
    }
});

test("what a bad sort, limit or count may be is said", async () => {
    const problem = await world.admin.refused("listRegions", "parameter_invalid",
        { query: { sort: "foo", limit: "201", count: "exact" } });
    const said = Object.fromEntries(problem.errors.map((e) => [e.parameter, e.detail]));
    assert.match(said.sort, /region_code, name/);
    assert.match(said.limit, /200/);
    assert.match(said.count, /true, false/);
});
