// What ./dev bench can measure, each with the floor and the goal it is held against.
import http from "node:http";
import net from "node:net";

import { Daemon, Fastify, pgbench, UNLIMITED } from "./contenders.mjs";
import { freePort, Process, residentKilobytes } from "./processes.mjs";
import { contenderTable, ratioTable, valueTable } from "./report.mjs";
import { median, ratio, runRounds } from "./rounds.mjs";
import { create, FIRST_VOLUNTEER, pointRead, recordPage, volunteerPage } from "./workloads.mjs";

async function withServers(bench, work) {
    const daemon = new Daemon(bench), fastify = new Fastify(bench);
    await Promise.all([daemon.start(), fastify.start()]);
    try {
        return await work(daemon, fastify);
    } finally {
        await Promise.all([daemon.process.stop(), fastify.process.stop()]);
    }
}

// Ratios are [over, under, floor, goal]: places among the contenders.
async function compare(bench, workload, contenders, ratios) {
    const slices = await runRounds(bench, workload, contenders);
    const rows = ratios.map(([over, under, floor, goal]) => ({
        name: `${contenders[over].name} / ${contenders[under].name}`,
        value: ratio(slices[over], slices[under]), floor, goal,
    }));
    return `### ${workload.name[0].toUpperCase()}${workload.name.slice(1)}\n\n`
        + `${contenderTable(contenders, slices)}\n\n${ratioTable(rows)}\n`;
}

export async function reads(bench) {
    return withServers(bench, async (daemon, fastify) => {
        const contenders = [daemon.at(64), fastify.at(64), pgbench(bench, 8)];
        const parts = [];
        parts.push(await compare(bench, pointRead(bench), contenders,
            [[0, 2, 0.75, 1.2], [0, 1, 3.0, 5]]));
        for (const page of [volunteerPage, recordPage])
            parts.push(await compare(bench, page(bench), contenders,
                [[0, 2, 0.75, 1.0], [0, 1, 3.5, 5]]));
        return parts.join("\n");
    });
}

export async function creates(bench) {
    return withServers(bench, async (daemon, fastify) => compare(bench, create(bench),
        [daemon.at(64), daemon.at(256), fastify.at(64), pgbench(bench, 32)],
        [[0, 3, 1.6, 2.5], [1, 3, 2.4, 4], [0, 2, 2.0, 4]]));
}

export async function cpu(bench) {
    const daemon = new Daemon(bench);
    await daemon.start();
    const contender = [daemon.at(64)];
    const of = async (workload) => {
        const [slices] = await runRounds(bench, workload, contender);
        return median(slices.map((slice) => slice.cpu));
    };
    const rows = [
        { name: "point read", value: await of(pointRead(bench)), floor: 22, goal: 15 },
        { name: "create record", value: await of(create(bench)), floor: 45, goal: 25 },
    ];
    await daemon.process.stop();
    return `### CPU of the daemon\n\n${valueTable("µs a request, 64 clients", rows)}\n`;
}

/* ------------------------------------------------------------------ memory */

// Connections that have each asked once and stay.
async function connect(port, count, token, target) {
    const text = `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    const sockets = [];
    for (let i = 0; i < count; i++) {
        const socket = net.connect(port, "127.0.0.1");
        sockets.push(socket);
        await new Promise((resolve, reject) => {
            socket.once("error", reject);
            socket.once("close", () => reject(new Error(`connection ${i + 1} was closed`)));
            socket.once("data", (data) => (data.toString("latin1").startsWith("HTTP/1.1 200")
                ? resolve() : reject(new Error(data.toString("latin1").split("\r\n")[0]))));
            socket.write(text);
        });
    }
    return sockets;
}

async function memoryAt(bench, count) {
    const daemon = new Daemon({ ...bench, workers: Math.max(bench.workers, Math.ceil(count / 4000)) });
    await daemon.start();
    try {
        const sockets = await connect(daemon.port, count, bench.reader, `/v1/volunteers/${FIRST_VOLUNTEER}`);
        const kilobytes = residentKilobytes(daemon.process.pid);
        sockets.forEach((socket) => socket.removeAllListeners("close").destroy());
        return kilobytes / 1024;
    } finally {
        await daemon.process.stop();
    }
}

export async function memory(bench) {
    const rows = [];
    for (const [count, floor, goal] of [[64, 16, 12], [1000, 24, 18], [10000, 160, 100]])
        rows.push({ name: `${count} connections`, value: await memoryAt(bench, count), floor, goal });
    return `### Memory\n\n${valueTable("MB resident", rows)}\n`;
}

/* ------------------------------------------------------------------ start */

function ask(port, target, token) {
    return new Promise((resolve) => {
        http.get({ host: "127.0.0.1", port, path: target, agent: false,
                   headers: { authorization: `Bearer ${token}` } }, (response) => {
            response.resume();
            response.once("end", () => resolve(response.statusCode === 200));
        }).once("error", () => resolve(false));
    });
}

// From fork to the first answer that came out of the database.
async function startOnce(bench) {
    const port = await freePort();
    const begun = performance.now();
    const daemon = new Process(bench.daemon, ["serve"], { log: `${bench.folder}/start.log`,
        env: { DATABASE_URL: bench.database, TIMEBANK_PORT: port, TIMEBANK_ADDRESS: "127.0.0.1",
               TIMEBANK_WORKERS: bench.workers, TIMEBANK_RATE_LIMIT: UNLIMITED } });
    while (!await ask(port, `/v1/volunteers/${FIRST_VOLUNTEER}`, bench.reader))
        await new Promise((resolve) => setTimeout(resolve, 1));
    const milliseconds = performance.now() - begun;
    await daemon.stop();
    return milliseconds;
}

export async function start(bench) {
    const times = [];
    for (let i = 0; i < 20; i++) times.push(await startOnce(bench));
    return `### Start\n\n${valueTable("ms, median of 20", [
        { name: "start to first answer", value: median(times), floor: 100, goal: 30 }])}\n`;
}
