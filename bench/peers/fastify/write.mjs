// A write as timebankd does it, one request a transaction: the key is claimed, the work is done, the
// key completed with the outcome; a known key is answered from what it stored.
import { createHmac, randomBytes, randomUUID } from "node:crypto";

import { run } from "./database.mjs";
import { Problem } from "./problem.mjs";
import { makeRow } from "./row.mjs";

const secret = randomBytes(32);

// What a key stands for: the bodies measured are flat, so sorting their names makes them canonical.
function fingerprintOf(request) {
    const body = JSON.stringify(request.body, Object.keys(request.body).sort());
    const hash = createHmac("sha256", secret)
        .update(`${request.method}\n${request.url}\n-1\n${body}`).digest("hex");
    return `\\x${hash}`;
}

function describe(request, key) {
    const { district, ...actor } = request.actor;
    const known = Object.entries(actor).filter(([, value]) => value !== null);
    return {
        ordinal: 0, actor: actor.actor_user, key, fingerprint: fingerprintOf(request),
        request_id: request.id, new_id: randomUUID(), new_id_2: randomUUID(),
        ...Object.fromEntries(known), ...request.params, ...request.body, body: request.body,
    };
}

function answerOutcome(reply, outcome) {
    if (outcome.code) throw new Problem(409, outcome.code, outcome.args);
    reply.header("location", `${reply.request.url}/${outcome.subject_id}`);
    return outcome;
}

async function replay(request, reply, database, statement, key, fingerprint) {
    const [known] = await run(database.write, statement,
        [request.actor.district, request.actor.actor_user, key]);
    if (`\\x${known.fingerprint.toString("hex")}` !== fingerprint)
        throw new Problem(422, "idempotency_key_reused");
    reply.header("idempotent-replayed", "true");
    return answerOutcome(reply, { ...known.result, ...known });
}

export function makeWrite(statements, operation, database) {
    const { id, event } = operation, shown = makeRow(operation);
    const claim = statements.get("engine.claim_keys");
    const find = statements.get("engine.find_key");
    const steps = [...statements.values()].filter(({ name }) => name.startsWith(`${id}.`));
    return async (request, reply) => {
        const key = request.headers["idempotency-key"];
        const { district } = request.actor;
        const batch = randomUUID();
        const described = describe(request, key);
        const values = { district, batch, requests: [described], operation: id, event };
        const claimed = [district, batch, [described], id, "1"];
        const results = await database.write.begin((sql) => [
            ...(key ? [run(sql, claim, claimed)] : []),
            ...steps.map((step) => run(sql, step, step.parameters.map((name) => values[name]))),
        ]);
        const [outcome] = results.at(-1);
        return outcome ? answerOutcome(reply, shown(outcome))
            : replay(request, reply, database, find, key, described.fingerprint);
    };
}
