// Scans of signatures on paper: files by their hash, on the disk before their row.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync,
    statSync, unlinkSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { atCounter, attestByCode, counterBody, draft } from "./lib/acts.mjs";
import { Client } from "./lib/client.mjs";
import { Daemon, command } from "./lib/daemon.mjs";
import { SCAN_BYTES_MAX, TYPES, fileOf, nameOf, pngOf, upload } from "./lib/scans.mjs";
import { until } from "./lib/wait.mjs";
import { COMMUNITY, makeWorld } from "./lib/world.mjs";

const COMING_MAX = 16;
const NOBODYS = "0".repeat(64);

let world, folder, clerk;

before(async () => {
    folder = mkdtempSync(join(tmpdir(), "tb-scans-"));
    process.env.TIMEBANK_SCANS_DIR = folder;
    world = await makeWorld();
    clerk = world.as.clerk;
});
after(async () => {
    await world.close();
    rmSync(folder, { recursive: true });
});

const placeOf = (sha256) => join(folder, sha256.slice(0, 2), sha256.slice(2));
const rows = () => Number(world.database.query("SELECT count(*) FROM scans"));
const incoming = () => readdirSync(join(folder, "incoming"));
const verify = (...args) => command(world.database.url, "scans", "--verify", ...args);

async function refusedFile(code, body, type = "image/png", options = {}) {
    const before = rows();
    const problem = await (options.client ?? clerk).refused("createScan", code,
        { body, headers: { "content-type": type, ...options.headers } });
    assert.equal(rows(), before);
    return problem;
}

const paper = (scan) => ({ method: "paper", attester_id: world.persons.recipient.id,
    capacity: "recipient", scan });

describe("a file", () => {
    for (const type of Object.keys(TYPES))
        test(`${type} is kept under its hash, and comes back as it was`, async () => {
            const file = fileOf(type, "第一张");
            const scan = await upload(clerk, file, type);
            assert.equal(scan.sha256, nameOf(file));
            assert.deepEqual([scan.media_type, scan.bytes], [type, file.length]);
            assert.equal(scan.uploaded_by, clerk.actor.user.id);
            assert.deepEqual(readFileSync(placeOf(scan.sha256)), file);
            const path = { sha256: scan.sha256 };
            const got = await clerk.call("getScanContent", { path });
            assert.equal(got.type, type);
            assert.deepEqual(got.bytes, file);
            assert.equal(got.headers["x-content-type-options"], "nosniff");
            assert.deepEqual(await clerk.ok("getScan", { path }),
                { ...scan, records_count: 0, records: [] });
        });

    test("a parameter of the type means nothing, nor does the case of its letters", async () => {
        await upload(clerk, pngOf("参数"), "IMAGE/PNG; name=a.png");
    });

    test("of 5 MiB is kept, one byte more is not", async () => {
        const file = pngOf("大", SCAN_BYTES_MAX);
        const { sha256, bytes } = await upload(clerk, file);
        assert.equal(bytes, SCAN_BYTES_MAX);
        const { bytes: got } = await clerk.call("getScanContent", { path: { sha256 } });
        assert.ok(got.equals(file));
        const { args } = await refusedFile("body_too_large", pngOf("大", SCAN_BYTES_MAX + 1));
        assert.equal(args.max_bytes, SCAN_BYTES_MAX);
    });

    test("in chunks is kept like any other", async () => {
        const file = pngOf("分块", 100000);
        const { sha256 } = await upload(clerk, file, "image/png",
            { headers: { "content-type": "image/png", "transfer-encoding": "chunked" } });
        assert.equal(sha256, nameOf(file));
    });

    test("of another type, of none, empty, or not what it says is refused", async () => {
        for (const type of ["image/gif", "application/json", "image/pn", "image/png2", ""]) {
            const answer = await clerk.call("createScan",
                { body: pngOf("x"), headers: { "content-type": type } });
            assert.equal(answer.status, 415, type);
            assert.equal(answer.body.code, "file_type_unsupported");
            assert.equal(answer.headers.accept, "image/png, image/jpeg, application/pdf");
        }
        await refusedFile("file_empty", Buffer.alloc(0));
        for (const [type, begin] of Object.entries(TYPES)) {
            await refusedFile("file_of_another_type", begin.subarray(0, 2), type);
            const other = type === "image/png" ? "image/jpeg" : "image/png";
            await refusedFile("file_of_another_type", fileOf(type, "x"), other);
        }
        assert.deepEqual(incoming(), []);
    });

    test("of JSON keeps its own limit and tells what it accepts", async () => {
        const answer = await clerk.call("recordServiceAtCounter",
            { body: counterBody(world), headers: { "content-type": "text/plain" } });
        assert.equal(answer.status, 415);
        assert.equal(answer.headers.accept, "application/json");
    });
});

describe("the same bytes twice", () => {
    test("are one scan: the first stays its bringer, each of them may see it", async () => {
        const file = pngOf("两次");
        const first = await upload(clerk, file);
        const before = rows();
        assert.deepEqual(await upload(clerk, file), first);
        assert.deepEqual(await upload(world.as.siblingLeader, file), first);
        assert.equal(rows(), before);
        await world.as.siblingLeader.ok("getScan", { path: { sha256: first.sha256 } });
        await world.as.secretary.refused("getScan", "not_found", { path: { sha256: first.sha256 } });
    });

    test("with one key replay the answer; other bytes or another type are refused", async () => {
        const key = randomUUID();
        const send = (body, type = "image/png") => clerk.call("createScan",
            { key, body, headers: { "content-type": type } });
        const first = await send(pngOf("钥匙"));
        const again = await send(pngOf("钥匙"));
        assert.equal(again.status, 201);
        assert.equal(again.text, first.text);
        assert.equal(again.headers["idempotent-replayed"], "true");
        assert.equal((await send(pngOf("别的"))).body.code, "idempotency_key_reused");
        assert.equal((await send(fileOf("image/jpeg", "钥匙"), "image/jpeg")).body.code,
            "idempotency_key_reused");
    });

    test("at once, by many, are stored once", async () => {
        const file = pngOf("同时", 50000);
        const before = rows();
        const all = await Promise.all(Array.from({ length: 12 }, () => upload(clerk, file)));
        assert.equal(new Set(all.map((one) => JSON.stringify(one))).size, 1);
        assert.equal(rows(), before + 1);
        assert.deepEqual(incoming(), []);
    });

    test("of one district say nothing of it in another", async () => {
        const { sha256 } = await upload(clerk, pngOf("外区"));
        await world.as.farSecretary.refused("getScan", "not_found", { path: { sha256 } });
        await world.as.farSecretary.refused("getScanContent", "not_found", { path: { sha256 } });
        await world.as.farSecretary.refused("getScan", "not_found", { path: { sha256: NOBODYS } });
        for (const bad of ["zz", sha256.toUpperCase(), `${sha256}0`])
            await clerk.refused("getScan", "parameter_invalid", { path: { sha256: bad } });
    });
});

describe("who may send one is known before it is kept", () => {
    test("without a token, with a wrong one, in a role that may not", async () => {
        const body = pngOf("无权", 2 * 1024 * 1024);
        const send = (client, code, token) => client.refused("createScan", code,
            { body, token, headers: { "content-type": "image/png" } });
        await send(world.anyone, "token_missing");
        await send(world.anyone, "token_invalid", `tb_371402_${"x".repeat(43)}`);
        await send(world.as.volunteer, "role_not_allowed");
        assert.equal(existsSync(placeOf(nameOf(body))), false);
    });

    // The head alone: what is answered before a byte of the body is sent?
    function ask(headers) {
        return new Promise((resolve, reject) => {
            const socket = net.connect(world.daemon.port, "127.0.0.1");
            socket.once("error", reject);
            socket.once("data", (data) => {
                socket.destroy();
                resolve(data.toString().split("\r\n")[0]);
            });
            socket.write(["POST /v1/scans HTTP/1.1", "Host: localhost", "Content-Type: image/png",
                "Expect: 100-continue", ...headers, "", ""].join("\r\n"));
        });
    }

    test("a client that asks first is told at once", async () => {
        const token = `Authorization: Bearer ${clerk.token}`;
        const length = (bytes) => `Content-Length: ${bytes}`;
        assert.match(await ask([length(100)]), / 401 /);
        assert.match(await ask([token, length(SCAN_BYTES_MAX)]), / 100 /);
        assert.match(await ask([token, length(SCAN_BYTES_MAX + 1)]), / 413 /);
    });

    test("only so many are in memory; one more is told to come again, and then comes", async () => {
        const sockets = [];
        const begin = () => new Promise((resolve) => {
            const socket = net.connect(world.daemon.port, "127.0.0.1");
            socket.on("error", () => {});
            sockets.push(socket);
            socket.once("data", resolve); // 100: it has its room
            socket.write(["POST /v1/scans HTTP/1.1", "Host: localhost", "Content-Type: image/png",
                `Authorization: Bearer ${clerk.token}`, "Content-Length: 1000",
                "Expect: 100-continue", "", ""].join("\r\n"));
        });
        try {
            for (let i = 0; i < COMING_MAX; i++) assert.match(String(await begin()), / 100 /);
            const problem = await refusedFile("overloaded", pngOf("太多"));
            assert.equal(problem.retryable, true);
        } finally {
            for (const socket of sockets) socket.destroy();
        }
        await until(async () => (await clerk.call("createScan",
            { body: pngOf("太多"), headers: { "content-type": "image/png" } })).status === 201,
        "there is room again");
    });
});

describe("a scan that a record names", () => {
    test("is shown by its evidence, and to whoever may see the record", async () => {
        const { sha256 } = await upload(clerk, pngOf("记录"));
        const path = { sha256 };
        await world.as.leader.refused("getScan", "not_found", { path });
        const record = await atCounter(world, { attestation: paper(sha256) });
        const { chain } = await clerk.ok("getServiceRecordEvidence", { path: { id: record.id } });
        assert.deepEqual(chain.map((one) => one.scan), [sha256, null]);
        for (const key of ["leader", "secretary", "subdistrictAdmin", "volunteer", "resident",
            "auditor", "districtAdmin"]) {
            const scan = await world.as[key].ok("getScan", { path });
            assert.equal(scan.records_count, 1);
            assert.deepEqual(scan.records, [
                { id: record.id, region_code: COMMUNITY, service_date: record.service_date }], key);
            assert.equal((await world.as[key].call("getScanContent", { path })).status, 200, key);
        }
        for (const key of ["siblingSecretary", "siblingLeader", "farAdmin"])
            for (const operation of ["getScan", "getScanContent"])
                await world.as[key].refused(operation, "not_found", { path });
    });

    test("is named in an attestation too; by code there is none", async () => {
        const { sha256 } = await upload(clerk, pngOf("签字"));
        const first = await draft(world);
        const attest = (id, body) => ({ path: { id }, body });
        await clerk.refused("attestServiceRecord", "scan_unknown",
            attest(first.id, paper(NOBODYS)));
        await clerk.refused("attestServiceRecord", "scan_on_paper_only",
            attest(first.id, { method: "code", code: "000000", scan: sha256 }));
        await clerk.ok("attestServiceRecord", attest(first.id,
            { ...paper(sha256), method: "thumbprint", witness_id: world.persons.helper.id }));
        const { chain: [signature] } =
            await clerk.ok("getServiceRecordEvidence", { path: { id: first.id } });
        assert.equal(signature.scan, sha256);
        const second = await draft(world);
        await attestByCode(world, second.id);
        const { chain } = await clerk.ok("getServiceRecordEvidence", { path: { id: second.id } });
        assert.equal(chain[0].scan, null);
    });

    test("must be there", async () => {
        await clerk.refused("recordServiceAtCounter", "scan_unknown",
            { body: counterBody(world, { attestation: paper(NOBODYS) }) });
        await clerk.refused("recordServiceAtCounter", "body_invalid",
            { body: counterBody(world, { attestation: paper("abc") }) });
    });
});

describe("the file", () => {
    test("has a tag that never changes; who has it is not sent it again; HEAD has no body",
        async () => {
            const { sha256, bytes } = await upload(clerk, pngOf("标签"));
            const path = { sha256 };
            const { headers } = await clerk.call("getScanContent", { path });
            const again = await clerk.call("getScanContent",
                { path, headers: { "if-none-match": headers.etag } });
            assert.equal(again.status, 304);
            const head = await clerk.send(null,
                { method: "HEAD", target: `/v1/scans/${sha256}/content` });
            assert.equal(head.status, 200);
            assert.equal(head.headers["content-length"], String(bytes));
            assert.equal(head.headers["content-type"], "image/png");
        });

    test("that was changed, cut or lost is not sent; verify names it; bringing it again repairs",
        async () => {
            world.daemon.expectsDefects = true;
            const file = pngOf("损坏", 1000);
            const { sha256 } = await upload(clerk, file);
            const place = placeOf(sha256);
            const path = { sha256 };
            assert.equal(verify().status, 0, verify().stdout);
            chmodSync(place, 0o600);
            const cases = [["changed", () => writeFileSync(place, pngOf("改过", 1000))],
                ["changed", () => writeFileSync(place, file.subarray(0, 999))],
                ["missing", () => unlinkSync(place)]];
            for (const [what, harm] of cases) {
                harm();
                await clerk.refused("getScanContent", "file_damaged", { path });
                const { status, stdout } = verify();
                assert.equal(status, 1);
                assert.match(stdout, new RegExp(`^${what} +371402 ${sha256}$`, "m"));
                const json = JSON.parse(verify("--json", "--district", "371402").stdout);
                assert.deepEqual(json, { result: what, district: 371402, sha256 });
                assert.equal(verify("--district", "371403").status, 0);
                await upload(clerk, file);
                assert.deepEqual((await clerk.call("getScanContent", { path })).bytes, file);
                assert.equal(verify().status, 0);
            }
        });

    test("verify is asked for in one way only", () => {
        for (const args of [[], ["--verify", "--district", "x"], ["--verify", "--wrong"]])
            assert.equal(command(world.database.url, "scans", ...args).status, 2, args.join(" "));
    });
});

describe("a disk that does not take it", () => {
    const state = async (client) => (await client.call("getReadiness")).body;

    test("an unusable folder: 503, nothing stored, told by /readyz, and then it works again",
        async () => {
            const away = `${folder}-away`;
            renameSync(folder, away);
            writeFileSync(folder, ""); // root may write everywhere, but not into a file
            try {
                const problem = await refusedFile("file_not_stored", pngOf("无处"));
                assert.equal(problem.retryable, true);
                const { status, checks } = await state(world.anyone);
                assert.deepEqual([status, checks.scans], ["warn", [{ status: "fail" }]]);
                await clerk.ok("listRegions");
            } finally {
                unlinkSync(folder);
                renameSync(away, folder);
            }
            await upload(clerk, pngOf("无处"));
            assert.equal((await state(world.anyone)).status, "pass");
        });

    test("a full disk: what was written of it is gone, and smaller files still find room",
        async () => {
            const daemon = new Daemon(world.database.url, {}, ["prlimit", "--fsize=100000"]);
            await daemon.start();
            const client = new Client(daemon).as(clerk.token);
            try {
                const body = pngOf("满", 200000);
                await refusedFile("file_not_stored", body, "image/png", { client });
                assert.deepEqual(incoming(), []);
                assert.equal(existsSync(placeOf(nameOf(body))), false);
                await upload(client, pngOf("满", 100000));
                await upload(clerk, body);
            } finally {
                client.close();
                await daemon.stop();
            }
        });

    test("a daemon whose folder cannot be made serves all the same", async () => {
        const daemon = new Daemon(world.database.url, { TIMEBANK_SCANS_DIR: "/proc/none/scans" });
        await daemon.start();
        const client = new Client(daemon).as(clerk.token);
        try {
            assert.equal((await state(client)).status, "warn");
            await refusedFile("file_not_stored", pngOf("没有"), "image/png", { client });
        } finally {
            client.close();
            await daemon.stop();
        }
    });

    test("files are nobody else's to read", async () => {
        const { sha256 } = await upload(clerk, pngOf("权限"));
        assert.equal(statSync(placeOf(sha256)).mode & 0o077, 0);
        assert.equal(statSync(join(folder, sha256.slice(0, 2))).mode & 0o077, 0);
    });
});
