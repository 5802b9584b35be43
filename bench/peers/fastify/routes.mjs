// The measured operations as routes.
import { createHash, randomUUID } from "node:crypto";

import Fastify from "fastify";

import { findOperation } from "./contract.mjs";
import { run } from "./database.mjs";
import { answerProblem, Problem } from "./problem.mjs";
import { makeRow } from "./row.mjs";
import { makeAuthenticate } from "./tokens.mjs";
import { makeWrite } from "./write.mjs";

const READS = ["getVolunteer"], LISTS = ["listVolunteers", "listServiceRecords"];
const WRITES = ["createServiceRecord"];

function valuesOf(statement, actor, given) {
    return statement.parameters.map((name) => actor[name] ?? given[name] ?? null);
}

function makeRead(statements, operation, database) {
    const statement = statements.get(`${operation.id}.read`), shown = makeRow(operation);
    return async (request) => {
        const [row] = await run(database.read, statement,
            valuesOf(statement, request.actor, request.params));
        if (!row) throw new Problem(404, "not_found");
        return shown(row);
    };
}

// The first page; what lies behind a cursor is not measured.
function makeList(statements, operation, database) {
    const { id, sorts } = operation, shown = makeRow(operation);
    return async (request) => {
        const { limit = 50, sort = sorts.default } = request.query;
        const statement = statements.get(`${id}.${sort}`);
        const given = { ...request.query, limit: Number(limit) + 1 };
        const rows = await run(database.page, statement,
            valuesOf(statement, request.actor, given));
        const data = rows.slice(0, limit).map(shown);
        const last = rows.length > limit ? data.at(-1) : null;
        const cursor = last && [sort, ...sorts[sort].map((name) => `${last[name.replace(/^-/, "")]}`)];
        return {
            data,
            next_cursor: cursor && Buffer.from(JSON.stringify(cursor)).toString("base64url"),
        };
    };
}

function addRoute(server, operation, handle) {
    server.route({
        method: operation.method,
        url: operation.url,
        schema: {
            params: operation.params,
            querystring: operation.querystring,
            ...(operation.body ? { body: operation.body } : {}),
            response: { [operation.status]: operation.answer },
        },
        config: { operation },
        handler: async (request, reply) => {
            const answer = await handle(request, reply);
            reply.code(operation.status);
            reply.version = answer.version;
            return answer;
        },
    });
}

function addHooks(server, authenticate) {
    server.addHook("onRequest", async (request) => {
        request.actor = await authenticate(request.headers.authorization);
        if (!request.routeOptions.config.operation.roles.has(request.actor.actor_role))
            throw new Problem(403, "role_not_allowed");
    });
    server.addHook("onSend", async (request, reply, payload) => {
        reply.header("x-content-type-options", "nosniff");
        reply.header("x-request-id", request.id);
        reply.header("cache-control", "no-store");
        if (reply.version !== undefined) {
            const hash = createHash("sha256").update(payload).digest("hex").slice(0, 8);
            reply.header("etag", `"v${reply.version}.${hash}"`);
        }
        return payload;
    });
    server.addHook("onResponse", async (request, reply) => {
        request.log.info({
            event: "request", method: request.method,
            operation: request.routeOptions.config.operation.id,
            status: reply.statusCode, ms: reply.elapsedTime,
        });
    });
}

export function makeServer(contract, statements, database) {
    const server = Fastify({
        logger: { level: "info", file: "/dev/stderr" },
        disableRequestLogging: true,
        genReqId: () => randomUUID(),
        requestIdHeader: "x-request-id",
        ajv: { customOptions: { removeAdditional: false, coerceTypes: true, allErrors: true } },
    });
    server.decorateRequest("actor", null);
    server.decorateReply("version", undefined);
    addHooks(server, makeAuthenticate(database, statements.get("engine.find_token")));
    server.setErrorHandler(answerProblem);
    for (const [ids, make] of [[READS, makeRead], [LISTS, makeList], [WRITES, makeWrite]]) {
        for (const id of ids) {
            const operation = findOperation(contract, id);
            addRoute(server, operation, make(statements, operation, database));
        }
    }
    return server;
}
