// What one would write instead of timebankd: fastify and postgres.js, in as many processes as
// timebankd has workers. It runs the same SQL (PEER_SQL, what `timebankd sql` printed) for the same
// operations of the same contract (PEER_CONTRACT) with the same checks: token (cached for a second),
// role, parameters and body by their schemas, idempotency key; the same JSON, headers and log line.
import cluster from "node:cluster";
import { readFileSync } from "node:fs";

import { makeDatabase } from "./database.mjs";
import { makeServer } from "./routes.mjs";

const port = Number(process.env.PEER_PORT);
const processes = Number(process.env.PEER_PROCESSES);
const read = (name) => JSON.parse(readFileSync(process.env[name], "utf8"));

if (cluster.isPrimary) {
    for (let i = 0; i < processes; i++) cluster.fork();
    cluster.on("exit", () => process.exit(1));
} else {
    const statements = new Map(read("PEER_SQL").map((one) => [one.name, one]));
    const database = makeDatabase(process.env.PEER_SOCKET, process.env.PEER_DATABASE);
    await makeServer(read("PEER_CONTRACT"), statements, database)
        .listen({ host: "127.0.0.1", port });
}
