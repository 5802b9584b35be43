// The daemon under test: started on a free port, waited for, stopped by SIGTERM. A stop is a test:
// the exit status is 0, no sanitizer has spoken and no defect has been logged.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import net from "node:net";

import { exchange } from "./client.mjs";
import { until } from "./wait.mjs";

const PROGRAM = process.env.TB_DAEMON;
const SANITIZER = /AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:/;
const PORT_FIRST = 10240; // below the kernel's own choices for outgoing connections
const PORT_COUNT = 20000;
const LOG_LINES_MAX = 2000;
const STOP_MAX_MS = 30000; // the drain of the daemon ends long before

let ports = process.pid * 16;

function isFree(port) {
    return new Promise((resolve) => {
        const server = net.createServer();
        server.once("error", () => resolve(false));
        server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
}

// By the process' number: test files run side by side, and the daemon shares a port (SO_REUSEPORT)
// rather than refuse it.
async function freePort() {
    for (;;) {
        const port = PORT_FIRST + (ports++ % PORT_COUNT);
        if (await isFree(port)) return port;
    }
}

// A command of the daemon that ends by itself.
export function command(databaseUrl, ...args) {
    const run = spawnSync(PROGRAM, args, {
        encoding: "utf8",
        env: { ...process.env, DATABASE_URL: databaseUrl },
    });
    assert.doesNotMatch(run.stderr, SANITIZER);
    return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

export function commandOk(databaseUrl, ...args) {
    const run = command(databaseUrl, ...args);
    assert.equal(run.status, 0, `timebankd ${args[0]}: ${run.stderr}${run.stdout}`);
    return run.stdout.trim();
}

export class Daemon {
    // `prefix` is a command that becomes the daemon, such as prlimit.
    constructor(databaseUrl, env = {}, prefix = []) {
        this.databaseUrl = databaseUrl;
        this.env = env;
        this.commandLine = [...prefix, PROGRAM, "serve"];
        this.expectsDefects = false;
        this.keepsRequests = false;
        this.secure = env.TIMEBANK_TLS_CERT_FILE !== undefined;
    }

    async start() {
        this.port ??= await freePort();
        this.lines = [];
        this.requests = [];
        const [program, ...args] = this.commandLine;
        this.child = spawn(program, args, {
            stdio: ["ignore", "pipe", "pipe"],
            env: {
                ...process.env,
                DATABASE_URL: this.databaseUrl,
                TIMEBANK_ADDRESS: "127.0.0.1",
                TIMEBANK_PORT: String(this.port),
                TIMEBANK_RATE_LIMIT: "off",
                ...this.env,
            },
        });
        this.ended = once(this.child, "close");
        for (const stream of [this.child.stdout, this.child.stderr]) this.#keepLines(stream);
        await until(() => this.#isReady(), "the daemon is ready");
        return this;
    }

    #keepLines(stream) {
        let rest = "";
        stream.setEncoding("utf8");
        stream.on("data", (text) => {
            const lines = (rest + text).split("\n");
            rest = lines.pop();
            const isRequest = (line) => line.includes('"event":"request"');
            if (this.keepsRequests) this.requests.push(...lines.filter(isRequest));
            const kept = lines.filter((line) => !isRequest(line));
            this.lines.push(...kept.slice(0, LOG_LINES_MAX - this.lines.length));
        });
    }

    async #isReady() {
        if (this.child.exitCode !== null)
            throw new Error(`the daemon has ended: ${this.lines.join("\n")}`);
        try {
            const headers = { connection: "close" };
            const options = { method: "GET", target: "/readyz", headers, secure: this.secure };
            return (await exchange(this.port, options)).status === 200;
        } catch {
            return false;
        }
    }

    get pid() {
        return this.child.pid;
    }

    async stop() {
        this.child.kill("SIGTERM");
        const late = setTimeout(() => this.child.kill("SIGKILL"), STOP_MAX_MS);
        const [code, signal] = await this.ended;
        clearTimeout(late);
        const log = this.lines.join("\n");
        assert.doesNotMatch(log, SANITIZER);
        assert.equal(signal, null, `ended by ${signal}\n${log}`);
        assert.equal(code, 0, `exit status ${code}\n${log}`);
        if (!this.expectsDefects)
            assert.deepEqual(
                this.lines.filter((line) => line.includes('"level":"error"')),
                [],
                "the daemon has logged defects",
            );
    }

    async kill() {
        this.child.kill("SIGKILL");
        await this.ended;
        assert.doesNotMatch(this.lines.join("\n"), SANITIZER);
    }

    async restart() {
        await this.stop();
        await this.start();
    }
}
