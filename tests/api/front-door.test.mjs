// The front door on raw sockets: what is sent, and what becomes of it. Whatever two servers in a row
// might read differently is refused, and its connection closed. "open": the next request on the same
// connection is answered; "400" without a code is libmicrohttpd's own answer.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { setTimeout as pause } from "node:timers/promises";

import { Raw, outcomeOf } from "./lib/raw.mjs";
import { makeWorld } from "./lib/world.mjs";

const NAME_WIDTH = 48;

let world;

before(async () => {
    world = await makeWorld();
});
after(() => world.close());

const END = "\r\n\r\n";
const HIDDEN = `GET /hidden HTTP/1.1\r\nHost: x${END}`; // answered by itself, it would be a 404
const JSON_TYPE = "Content-Type: application/json";

const head = (line, ...lines) => [line, ...lines].join("\r\n") + END;
const get = (...lines) => head("GET /healthz HTTP/1.1", "Host: x", ...lines);
const target = (text) => head(`GET ${text} HTTP/1.1`, "Host: x");
const post = (lines, body = "") =>
    head("POST /v1/households HTTP/1.1", "Host: x", JSON_TYPE, ...lines) + body;
const length = (...values) => post(values.map((value) => `Content-Length:${value}`), "hello");
const encoded = (...values) =>
    post(values.map((value) => `Transfer-Encoding:${value}`), `0${END}${HIDDEN}`);
const chunks = (body) => post(["Transfer-Encoding: chunked"], body);
const many = (count) => Array.from({ length: count }, (_, i) => `X-${i}: a`);

const refused = (reason) => `400 message_refused (${reason}), closed`;
const READ = "401 token_missing, open"; // body and all; nobody is logged in here
const READ_LAST = "401 token_missing, closed";

const LENGTHS = [
    ["Content-Length: 5 and 6", length(" 5", " 6"), refused("content_length_repeated")],
    ["Content-Length: 5 and 5", length(" 5", " 5"), refused("content_length_repeated")],
    ["Content-Length: 5, 5", length(" 5, 5"), "400, closed"],
    ["Content-Length: +5", length(" +5"), "400, closed"],
    ["Content-Length: -1", length(" -1"), "400, closed"],
    ["Content-Length: 0x5", length(" 0x5"), "400, closed"],
    ["Content-Length: 5 and a blank behind", length(" 5 "), "400, closed"],
    ["Content-Length: 5 and a NUL behind", length(" 5\0"), refused("line")],
    ["Content-Length: nothing", length(""), "400, closed"],
    ["Content-Length: 005", length(" 005"), READ],
    ["Content-Length: beyond 64 bits", length(" 99999999999999999999"), "413, closed"],
    ["Content-Length: 2 MiB and one byte", length(" 2097153"), "413 body_too_large, closed"],
    ["1 MiB and one byte with Expect: 100-continue", post(["Content-Length: 1048577",
        "Expect: 100-continue"]), "413 body_too_large, closed"],
    ["Content-Length, then Transfer-Encoding", post(["Content-Length: 5",
        "Transfer-Encoding: chunked"], `0${END}${HIDDEN}`), refused("length_with_encoding")],
    ["Transfer-Encoding, then Content-Length", post(["Transfer-Encoding: chunked",
        "Content-Length: 5"], `0${END}${HIDDEN}`), refused("length_with_encoding")],
    ["Content-Length, then a folded Transfer-Encoding", post(["Content-Length: 5",
        "Transfer-Encoding:", " chunked"], `0${END}${HIDDEN}`), refused("line")],
    ["Content-Length, then Transfer_Encoding", post(["Content-Length: 5",
        "Transfer_Encoding: chunked"], "hello"), READ],
];

const ENCODINGS = [
    ["Transfer-Encoding: chunked", encoded(" chunked"), READ_LAST],
    ["Transfer-Encoding: Chunked", encoded(" Chunked"), READ_LAST],
    ["Transfer-Encoding:\\tchunked", encoded("\tchunked"), READ_LAST],
    ["Transfer-Encoding:\\vchunked", encoded("\vchunked"), refused("header_value")],
    ["Transfer-Encoding: chunked and a blank behind", encoded(" chunked "),
        refused("transfer_encoding")],
    ["Transfer-Encoding: chunked, twice", encoded(" chunked", " chunked"),
        refused("transfer_encoding_repeated")],
    ["Transfer-Encoding: chunked, chunked", encoded(" chunked, chunked"),
        refused("transfer_encoding")],
    ["Transfer-Encoding: gzip, chunked", encoded(" gzip, chunked"), refused("transfer_encoding")],
    ["Transfer-Encoding: identity", encoded(" identity"), refused("transfer_encoding")],
    ["Transfer-Encoding: xchunked", encoded(" xchunked"), refused("transfer_encoding")],
    ["Transfer-Encoding: nothing", encoded(""), refused("transfer_encoding")],
    ["Transfer-Encoding : chunked", post(["Transfer-Encoding : chunked"], `0${END}`),
        refused("header_name")],
    ["Transfer-Encoding in HTTP/1.0", head("POST /v1/households HTTP/1.0",
        "Transfer-Encoding: chunked") + `0${END}`, refused("transfer_encoding")],
];

const CHUNKS = [
    ["chunks", chunks(`2\r\n{}\r\n0${END}`), READ_LAST],
    ["chunks, another request behind", chunks(`2\r\n{}\r\n0${END}${HIDDEN}`), READ_LAST],
    ["chunks whose lines end with bare LF", chunks(`2\n{}\n0\n\n${HIDDEN}`), READ_LAST],
    ["chunk size 0000000002", chunks(`0000000002\r\n{}\r\n0${END}`), READ_LAST],
    ["chunk size 0x2", chunks(`0x2\r\n{}\r\n0${END}`), "400, closed"],
    ["chunk size 2 and a blank", chunks(`2 \r\n{}\r\n0${END}`), "400, closed"],
    ["chunk size -2", chunks(`-2\r\n{}\r\n0${END}`), "400, closed"],
    ["chunk size beyond 64 bits", chunks(`fffffffffffffffff\r\n{}\r\n0${END}`), "413, closed"],
    ["a chunk longer than its size", chunks(`2\r\n{}x\r\n0${END}`), "400, closed"],
    ["a chunk extension", chunks(`2;a=b\r\n{}\r\n0${END}`), READ_LAST],
    ["a trailer field", chunks(`2\r\n{}\r\n0\r\nX-A: b${END}`), READ_LAST],
    ["a trailer Content-Length", chunks(`2\r\n{}\r\n0\r\nContent-Length: 5${END}${HIDDEN}`),
        READ_LAST],
    ["trailers of 20,000 bytes", chunks(`0\r\nX-A: ${"b".repeat(20000)}${END}`), "431, closed"],
];

const LINES = [
    ["a header folded by a blank", get("X-A: a", " b"), refused("line")],
    ["a header folded by a tab, nothing behind", get("X-A: a", "\t"), refused("line")],
    ["a header folded twice", get("X-A: a", " b", "\tc"), refused("line")],
    ["the first header begins with a blank", head("GET /healthz HTTP/1.1", " Host: x"),
        refused("header_name")],
    ["bare LF ends a header", get("X-A: a\nX-B: b"), refused("line")],
    ["bare LF ends the request line", `GET /healthz HTTP/1.1\nHost: x${END}`, refused("line")],
    ["bare LF ends the head", "GET /healthz HTTP/1.1\r\nHost: x\r\n\n", refused("line")],
    ["bare LF everywhere", "GET /healthz HTTP/1.1\nHost: x\n\n", refused("line")],
    ["bare CR in a value", get("X-A: a\rContent-Length: 5"), refused("header_value")],
    ["CR CR LF", get("X-A: a\r"), refused("header_value")],
    ["NUL in a value", get("X-A: a\0b"), refused("line")],
    ["NUL in a name", get("X-\0A: b"), "400, closed"],
    ["NUL begins a line", get("\0Content-Length: 5"), refused("line")],
    ["NUL in the target", target("/heal\0thz"), refused("line")],
    ["BEL in a value", get("X-A: a\x07b"), refused("header_value")],
    ["DEL in a value", get("X-A: a\x7fb"), refused("header_value")],
    ["a tab in a value", get("X-A: a\tb"), "200, open"],
    ["UTF-8 in a value", Buffer.from(get("X-A: 时间")).toString("latin1"), "200, open"],
    ["a line without a colon", get("Nonsense"), "400, closed"],
    ["a header without a name", get(": x"), refused("line")],
    ["a blank in a name", get("X A: x"), refused("header_name")],
    ["brackets in a name", get("X(A): x"), refused("header_name")],
    ["a header of 7,000 bytes", get(`X-A: ${"a".repeat(7000)}`), "200, open"],
    ["a header of 20,000 bytes", get(`X-A: ${"a".repeat(20000)}`), "431, closed"],
    ["100 headers", get(...many(100)), "200, open"],
    ["3,000 headers", get(...many(3000)), "431, closed"],
];

const REQUESTS = [
    ["two requests in one packet", get() + get(), "200 200, open"],
    ["CRLF before the request", `\r\n${get()}`, "200, open"],
    ["no Host", head("GET /healthz HTTP/1.1"), refused("host")],
    ["no Host in HTTP/1.0", head("GET /healthz HTTP/1.0"), "200, closed"],
    ["no Host in HTTP/1.2", head("GET /healthz HTTP/1.2"), refused("host")],
    ["two Hosts", get("Host: y"), refused("host")],
    ["Host: a b", head("GET /healthz HTTP/1.1", "Host: a b"), refused("host")],
    ["Host: a/b", head("GET /healthz HTTP/1.1", "Host: a/b"), refused("host")],
    ["HTTP/2.0", head("GET /healthz HTTP/2.0", "Host: x"), "505, closed"],
    ["the preface of HTTP/2", `PRI * HTTP/2.0${END}SM${END}`, "505, closed"],
    ["HTTP/0.9", `GET /healthz${END}`, "400, closed"],
    ["http/1.1", head("GET /healthz http/1.1", "Host: x"), "400, closed"],
    ["two blanks behind the method", head("GET  /healthz HTTP/1.1", "Host: x"), refused("line")],
    ["a blank behind the version", head("GET /healthz HTTP/1.1 ", "Host: x"), "400, closed"],
    ["tabs in the request line", head("GET\t/healthz\tHTTP/1.1", "Host: x"), "no answer, closed"],
    ["a blank in the target", target("/heal thz"), refused("target")],
    ["absolute form", target("http://elsewhere/healthz"), "200, open"],
    ["absolute form without a path", target("HTTP://x?a=b"), "400 parameter_invalid, open"],
    ["absolute form of another scheme", target("ftp://x/healthz"), "404 route_unknown, open"],
    ["authority form", head("CONNECT x:80 HTTP/1.1", "Host: x"), "404 route_unknown, open"],
    ["asterisk form", head("OPTIONS * HTTP/1.1", "Host: x"), "404 route_unknown, open"],
    ["a target of 4,096 bytes", target(`/${"a".repeat(4095)}`), "404 route_unknown, open"],
    ["a target of 4,097 bytes", target(`/${"a".repeat(4096)}`), refused("target_too_long")],
    ["a target of 20,000 bytes", target(`/${"a".repeat(20000)}`), "414, closed"],
    ["a method of 20,000 bytes", head(`${"A".repeat(20000)} / HTTP/1.1`), "414, closed"],
    ["Upgrade: websocket", get("Connection: Upgrade", "Upgrade: websocket"), "200, open"],
    ["Upgrade: h2c", get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), "200, open"],
    ["nonsense", `\xff\xfe\xfd\xfc${END}`, "no answer, closed"],
];

function runTable(title, rows) {
    describe(title, { concurrency: true }, () => {
        for (const [name, bytes, outcome] of rows)
            test(`${name.padEnd(NAME_WIDTH)} → ${outcome}`, async () => {
                const { port } = world.daemon;
                assert.equal(await outcomeOf(port, Buffer.from(bytes, "latin1")), outcome);
            });
    });
}

runTable("the length of a body", LENGTHS);
runTable("transfer encodings", ENCODINGS);
runTable("chunks", CHUNKS);
runTable("lines", LINES);
runTable("requests", REQUESTS);

// libmicrohttpd's buffer grows meanwhile: the places of what was read first must not move.
for (const bytes of [1, 100, 1000])
    test(`a head of 12,000 bytes in pieces of ${bytes}`.padEnd(NAME_WIDTH) + " → 200 200, open",
        async () => {
            const text = get(`X-A: ${"a".repeat(11950)}`) + get(...many(50));
            const raw = await new Raw(world.daemon.port).opened;
            raw.socket.setNoDelay(true);
            for (let i = 0; i < text.length; i += bytes) {
                raw.send(text.slice(i, i + bytes));
                if (i % 100 === 0) await pause(1);
            }
            raw.heard = performance.now();
            assert.equal(await raw.outcome(), "200 200, open");
        });
