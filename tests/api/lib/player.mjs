// Somebody who has nothing but an address and some tokens: reads the contract from the daemon and
// calls operations by their ids. What he sends and what he gets is held against that contract.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const METHODS = ["get", "post", "put", "patch", "delete"];

export class Refused extends Error {
    constructor(problem) {
        super(`${problem.code}: ${problem.detail}`);
        Object.assign(this, problem);
    }
}

export class Player {
    // `say` is told a line for each call.
    static async at(url, tokens, say) {
        const player = new Player();
        const response = await fetch(`${url}/openapi.json`);
        assert.equal(response.status, 200, `${url}/openapi.json`);
        Object.assign(player, { url, tokens, say, contract: await response.json() });
        player.ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
        player.ajv.addSchema(player.contract, "contract");
        return player;
    }

    // {method, path, place, spec} of an operation; `place` is where the contract has it.
    #find(operationId) {
        for (const [path, item] of Object.entries(this.contract.paths))
            for (const method of METHODS)
                if (item[method]?.operationId === operationId)
                    return { method, path, place: ["paths", path, method], spec: item[method] };
        throw new Error(`the contract has no operation ${operationId}`);
    }

    #check(place, value, what) {
        const steps = place.map((one) => encodeURIComponent(
            String(one).replaceAll("~", "~0").replaceAll("/", "~1")));
        const validate = this.ajv.getSchema(`contract#/${steps.join("/")}`);
        assert.ok(validate, `${what} is not in the contract`);
        assert.ok(validate(value), `${what}: ${this.ajv.errorsText(validate.errors)}`);
    }

    #parameters(spec) {
        return (spec.parameters ?? []).map(({ $ref, ...own }) =>
            ($ref ? this.contract.components.parameters[$ref.split("/").pop()] : own));
    }

    // Puts each value where the contract wants it: into the path, the query or a header.
    #request({ path, spec }, values) {
        const query = new URLSearchParams();
        const headers = {};
        const all = { "Idempotency-Key": randomUUID(), ...values };
        let target = path;
        for (const { name, in: where, required } of this.#parameters(spec)) {
            const value = all[name];
            assert.ok(value !== undefined || !required, `${spec.operationId} needs ${name}`);
            if (value === undefined) continue;
            if (where === "path") target = target.replace(`{${name}}`, encodeURIComponent(value));
            else if (where === "query") query.set(name, value);
            else headers[name] = value;
            delete all[name];
        }
        delete all["Idempotency-Key"];
        assert.deepEqual(Object.keys(all), [], `${spec.operationId} knows no such parameter`);
        return { target: query.size > 0 ? `${target}?${query}` : target, headers };
    }

    // The body of what was done, or the problem of what was refused as an exception. `values` are
    // parameters by name.
    async call(who, operationId, values = {}, body = undefined) {
        const operation = this.#find(operationId);
        const { method, place, spec } = operation;
        const { target, headers } = this.#request(operation, values);
        if (body !== undefined) {
            const [type] = Object.keys(spec.requestBody.content);
            headers["content-type"] = type;
            this.#check([...place, "requestBody", "content", type, "schema"], body, operationId);
        }
        if (spec["x-roles"]) headers.authorization = `Bearer ${this.tokens[who].token}`;
        const response = await fetch(this.url + target, {
            method: method.toUpperCase(), headers, body: body && JSON.stringify(body),
        });
        return this.#answer(who, operationId, operation, response);
    }

    async #answer(who, operationId, { place, spec }, response) {
        const status = spec.responses[response.status] ? response.status : "default";
        const type = response.headers.get("content-type").split(";")[0];
        const answer = await response.json();
        this.#check([...place, "responses", status, "content", type, "schema"], answer,
            `${operationId} ${response.status}`);
        this.say(`${response.status} ${operationId} by ${who}` +
            (response.ok ? "" : `: ${answer.code}, ${answer.detail}`));
        if (!response.ok) throw new Refused(answer);
        return answer;
    }

    // The problem of what must be refused by this code.
    async refused(code, ...call) {
        const problem = await this.call(...call).then(() => null, (error) => error);
        assert.ok(problem instanceof Refused, problem ?? `${call[1]} was not refused`);
        assert.equal(problem.code, code, problem.message);
        return problem;
    }
}
