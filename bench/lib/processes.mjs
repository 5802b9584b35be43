// Children of a run: started with their output in a file, ended by their own id; and what a process
// and its descendants have used, from /proc.
import { spawn } from "node:child_process";
import { openSync, readdirSync, readFileSync } from "node:fs";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const TICK_US = 10000; // USER_HZ is 100 on every Linux that Debian runs on

// utime, stime and those of children waited for, in ticks.
function timesOf(pid) {
    try {
        const text = readFileSync(`/proc/${pid}/stat`, "utf8");
        const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
        const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
        return { parent: Number(fields[1]), ticks: utime + stime, waited: cutime + cstime };
    } catch {
        return null; // it has ended
    }
}

function descendants(pid) {
    const children = new Map();
    for (const name of readdirSync("/proc")) {
        const times = /^\d+$/.test(name) && timesOf(name);
        if (times) children.set(times.parent, [...(children.get(times.parent) ?? []), Number(name)]);
    }
    const all = [pid];
    for (const one of all) all.push(...(children.get(one) ?? []));
    return all;
}

// CPU of a process, its living descendants and those it has waited for, in microseconds: it only grows.
export function cpuMicroseconds(pid) {
    return descendants(pid).reduce((sum, one) => {
        const times = timesOf(one);
        return times ? sum + (times.ticks + times.waited) * TICK_US : sum;
    }, 0);
}

export function residentKilobytes(pid) {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
}

export class Process {
    constructor(program, args, { env, log, cwd } = {}) {
        const out = log ? openSync(log, "w") : "pipe";
        this.child = spawn(program, args,
            { env: { ...process.env, ...env }, cwd, stdio: ["ignore", out, out] });
        this.pid = this.child.pid;
        this.ended = new Promise((resolve, reject) => {
            this.child.once("exit", (code, signal) => resolve(signal ?? code));
            this.child.once("error", reject);
        });
        running.add(this);
        this.ended.finally(() => running.delete(this)).catch(() => {});
    }

    async stop() {
        this.child.kill("SIGTERM");
        return this.ended;
    }
}

const running = new Set();

export async function stopAll() {
    await Promise.all([...running].map((one) => one.stop()));
}

// What a program prints; anything but a clean end is an error.
export async function output(program, args, options) {
    const one = new Process(program, args, options);
    let text = "", errors = "";
    one.child.stdout.on("data", (chunk) => { text += chunk; });
    one.child.stderr.on("data", (chunk) => { errors += chunk; });
    const status = await one.ended;
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${errors || text}`);
    return text;
}

export async function freePort() {
    const server = net.createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

export async function until(condition, what, seconds = 20) {
    const deadline = performance.now() + seconds * 1000;
    while (!await condition().catch(() => false)) {
        if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
        await sleep(20);
    }
}
