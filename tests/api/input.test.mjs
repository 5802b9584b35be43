// What comes from outside: bodies, parameters, headers, methods, languages. A request is refused
// before it is carried out, with every fault at once and where it is.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { draft } from "./lib/acts.mjs";
import { exchange } from "./lib/client.mjs";
import { operations } from "./lib/contract.mjs";
import { COMMUNITY, makeWorld } from "./lib/world.mjs";

const BODY_BYTES_MAX = 1024 * 1024;
const DEPTH_MAX = 32;
const QUERY_PARAMETERS_MAX = 32;
const ERRORS_MAX = 64;

let world;

before(async () => {
    world = await makeWorld();
});
after(() => world.close());

const household = (address_line = "测试路1号") => ({ region_code: COMMUNITY, address_line });
const send = (body, options) => world.as.clerk.call("createHousehold", { body, ...options });
const pointers = (problem) => problem.errors.map((one) => one.pointer ?? one.parameter).sort();
const faults = (problem) =>
    problem.errors.map((one) => `${one.pointer ?? one.parameter} ${one.code}`).sort();

describe("a body that is not JSON is refused", () => {
    const depth = (levels) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    const wrapped = (value) => `{"region_code":"${COMMUNITY}","address_line":${value}}`;
    const cases = [
        ["nothing but a brace", "{", "json_malformed"],
        ["a trailing comma", '{"a":1,}', "json_malformed"],
        ["two values", "{} {}", "json_malformed"],
        ["blanks only", "   ", "json_empty"],
        ["a bare string", '"a"', "json_scalar"],
        ["a comment", '{"a":1 /* b */}', "json_malformed"],
        ["single quotes", "{'a':1}", "json_malformed"],
        ["a byte order mark", '\ufeff{"a":1}', "json_malformed"],
        ["a member twice", '{"address_line":"a","address_line":"b"}', "json_duplicate_key"],
        ["a NUL in a string", wrapped('"a\\u0000b"'), "json_nul_character"],
        ["a NUL in a name", '{"a\\u0000b":1}', "json_nul_character"],
        ["a lone high surrogate", wrapped('"\\ud800"'), "json_malformed"],
        ["a lone low surrogate", wrapped('"\\udc00x"'), "json_malformed"],
        ["bytes that are not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
            "json_not_utf8"],
        ["1e400", wrapped("1e400"), "json_number_range"],
        ["2^63", wrapped("9223372036854775808"), "json_number_range"],
        ["NaN", wrapped("NaN"), "json_malformed"],
        [`${DEPTH_MAX + 1} levels`, depth(DEPTH_MAX + 1), "json_too_deep"],
    ];
    for (const [what, body, reason] of cases)
        test(what, async () => {
            const answer = await send(body);
            assert.equal(answer.body.code, "body_malformed", answer.text);
            assert.equal(answer.body.args.reason, reason);
        });

    test("32 levels are still read, and then do not fit the contract", async () => {
        const problem = await world.as.clerk.refused("createHousehold", "body_invalid",
            { body: `[${depth(DEPTH_MAX - 1)}]` });
        assert.deepEqual(pointers(problem), ["#"]);
    });

    test("no body at all, where one is needed", async () => {
        await world.as.clerk.refused("createHousehold", "body_missing");
    });

    test("a body where none is expected", async () => {
        const path = { user_id: world.as.head.actor.user.id };
        await world.admin.refused("disableUser", "body_not_expected",
            { path, body: { reason: "x" } });
        const user = await world.admin.ok("getUser", { path });
        assert.equal(user.disabled_at, null);
    });
});

describe("a body that does not fit the contract", () => {
    const counter = "recordServiceAtCounter";
    const refuse = (operation, body) =>
        world.as.clerk.refused(operation, "body_invalid", { body });

    test("tells every fault at once and where it is", async () => {
        const problem = await refuse(counter, {
            region_code: "3714", volunteer_id: "x", category_code: 7, recipient_kind: "nobody",
            place: "", content: "打扫", minutes: 1441, starts_at: "2014-05-15T09:00:00",
            attestation: { method: "paper", capacity: "recipient", "a/b~c": 1 }, extra: true,
        });
        assert.deepEqual(pointers(problem), [
            "#/attestation/attester_id", "#/attestation/a~1b~0c", "#/category_code", "#/extra",
            "#/minutes", "#/place", "#/recipient_kind", "#/region_code", "#/starts_at",
            "#/volunteer_id",
        ].sort());
        assert.ok(faults(problem).includes("#/extra unknown_field"));
        assert.ok(faults(problem).includes("#/attestation/attester_id required"));
        assert.ok(problem.errors.every((one) => one.detail.length > 0));
    });

    test("is told in full however long its names are", async () => {
        const names = Array.from({ length: ERRORS_MAX }, (_, i) => `${"\u0001".repeat(1000)}${i}`);
        const problem = await refuse("createHousehold",
            { ...household(), ...Object.fromEntries(names.map((name) => [name, 1])) });
        assert.equal(problem.errors.length, ERRORS_MAX);
    });

    for (const [what, value] of [["a number", 7], ["null", null], ["an array", ["a"]],
        ["an object", {}], ["true", true]])
        test(`${what} where text is expected`, async () => {
            const problem = await refuse("createHousehold", household(value));
            assert.deepEqual(faults(problem), ["#/address_line type"]);
        });

    test("length is counted in characters, at the limit and one past it", async () => {
        assert.equal((await send(household("路".repeat(200)))).status, 201);
        const problem = await refuse("createHousehold", household("路".repeat(201)));
        assert.deepEqual(faults(problem), ["#/address_line max_length"]);
    });

    test("characters beyond the basic plane come back as they were sent", async () => {
        const made = await world.as.clerk.ok("createHousehold", { body: household("𠮷野路😀1号") });
        assert.equal(made.address_line, "𠮷野路😀1号");
    });

    for (const [what, minutes, code] of [["2^53+1", "9007199254740993", "maximum"],
        ["2^63-1", "9223372036854775807", "maximum"], ["a fraction", "1.5", "type"],
        ["a negative number", "-1", "minimum"]])
        test(`${what} as minutes`, async () => {
            const body = `{"volunteer_id":"${world.volunteers.server.id}",` +
                `"region_code":"${COMMUNITY}","minutes":${minutes},"served_until":"2014-01-01",` +
                '"place":"北园","evidence":"登记册"}';
            const problem = await world.admin.refused("createOpeningBalance", "body_invalid",
                { body });
            assert.deepEqual(faults(problem), [`#/minutes ${code}`]);
        });

    for (const day of ["2014-02-29", "2014-13-01", "14-05-15", "2014-05-15T00:00:00Z", "today"])
        test(`${day} is no day`, async () => {
            const problem = await world.admin.refused("createTeam", "body_invalid",
                { body: { region_code: COMMUNITY, name: "队", kind: "arts", founded_on: day } });
            assert.deepEqual(faults(problem), ["#/founded_on format"]);
        });

    test("a day that the calendar knows and the field does not fit is refused, not an error",
        async () => {
            for (const founded_on of ["0001-01-01", "9999-12-31"]) {
                const answer = await world.admin.call("createTeam",
                    { body: { region_code: COMMUNITY, name: `队${founded_on}`, kind: "arts",
                        founded_on } });
                assert.ok(answer.status < 500, answer.text);
            }
        });

    test("an empty merge patch changes nothing and is refused", async () => {
        const problem = await world.as.clerk.refused("updatePerson", "body_invalid",
            { path: { person_id: world.persons.spouse.id }, body: {}, match: 1 });
        assert.deepEqual(faults(problem), ["# min_properties"]);
    });
});

describe("the size of a body", () => {
    const padded = (bytes) => {
        const text = JSON.stringify(household("大号"));
        return text + " ".repeat(bytes - Buffer.byteLength(text));
    };
    const chunked = { "transfer-encoding": "chunked" };

    test("1 MiB is read", async () => {
        assert.equal((await send(padded(BODY_BYTES_MAX))).status, 201);
    });

    test("one byte more is refused", async () => {
        const answer = await send(padded(BODY_BYTES_MAX + 1));
        assert.equal(answer.body.code, "body_too_large");
        assert.equal(answer.body.args.max_bytes, BODY_BYTES_MAX);
    });

    test("the same holds in chunks, which tell no length", async () => {
        assert.equal((await send(padded(BODY_BYTES_MAX), { headers: chunked })).status, 201);
        const answer = await send(padded(BODY_BYTES_MAX + 1), { headers: chunked });
        assert.equal(answer.body.code, "body_too_large");
    });
});

describe("the media type", () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
        test(`${type} is not supported`, async () => {
            const answer = await send(household(), { headers: { "content-type": type } });
            assert.equal(answer.body.code, "media_type_unsupported");
        });

    test("a charset other than UTF-8 is not supported", async () => {
        const headers = { "content-type": "application/json; charset=gbk" };
        assert.equal((await send(household(), { headers })).body.code, "media_type_unsupported");
    });

    test("application/json may name its charset, in any case", async () => {
        const headers = { "content-type": "Application/JSON; charset=utf-8" };
        assert.equal((await send(household("字符集"), { headers })).status, 201);
    });
});

describe("parameters", () => {
    const list = (query) => world.as.clerk.call("listPersons", { query });
    const refuse = async (query) => {
        const answer = await list(query);
        assert.equal(answer.body.code, "parameter_invalid", answer.text);
        return faults(answer.body);
    };

    for (const limit of ["1", "200"])
        test(`limit=${limit} is taken`, async () => {
            assert.equal((await list({ limit })).status, 200);
        });

    for (const limit of ["0", "201", "-1", "1.5", "", "many", "9223372036854775808"])
        test(`limit=${limit} is refused`, async () => {
            assert.equal((await refuse({ limit })).length, 1);
        });

    test("an unknown one is refused", async () => {
        assert.deepEqual(await refuse({ lmit: 1 }), ["lmit unknown_field"]);
    });

    test("all that are wrong are told at once", async () => {
        const wrong = await refuse({ region_code: "37", category: "rich", foo: 1, sort: "age" });
        assert.deepEqual(wrong.map((one) => one.split(" ")[0]),
            ["category", "foo", "region_code", "sort"]);
    });

    test("one that is given twice is refused, also those of every list", async () => {
        assert.deepEqual(await refuse("name=a&name=b"), ["name unique_items"]);
        assert.deepEqual(await refuse("limit=1&limit=2"), ["limit unique_items"]);
    });

    test("at most 32 are read", async () => {
        const query = Array.from({ length: QUERY_PARAMETERS_MAX + 1 }, (_, i) => `p${i}=1`);
        assert.ok((await refuse(query.join("&"))).length > QUERY_PARAMETERS_MAX);
    });

    test("in the path they are checked as well", async () => {
        const answer = await world.as.clerk.call("getPerson", { path: { person_id: "1 or 1=1" } });
        assert.equal(answer.body.code, "parameter_invalid");
        assert.deepEqual(faults(answer.body), ["person_id format"]);
    });

    test("are percent-decoded once, with + as a blank", async () => {
        await world.person({ name: "A B%41" });
        const name = (text) => world.as.clerk.ok("listPersons", { query: `name=${text}` });
        assert.equal((await name("A+B%2541")).data.length, 1);
        assert.equal((await name("A%20B%41")).data.length, 0);
    });

    for (const text of ["%00", "%ff", "%ed%a0%80"])
        test(`${text} is no text`, async () => {
            assert.deepEqual(await refuse(`name=a${text}`), ["name invalid_text"]);
        });

    for (const text of ["%zz", "%4", "%"])
        test(`${text} is no escape`, async () => {
            assert.deepEqual(await refuse(`name=a${text}`), ["name format"]);
            assert.deepEqual(await refuse(`name${text}=a`), [`name${text} format`]);
            const answer = await world.as.clerk.send(null,
                { method: "GET", target: `/v1/persons/${text}` });
            assert.equal(answer.body.code, "parameter_invalid");
            assert.deepEqual(faults(answer.body), ["person_id format"]);
        });

    test("an unknown one is told as a parameter, though its name is empty or looks like a pointer",
        async () => {
            for (const name of ["", "/v1", "#/name"]) {
                const answer = await list({ [name]: 1 });
                assert.deepEqual(answer.body.errors.map((one) => one.parameter), [name]);
            }
        });

    test("an unknown one is not given back at any length", async () => {
        assert.deepEqual(await refuse({ ["n".repeat(2000)]: 1 }), ["query unknown_field"]);
    });

    test("SQL in a value is a value", async () => {
        const name = "x'; DROP TABLE persons; --";
        await world.person({ name });
        const { data } = await world.as.clerk.ok("listPersons", { query: { name } });
        assert.deepEqual(data.map((row) => row.name), [name]);
    });
});

describe("a cursor", () => {
    const list = (query) => world.as.clerk.call("listPersons", { query });
    let cursor;

    before(async () => {
        cursor = (await list({ limit: 1 })).body.next_cursor;
    });

    test("of this list and sort is taken", async () => {
        assert.equal((await list({ limit: 1, cursor })).status, 200);
    });

    for (const [what, query] of [
        ["made up", () => ({ cursor: "abc" })],
        ["empty", () => ({ cursor: "" })],
        ["cut", () => ({ cursor: cursor.slice(0, -2) })],
        ["of another sort", () => ({ cursor, sort: "name" })],
        ["too long", () => ({ cursor: "A".repeat(2000) })],
    ])
        test(`${what} is refused`, async () => {
            const answer = await list(query());
            assert.equal(answer.status, 400, answer.text);
            assert.ok(["cursor_invalid", "parameter_invalid"].includes(answer.body.code));
        });

    test("of another list is refused", async () => {
        const answer = await world.as.clerk.call("listTeams", { query: { cursor, sort: "name" } });
        assert.equal(answer.body.code, "cursor_invalid");
    });
});

describe("methods", () => {
    const at = (method, target, options) =>
        world.as.clerk.send(null, { method, target, ...options });

    test("an unknown path is 404, before any token is asked for", async () => {
        const answer = await at("GET", "/v1/nothing", { token: null });
        assert.equal(answer.body.code, "route_unknown");
    });

    for (const target of ["/v1/persons/", "//v1/persons", "/V1/persons", "/v1/persons/..",
        "/v1/persons%2ffind", "/v1/%70ersons/x/y/z"])
        test(`${target} is not /v1/persons`, async () => {
            const answer = await at("GET", target);
            assert.ok(["route_unknown", "parameter_invalid"].includes(answer.body.code),
                answer.text);
        });

    test("a method that the path does not know is 405 and names those it does", async () => {
        const answer = await at("DELETE", "/v1/persons");
        assert.equal(answer.body.code, "method_not_allowed");
        assert.equal(answer.headers.allow, "GET, HEAD, POST, OPTIONS");
        const other = await at("BREW", "/v1/regions");
        assert.equal(other.body.code, "method_not_allowed");
    });

    test("OPTIONS tells the methods without a token", async () => {
        const options = { method: "OPTIONS", target: "/v1/persons" };
        const { status, headers } = await exchange(world.daemon.port, { ...options, headers: {} });
        assert.equal(status, 204);
        assert.equal(headers.allow, "GET, HEAD, POST, OPTIONS");
    });

    test("HEAD answers as GET does, without the body", async () => {
        const target = `/v1/persons/${world.persons.recipient.id}`;
        const get = await world.as.clerk.call("getPerson",
            { path: { person_id: world.persons.recipient.id } });
        const head = await world.as.clerk.send(null, { method: "HEAD", target });
        assert.equal(head.status, 200);
        for (const name of ["content-type", "content-length", "etag"])
            assert.equal(head.headers[name], get.headers[name], name);
        assert.equal((await at("HEAD", "/v1/persons/x")).status, 400);
        const unknown = await at("HEAD", `/v1/persons/${randomUUID()}`);
        assert.equal(unknown.status, 404);
    });

    test("POST may stand for PATCH", async () => {
        const { id, version } = world.persons.spouse;
        const answer = await world.as.clerk.send(operations.get("updatePerson"), {
            method: "POST", target: `/v1/persons/${id}`, body: '{"ethnicity":"汉"}',
            headers: {
                "x-http-method-override": "PATCH", "if-match": `"v${version}"`,
                "content-type": "application/json",
            },
        });
        assert.equal(answer.status, 200);
        assert.equal(answer.body.ethnicity, "汉");
    });

    test("GET never stands for anything else", async () => {
        const { id } = world.persons.spouse;
        const answer = await world.as.clerk.send(operations.get("getPerson"), {
            method: "GET", target: `/v1/persons/${id}`,
            headers: { "x-http-method-override": "PATCH" },
        });
        assert.equal(answer.status, 200);
        assert.equal(answer.body.id, id);
    });
});

describe("versions", () => {
    const path = () => ({ person_id: world.persons.helper.id });
    const read = () => world.as.clerk.call("getPerson", { path: path() });
    const patch = (options) =>
        world.as.clerk.call("updatePerson", { path: path(), body: { ethnicity: "回" }, ...options });

    test("an update says which version it saw", async () => {
        assert.equal((await patch()).body.code, "if_match_missing");
    });

    test("a stale version is refused and told", async () => {
        const { version } = (await read()).body;
        assert.equal((await patch({ match: version })).status, 200);
        const stale = await patch({ match: version });
        assert.equal(stale.body.code, "version_mismatch");
        assert.equal(stale.body.args.version, version + 1);
    });

    for (const [what, form] of [["the ETag as it was given", (tag) => tag],
        ["the version in quotes", (_, version) => `"v${version}"`],
        ["the bare version", (_, version) => `${version}`]])
        test(`If-Match takes ${what}`, async () => {
            const { headers, body } = await read();
            const match = form(headers.etag, body.version);
            assert.equal((await patch({ headers: { "if-match": match } })).status, 200);
        });

    for (const tag of ['"x"', '"v"', '"v-1"', "*", '"v1", "v2"'])
        test(`If-Match: ${tag} is refused`, async () => {
            assert.equal((await patch({ headers: { "if-match": tag } })).body.code,
                "if_match_invalid");
        });

    test("a weak tag never matches, whatever its version", async () => {
        const { body } = await read();
        const stale = await patch({ headers: { "if-match": `W/"v${body.version}"` } });
        assert.equal(stale.body.code, "version_mismatch");
        assert.equal(stale.body.args.version, body.version);
    });

    test("a list of tags may name what was read, weak or not", async () => {
        const { headers: { etag } } = await read();
        const status = async (match) => (await world.as.clerk.call("getPerson",
            { path: path(), headers: { "if-none-match": match } })).status;
        assert.equal(await status(`"x", W/${etag}`), 304);
        assert.equal(await status(["\"x\"", etag]), 304);
        assert.equal(await status("*"), 304);
        assert.equal(await status(`x${etag}`), 200);
    });

    test("what was read and has not changed is 304, without a body", async () => {
        const first = await read();
        const again = await world.as.clerk.call("getPerson",
            { path: path(), headers: { "if-none-match": first.headers.etag } });
        assert.equal(again.status, 304);
        assert.equal(again.headers.etag, first.headers.etag);
        await patch({ match: first.body.version });
        const later = await world.as.clerk.call("getPerson",
            { path: path(), headers: { "if-none-match": first.headers.etag } });
        assert.equal(later.status, 200);
    });

    test("a passbook whose balance moved is not 304, whatever its version says", async () => {
        const book = { passbook_id: world.volunteers.helper.passbook_id };
        const first = await world.as.clerk.call("getPassbook", { path: book });
        await world.admin.ok("createOpeningBalance", {
            body: {
                volunteer_id: world.volunteers.helper.id, region_code: COMMUNITY, minutes: 60,
                served_until: "2014-02-01", place: "北园", evidence: "登记册",
            },
        });
        const later = await world.as.clerk.call("getPassbook",
            { path: book, headers: { "if-none-match": first.headers.etag } });
        assert.equal(later.status, 200);
        assert.equal(later.body.balance_minutes, first.body.balance_minutes + 60);
    });

    test("of two updates that saw the same version one wins", async () => {
        const { body } = await draft(world).then((made) => world.as.leader.call("getServiceRecord",
            { path: { id: made.id } }));
        const answers = await Promise.all([45, 50].map((minutes) =>
            world.as.leader.call("updateServiceRecord",
                { path: { id: body.id }, body: { minutes }, match: body.version })));
        assert.deepEqual(answers.map((one) => one.status).sort(), [200, 412]);
    });
});

describe("languages and ids", () => {
    const refused = (headers) =>
        world.as.clerk.refused("getPerson", "not_found",
            { path: { person_id: randomUUID() }, headers });
    const ZH = "不存在或不在您的管辖范围内";
    const EN = "There is no such thing, or it is outside your scope";

    for (const [language, title] of [[undefined, ZH], ["zh-CN", ZH], ["en", EN], ["en-GB,en", EN],
        ["fr, en;q=0.5", EN], ["zh-CN,zh;q=0.9,en;q=0.8", ZH], ["de", ZH],
        ["en;q=0.1, zh;q=0.9", ZH]])
        test(`a problem is told to ${language ?? "nobody in particular"} in his language`,
            async () => {
                const headers = language ? { "accept-language": language } : {};
                assert.equal((await refused(headers)).title, title);
            });

    test("a request id is kept when it is a plain word, and replaced when not", async () => {
        assert.equal((await refused({ "x-request-id": "abc-1.2_3" })).request_id, "abc-1.2_3");
        assert.equal((await refused({ "x-request-id": "a".repeat(64) })).request_id,
            "a".repeat(64));
        for (const id of ["a b", "<x>", "a".repeat(65)])
            assert.match((await refused({ "x-request-id": id })).request_id, /^[0-9a-f-]{36}$/);
    });

    test("nothing of the database is told", async () => {
        const problem = await refused({});
        assert.doesNotMatch(JSON.stringify(problem), /SELECT|pg_|SQLSTATE|relation/);
    });
});
