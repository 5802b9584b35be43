// Who is measured: the daemon, fastify beside it, and pgbench below both. A slice says how much was
// done in how many seconds, with what CPU of the server and of PostgreSQL.
import { writeFileSync } from "node:fs";
import http from "node:http";

import { cpuMicroseconds, freePort, output, Process, until } from "./processes.mjs";
import { FIRST_VOLUNTEER } from "./workloads.mjs";

export const UNLIMITED = "1000000/1"; // requests of one token a second, counted but never reached
const WRITERS_PREFIX = Date.now().toString(36);
let keys = 0;

function answers(port, target, token) {
    return new Promise((resolve) => {
        http.get({ host: "127.0.0.1", port, path: target, agent: false,
                   headers: token ? { authorization: `Bearer ${token}` } : {} }, (response) => {
            response.resume();
            response.once("end", () => resolve(response.statusCode === 200));
        }).once("error", () => resolve(false));
    });
}

async function measure(bench, pid, work) {
    const before = [pid ? cpuMicroseconds(pid) : 0, cpuMicroseconds(bench.postmaster)];
    const done = await work();
    return {
        ...done, rate: done.requests / done.seconds,
        cpu: pid ? (cpuMicroseconds(pid) - before[0]) / done.requests : null,
        postgres: (cpuMicroseconds(bench.postmaster) - before[1]) / done.requests,
    };
}

// wrk from one thread; every answer of 400 or above and every broken connection fails the run.
async function wrk(bench, port, workload, clients, seconds) {
    const text = await output("wrk", ["-t1", `-c${clients}`, `-d${seconds}s`, "--timeout", "10s",
        "-s", `${bench.root}/load/load.lua`, `http://127.0.0.1:${port}`, "--", workload.token,
        workload.requests, `${WRITERS_PREFIX}-${++keys}-`]);
    const done = JSON.parse(text.trim().split("\n").at(-1));
    if (done.broken + done.refused > 0 || done.requests === 0)
        throw new Error(`${workload.name}: ${done.broken} broken, ${done.refused} refused of `
            + `${done.requests}; see ${bench.folder}/*.log`);
    return done;
}

class Server {
    constructor(bench, name) {
        Object.assign(this, { bench, name });
    }

    at(clients) {
        return {
            name: `${this.name}, ${clients} clients`,
            slice: (workload, seconds) => measure(this.bench, this.process.pid,
                () => wrk(this.bench, this.port, workload, clients, seconds)),
        };
    }

    async launch(program, args, env, target, token) {
        this.port = await freePort();
        this.process = new Process(program, args,
            { env: env(this.port), log: `${this.bench.folder}/${this.name}.log` });
        await until(() => answers(this.port, target, token), `${this.name} answers`);
    }
}

export class Daemon extends Server {
    constructor(bench) {
        super(bench, "timebankd");
    }

    start() {
        return this.launch(this.bench.daemon, ["serve"], (port) => ({
            DATABASE_URL: this.bench.database, TIMEBANK_PORT: port, TIMEBANK_ADDRESS: "127.0.0.1",
            TIMEBANK_WORKERS: this.bench.workers, TIMEBANK_RATE_LIMIT: UNLIMITED,
        }), "/readyz");
    }
}

export class Fastify extends Server {
    constructor(bench) {
        super(bench, "fastify");
    }

    start() {
        const { bench } = this;
        const statements = `${bench.folder}/statements.json`;
        writeFileSync(statements, JSON.stringify([...bench.statements.values()]));
        return this.launch(process.execPath, [`${bench.root}/peers/fastify/server.mjs`],
            (port) => ({
                NODE_ENV: "production", PEER_PORT: port, PEER_PROCESSES: bench.workers,
                PEER_SOCKET: bench.socket, PEER_DATABASE: "bench", PEER_SQL: statements,
                PEER_CONTRACT: bench.contract,
            }), `/v1/volunteers/${FIRST_VOLUNTEER}`, bench.reader);
    }
}

// Prepared statements with the session of the daemon's own lanes; one thread drives all clients.
export function pgbench(bench, clients) {
    const run = async (workload, seconds) => {
        const { file, variables } = workload.script;
        const text = await output(bench.pgbench, ["-n", "-M", "prepared", `-c${clients}`, "-j1",
            `-T${seconds}`, "-f", file, "-U", "timebank", "-h", bench.socket, "bench",
            ...Object.entries(variables).map(([name, value]) => `-D${name}=${value}`)],
        { env: { PGOPTIONS: `-c role=timebank_service -c plan_cache_mode=${workload.planMode}`
            + (workload.writes ? " -c enable_seqscan=off -c jit=off" : "") } });
        const number = (pattern) => Number(pattern.exec(text)?.[1]);
        const requests = number(/transactions actually processed: (\d+)/);
        if (!requests || number(/failed transactions: (\d+)/) > 0)
            throw new Error(`pgbench: ${text}`);
        return { requests, seconds: requests / number(/^tps = ([\d.]+)/m),
                 mean: number(/latency average = ([\d.]+)/) * 1000 };
    };
    return {
        name: `pgbench -c${clients}`,
        slice: (workload, seconds) => measure(bench, null, () => run(workload, seconds)),
    };
}
