// ./dev bench: measures what it is told and prints Markdown ready for RESULTS.md (README.md). The
// environment comes from tools/dev.d/bench.sh, which has built the daemon and loaded the district.
import { mkdirSync } from "node:fs";
import os from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import * as measurements from "./lib/measurements.mjs";
import { output, stopAll } from "./lib/processes.mjs";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const OPERATIONS = ["getVolunteer", "listVolunteers", "listServiceRecords", "createServiceRecord",
    "engine"];
const NAMES = ["reads", "creates", "cpu", "memory", "start"];

function usage(message) {
    process.stderr.write(`./dev bench: ${message}\n`
        + `usage: ./dev bench [${NAMES.join("|")}|all …] [--rounds N] [--slice SECONDS] `
        + "[--communities N]\n");
    process.exit(2);
}

function readOptions() {
    const number = { type: "string" };
    try {
        const { values, positionals } = parseArgs({ allowPositionals: true,
            options: { rounds: number, slice: number, communities: number } });
        const unknown = positionals.find((one) => one !== "all" && !NAMES.includes(one));
        if (unknown) usage(`no ${unknown}`);
        const all = positionals.length === 0 || positionals.includes("all");
        return { what: all ? NAMES : positionals, rounds: Number(values.rounds ?? 7),
                 slice: Number(values.slice ?? 2) };
    } catch (error) {
        return usage(error.message);
    }
}

async function prepare({ rounds, slice }) {
    const { env } = process;
    const folder = `${env.BENCH_VAR}/bench`;
    mkdirSync(folder, { recursive: true });
    const statements = JSON.parse(await output(env.BENCH_DAEMON, ["sql", ...OPERATIONS]));
    return {
        rounds, slice, folder, workers: 2, root: ROOT,
        statements: new Map(statements.map((one) => [one.name, one])),
        daemon: env.BENCH_DAEMON, database: env.BENCH_DATABASE, socket: env.BENCH_SOCKET,
        postmaster: Number(env.BENCH_POSTMASTER), pgbench: env.BENCH_PGBENCH, psql: env.BENCH_PSQL,
        contract: env.BENCH_CONTRACT, district: Number(env.BENCH_DISTRICT),
        communities: Number(env.BENCH_COMMUNITIES), reader: env.BENCH_READER,
        writer: env.BENCH_WRITER,
    };
}

async function heading(options) {
    const git = async (...args) => (await output("git", ["-C", ROOT, ...args])).trim();
    const commit = await git("rev-parse", "--short", "HEAD");
    const changed = await git("status", "--porcelain") === "" ? "" : " and changes";
    const cpu = os.cpus();
    return `## ${new Date().toISOString().slice(0, 10)}: ${options.what.join(", ")}\n\n`
        + `\`./dev bench ${process.argv.slice(2).join(" ")}\`, commit ${commit}${changed}; `
        + `${options.rounds} rounds of ${options.slice} s. ${cpu.length} cores (${cpu[0].model}), `
        + `load ${os.loadavg()[0].toFixed(1)} at the begin.\n`;
}

const options = readOptions();
for (const signal of ["SIGINT", "SIGTERM"])
    process.once(signal, () => stopAll().then(() => process.exit(130)));
try {
    const parts = [await heading(options)];
    const bench = await prepare(options);
    for (const name of options.what) parts.push(await measurements[name](bench));
    process.stdout.write(`${parts.join("\n")}`);
} finally {
    await stopAll();
}
