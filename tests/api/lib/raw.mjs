// Bytes on a socket as they are, and what became of them.
import assert from "node:assert/strict";
import net from "node:net";
import tls from "node:tls";
import { setTimeout as pause } from "node:timers/promises";

const QUIET_MS = 300; // so long after the last byte an answer is taken as complete
const PROBE = "GET /healthz HTTP/1.1\r\nHost: probe\r\nX-Request-Id: probe\r\n\r\n";

export class Raw {
    constructor(port, { secure, ...options } = {}) {
        this.text = "";
        this.begun = performance.now();
        this.heard = this.begun;
        this.socket = secure
            ? tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...secure })
            : net.connect({ port, host: "127.0.0.1", ...options });
        this.opened = new Promise((resolve) =>
            this.socket.once(secure ? "secureConnect" : "connect", () => resolve(this)));
        this.closed = new Promise((resolve) => this.socket.once("close", () => {
            this.isClosed = true;
            this.closedAfterMs = performance.now() - this.begun;
            resolve(this.closedAfterMs);
        }));
        this.socket.on("error", (error) => (this.error = error));
        this.socket.on("data", (data) => {
            this.text += data.toString("latin1");
            this.heard = performance.now();
        });
    }

    send(bytes) {
        if (!this.isClosed) this.socket.write(bytes);
        return this;
    }

    // One byte each `everyMs` until the socket is closed.
    async drip(bytes, everyMs) {
        for (const byte of Buffer.from(bytes, "latin1")) {
            if (this.isClosed) return;
            this.socket.write(Buffer.of(byte));
            await pause(everyMs);
        }
    }

    // Until nothing more comes. Nothing is polled that could tell: hence the pause.
    async quiet() {
        while (!this.isClosed && performance.now() - this.heard < QUIET_MS) await pause(20);
    }

    destroy() {
        this.socket.destroy();
    }

    // The statuses of the answers, one behind the other as their lengths say.
    get answers() {
        const answers = [];
        for (let rest = this.text; ;) {
            const head = /^HTTP\/1\.1 (\d{3}) [\s\S]*?\r\n\r\n/.exec(rest);
            if (!head) return answers;
            const length = Number(/\r\nContent-Length: (\d+)\r\n/i.exec(head[0])?.[1] ?? 0);
            if (head[1] !== "100") answers.push(Number(head[1]));
            rest = rest.slice(head[0].length + length);
        }
    }

    // "400 message_refused (line), closed": the answers, and whether another request is read.
    async outcome() {
        await this.quiet();
        const answers = this.answers;
        const code = /"code":"(\w+)"/.exec(this.text)?.[1];
        const reason = /"reason":"(\w+)"/.exec(this.text)?.[1];
        if (!this.isClosed) {
            this.heard = performance.now();
            this.send(PROBE);
            await this.quiet();
        }
        const probed = /X-Request-Id: probe\r\n/i.test(this.text);
        const told = answers.join(" ") || "no answer";
        const end = this.isClosed ? "closed" : probed ? "open" : "waiting";
        this.destroy();
        return told + (code ? ` ${code}` : "") + (reason ? ` (${reason})` : "") + `, ${end}`;
    }
}

export async function outcomeOf(port, bytes, options) {
    const raw = await new Raw(port, options).opened;
    raw.heard = performance.now();
    return raw.send(bytes).outcome();
}

export function assertWithin(ms, leastMs, mostMs, what) {
    assert.ok(ms >= leastMs && ms <= mostMs,
        `${what}: ${Math.round(ms)} ms is not between ${leastMs} and ${mostMs}`);
}
