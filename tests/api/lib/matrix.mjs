// The bad-input matrix: runs one operation's cases at once, compares each answer with what the
// contract promises for it, and the database with what it was before.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { operations } from "./contract.mjs";
import { digestOf } from "./digest.mjs";
import { sampleOf } from "./schema.mjs";
import { makeThings } from "./things.mjs";
import { makeWorld } from "./world.mjs";

const AT_ONCE = 24;
const MESSAGES_MAX = 20;

export const isWrite = (operation) => operation.parameters.some(
    (one) => one.in === "header" && one.name === "Idempotency-Key");
export const parametersIn = (operation, place) =>
    operation.parameters.filter((one) => one.in === place);
export const bodyOf = (operation) => {
    const content = operation.spec.requestBody?.content;
    return content && Object.values(content)[0].schema;
};

async function atOnce(jobs, limit) {
    const rest = jobs.values();
    const work = async () => {
        for (const job of rest) await job();
    };
    await Promise.all(Array.from({ length: limit }, work));
}

// Refusals of the work itself are kept under their key, so that a repeat gets the same.
const nameOf = (pair) => pair.split("=")[0];
export const butKeys = (database) => digestOf(database, "idempotency_keys");
export const effects = () => "allowed";

const placesOf = (problem) =>
    [...new Set(problem.errors.map((one) => one.pointer ?? one.parameter))].sort();

// What is wrong with an answer as an answer to `one`; nothing: it is as documented.
function differences(answer, one) {
    const { body } = answer;
    if (one.codes && !one.codes.includes(body.code)) return `${body.code} for ${one.codes}`;
    if (one.reason && body.args.reason !== one.reason)
        return `${body.args.reason} for ${one.reason}`;
    if (!one.errors) return null;
    const wanted = Object.keys(one.errors).sort();
    if (String(placesOf(body)) !== String(wanted)) return `told ${placesOf(body)} for ${wanted}`;
    for (const { pointer, parameter, code } of body.errors)
        if (!one.errors[pointer ?? parameter].includes(code))
            return `${pointer ?? parameter} ${code} for ${one.errors[pointer ?? parameter]}`;
    return null;
}

export class Matrix {
    async build(name) {
        this.name = name;
        this.world = await makeWorld();
        this.things = await makeThings(this.world);
        this.requests = 0;
        this.walked = new Set();
        return this;
    }

    // Somebody who may call it.
    tokenFor(operation) {
        const roles = operation.spec["x-roles"];
        return roles ? this.world.byRole(roles[0]).token : null;
    }

    // The parts of a request that is right in form; path and query are texts as they travel.
    baseOf(operation) {
        const text = ({ name, schema }) =>
            encodeURIComponent(this.things[name] ?? sampleOf(schema, name, this.things));
        const schema = bodyOf(operation);
        return {
            path: Object.fromEntries(parametersIn(operation, "path").map(
                (one) => [one.name, text(one)])),
            query: parametersIn(operation, "query").filter((one) => one.required).map(
                (one) => `${one.name}=${text(one)}`),
            headers: {
                ...(isWrite(operation) && { "idempotency-key": randomUUID() }),
                ...(operation.spec["x-if-match"] && { "if-match": '"v1"' }),
                ...(schema && {
                    "content-type": Object.keys(operation.spec.requestBody.content)[0],
                }),
            },
            body: schema && sampleOf(schema, "", this.things),
            token: this.tokenFor(operation),
        };
    }

    // `one` says what is different from the base.
    send(operation, one) {
        const base = this.baseOf(operation);
        const path = { ...base.path, ...one.path };
        const own = one.query ?? [];
        const given = new Set(own.map(nameOf)); // a case says itself what it is about
        const query = [...base.query.filter((pair) => !given.has(nameOf(pair))), ...own].join("&");
        const target = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => path[name]);
        const headers = { ...base.headers, ...one.headers };
        for (const [name, value] of Object.entries(headers))
            if (value === null) delete headers[name];
        const body = one.body ?? (base.body && JSON.stringify(base.body));
        if (one.body === "") delete headers["content-type"];
        if (body !== undefined) headers["content-length"] = Buffer.byteLength(body);
        return this.world.anyone.send(operation, {
            method: operation.method.toUpperCase(), headers, body,
            target: query ? `${target}?${query}` : target,
            token: one.token === undefined ? base.token : one.token,
        });
    }

    async #judge(operation, one) {
        this.requests++;
        try {
            const answer = await this.send(operation, one);
            if (answer.status >= 500) return `${answer.status} ${answer.text}`;
            if (one.judge) return one.judge(answer);
            return answer.status < 400 ? `${answer.status}` : differences(answer, one);
        } catch (error) {
            return error.message;
        }
    }

    // Every case of an operation; none of them has an effect, which `digest` would see.
    async run(operation, cases, { digest = digestOf } = {}) {
        const { database } = this.world;
        this.walked.add(operation.id);
        const before = digest(database);
        const wrong = [];
        await atOnce(cases.map((one) => async () => {
            const difference = await this.#judge(operation, one);
            if (difference) wrong.push(`${one.what}: ${difference}`);
        }), AT_ONCE);
        assert.deepEqual(wrong.slice(0, MESSAGES_MAX), [], `${wrong.length} of ${cases.length}`);
        assert.deepEqual(digest(database), before);
    }

    // The last test of a file: what was walked. Every operation of `wanted` must have been.
    tell(context, wanted) {
        const missed = wanted.map((one) => one.id).filter((id) => !this.walked.has(id));
        assert.deepEqual(missed, []);
        context.diagnostic(`note: matrix of ${this.name}: ${this.requests} requests over ` +
            `${this.walked.size} of ${operations.size} operations, all as documented`);
    }

    close() {
        return this.world.close();
    }
}
