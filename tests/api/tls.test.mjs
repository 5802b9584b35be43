// TLS in the daemon: who gets in, that everything works as without it, and how certificates change.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import tls from "node:tls";

import { Client, exchange } from "./lib/client.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { Raw, outcomeOf } from "./lib/raw.mjs";
import { until } from "./lib/wait.mjs";
import { COMMUNITY, makeWorld } from "./lib/world.mjs";

const GET = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

let world;
let folder;
let daemon;
let clerk;
let tolerant; // a server that takes whatever a client offers: it is ours that refuses

const file = (name) => join(folder, name);

function makeCertificate(name, key = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]) {
    execFileSync("openssl", ["req", "-x509", "-newkey", ...key, "-nodes", "-days", "2",
        "-subj", `/CN=${name}`, "-keyout", file(`${name}.key`), "-out", file(`${name}.pem`)],
    { stdio: "ignore" });
}

const environment = (certificate, key) => ({
    TIMEBANK_TLS_CERT_FILE: file(certificate),
    TIMEBANK_TLS_KEY_FILE: file(key),
});

before(async () => {
    world = await makeWorld();
    folder = mkdtempSync(join(tmpdir(), "tb-tls-"));
    for (const name of ["first", "second"]) makeCertificate(name);
    makeCertificate("rsa", ["rsa:2048"]);
    makeCertificate("live");
    daemon = await new Daemon(world.database.url, environment("live.pem", "live.key")).start();
    tolerant = tls.createServer({ minVersion: "TLSv1", ciphers: "ALL@SECLEVEL=0",
        cert: [readFileSync(file("first.pem")), readFileSync(file("rsa.pem"))],
        key: [readFileSync(file("first.key")), readFileSync(file("rsa.key"))] });
    await new Promise((resolve) => tolerant.listen(0, "127.0.0.1", resolve));
    clerk = new Client(daemon, world.as.clerk.token);
});
after(async () => {
    clerk?.close();
    tolerant?.close();
    await daemon?.stop();
    rmSync(folder, { recursive: true, force: true });
    await world.close();
});

// What was agreed upon: "TLSv1.3 TLS_AES_256_GCM_SHA384 live", or how it failed.
async function handshake(options, port = daemon.port) {
    const raw = new Raw(port, { secure: options });
    await Promise.race([raw.opened, raw.closed]);
    if (raw.isClosed) return "refused";
    const { socket } = raw;
    const told = [socket.getProtocol(), socket.getCipher().standardName,
        socket.getPeerCertificate().subject.CN].join(" ");
    raw.destroy();
    return told;
}

const only = (version) => ({ minVersion: version, maxVersion: version });
const old = (version) => ({ ...only(version), ciphers: "DEFAULT@SECLEVEL=0" });

describe("the handshake", () => {
    for (const [name, options, outcome] of [
        ["TLS 1.3", only("TLSv1.3"), "TLSv1.3 TLS_AES_256_GCM_SHA384 live"],
        ["TLS 1.2", only("TLSv1.2"), "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 live"],
        ["TLS 1.2 with ChaCha20", { ...only("TLSv1.2"), ciphers: "ECDHE-ECDSA-CHACHA20-POLY1305" },
            "TLSv1.2 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 live"],
        ["TLS 1.2 with CBC", { ...only("TLSv1.2"), ciphers: "ECDHE-ECDSA-AES128-SHA256" }, "refused"],
        ["TLS 1.2 without forward secrecy", { ...only("TLSv1.2"), ciphers: "AES128-GCM-SHA256" },
            "refused"],
        ["TLS 1.1", old("TLSv1.1"), "refused"],
        ["TLS 1.0", old("TLSv1"), "refused"],
    ])
        test(`${name.padEnd(34)} → ${outcome}`, async () => {
            assert.equal(await handshake(options), outcome);
            assert.notEqual(await handshake(options, tolerant.address().port), "refused");
        });

    test("plain HTTP".padEnd(34) + " → no answer, closed", async () => {
        assert.equal(await outcomeOf(daemon.port, GET), "no answer, closed");
    });

    test("an RSA certificate serves as well", async () => {
        const other = await new Daemon(world.database.url, environment("rsa.pem", "rsa.key")).start();
        assert.equal(await handshake(only("TLSv1.2"), other.port),
            "TLSv1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 rsa");
        await other.stop();
    });
});

describe("behind it everything is as without it", () => {
    test("requests on one connection, framing, refusals", async () => {
        const secure = {};
        assert.equal(await outcomeOf(daemon.port, GET + GET, { secure }), "200 200, open");
        const folded = GET.replace("x\r\n\r\n", "x\r\nX-A: b\r\n c\r\n\r\n");
        assert.equal(await outcomeOf(daemon.port, folded, { secure }),
            "400 message_refused (line), closed");
        const bare = GET.replace("x\r\n", "x\n");
        assert.equal(await outcomeOf(daemon.port, bare, { secure }),
            "400 message_refused (line), closed");
    });

    test("requests that wait for the database, many at a time", async () => {
        const answers = await Promise.all(Array.from({ length: 200 }, (_, i) =>
            i % 4 === 0
                ? clerk.call("createHousehold",
                    { body: { region_code: COMMUNITY, address_line: `密${i}` } })
                : clerk.call("listPersons")));
        for (const { status, text } of answers) assert.ok(status === 200 || status === 201, text);
    });

    test("a body of 1 MiB, an answer of hundreds of records", async () => {
        const body = JSON.stringify({ region_code: COMMUNITY, address_line: "大" });
        const large = body + " ".repeat(1024 * 1024 - Buffer.byteLength(body));
        assert.equal((await clerk.call("createHousehold", { body: large })).status, 201);
        const options = { method: "GET", target: "/openapi.json", secure: true };
        assert.ok(JSON.parse((await exchange(daemon.port, options)).text).paths);
    });

    test("a client that leaves in the middle leaves nothing behind", async () => {
        const clients = Array.from({ length: 50 }, () => new Raw(daemon.port, { secure: {} }));
        await Promise.all(clients.map((raw) => raw.opened));
        for (const raw of clients) raw.send(GET.slice(0, 20)).destroy();
        assert.equal((await clerk.call("getHealth")).status, 200);
    });
});

describe("the certificate", () => {
    const said = (word) => daemon.lines.filter((line) => line.includes(word)).length;

    async function change(certificate, key, word) {
        const count = said(word);
        copyFileSync(file(certificate), file("live.pem"));
        copyFileSync(file(key), file("live.key"));
        process.kill(daemon.pid, "SIGHUP");
        await until(() => said(word) > count, `it says ${word}`);
    }

    test("is read anew at SIGHUP; connections that stand go on", async () => {
        const raw = await new Raw(daemon.port, { secure: {} }).opened;
        await change("first.pem", "first.key", "certificate_read");
        assert.match(await handshake({}), /first$/);
        raw.heard = performance.now();
        assert.equal(await raw.send(GET).outcome(), "200, open");
    });

    test("stays when the new one is of no use", async () => {
        daemon.expectsDefects = true; // it is told at level error
        await change("second.pem", "first.key", "is not the key of the certificate");
        assert.match(await handshake({}), /first$/);
        await change("second.pem", "second.key", "certificate_read");
        assert.match(await handshake({}), /second$/);
    });
});

describe("what cannot be used is told at the start", () => {
    const start = (env) => spawnSync(process.env.TB_DAEMON, ["serve"], {
        encoding: "utf8", timeout: 20000,
        env: { ...process.env, DATABASE_URL: world.database.url, TIMEBANK_PORT: "10241", ...env },
    });

    for (const [name, makeEnv, words] of [
        ["one of the two files", () => ({ TIMEBANK_TLS_CERT_FILE: file("first.pem") }),
            /both or none/],
        ["no such certificate", () => environment("absent.pem", "first.key"),
            /absent\.pem: No such file/],
        ["no such key", () => environment("first.pem", "absent.key"), /absent\.key: No such file/],
        ["a certificate that is none", () => environment("first.key", "first.key"),
            /first\.key: no PEM certificate/],
        ["a key that is none", () => environment("first.pem", "first.pem"), /first\.pem: no PEM key/],
        ["another's key", () => environment("first.pem", "second.key"),
            /second\.key: is not the key of the certificate/],
    ])
        test(name, () => {
            const run = start(makeEnv());
            assert.equal(run.status, 1, run.stderr);
            assert.match(run.stderr, words);
        });
});
