// Requests by operationId. Whatever comes back is compared with the contract; a test that gets an
// answer has a good one.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import http from "node:http";
import https from "node:https";

import { checkAnswer, isList, operations, preview, successStatus } from "./contract.mjs";

const TIMEOUT_MS = 30000;

function fillPath(template, values = {}) {
    return template.replaceAll(/\{(\w+)\}/g, (_, name) => {
        assert.ok(values[name] !== undefined, `${template} needs ${name}`);
        return encodeURIComponent(values[name]);
    });
}

function queryText(query) {
    if (!query) return "";
    return `?${typeof query === "string" ? query : new URLSearchParams(query)}`;
}

// The bytes of an answer; a reset or a refused connection rejects. Tests' certificates are their own
// authorities: nothing is said here of whom they name.
export function exchange(port, { method, target, headers, body, agent, secure = false }) {
    return new Promise((resolve, reject) => {
        const options = { host: "127.0.0.1", port, method, path: target, headers, agent,
            rejectUnauthorized: false };
        const request = (secure ? https : http).request(options, (response) => {
            const chunks = [];
            response.on("data", (chunk) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () => {
                const bytes = Buffer.concat(chunks);
                resolve({ status: response.statusCode, headers: response.headers, bytes,
                    text: bytes.toString("utf8") });
            });
        });
        request.setTimeout(TIMEOUT_MS, () => request.destroy(new Error("no answer")));
        request.on("error", reject);
        request.end(body);
    });
}

export class Client {
    constructor(daemon, token = null) {
        this.daemon = daemon;
        this.token = token;
        const { Agent } = daemon.secure ? https : http;
        this.agent = new Agent({ keepAlive: true, maxSockets: 64 });
    }

    as(token) {
        const other = new Client(this.daemon, token);
        other.agent = this.agent;
        return other;
    }

    close() {
        this.agent.destroy();
    }

    // One exchange as it is said; `operation` is what it is checked against, null for no operation.
    async send(operation, { method, target, headers = {}, body, token = this.token }) {
        const all = { ...headers };
        if (token) all.authorization ??= `Bearer ${token}`;
        const { agent } = this;
        const answer = await exchange(this.daemon.port,
            { method, target, headers: all, body, agent, secure: this.daemon.secure });
        answer.type = answer.headers["content-type"]?.split(";")[0];
        if (/json$/.test(answer.type) && answer.text) answer.body = JSON.parse(answer.text);
        if (method === "HEAD") assert.equal(answer.text, "");
        else checkAnswer(operation, answer);
        return answer;
    }

    // {path, query, body, headers, token, key, match}: `key` is made up where one is required and
    // left out when null; `match` is a version for If-Match; `body` a value, or text as it is.
    async call(operationId, options = {}) {
        const operation = operations.get(operationId);
        assert.ok(operation, `no operation ${operationId}`);
        const headers = { ...options.headers };
        let { key, body } = options;
        if (key === undefined && operation.spec["x-idempotency"] === "required") key = randomUUID();
        if (key) headers["idempotency-key"] ??= key;
        if (options.match !== undefined) headers["if-match"] ??= `"v${options.match}"`;
        if (body !== undefined) {
            headers["content-type"] ??= Object.keys(
                operation.spec.requestBody?.content ?? { "application/json": 0 })[0];
            if (typeof body !== "string" && !Buffer.isBuffer(body)) body = JSON.stringify(body);
        }
        const method = operation.method.toUpperCase();
        const target = fillPath(operation.path, options.path) + queryText(options.query);
        return this.send(operation, { method, target, headers, body, token: options.token });
    }

    // The answer of what must succeed.
    async ok(operationId, options) {
        const answer = await this.call(operationId, options);
        const isDry = options?.query?.dry_run === "true";
        const wanted = successStatus(operations.get(operationId), isDry);
        assert.equal(answer.status, wanted, `${operationId}: ${answer.text}`);
        return answer.body;
    }

    // The problem of what must be refused, by this code.
    async refused(operationId, code, options) {
        const answer = await this.call(operationId, options);
        assert.ok(answer.status >= 400, `${operationId} was not refused: ${preview(answer.body)}`);
        assert.equal(answer.body.code, code, answer.text);
        return answer.body;
    }

    // Every row of a list.
    async all(operationId, options = {}) {
        assert.ok(isList(operations.get(operationId)));
        const rows = [];
        let cursor;
        do {
            const query = { limit: 200, ...options.query, ...(cursor && { cursor }) };
            const page = await this.ok(operationId, { ...options, query });
            rows.push(...page.data);
            cursor = page.next_cursor;
        } while (cursor);
        return rows;
    }
}
