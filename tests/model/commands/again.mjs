// The same request once more, the same key for another one, and many of a kind at once.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { Difference } from "../difference.mjs";
import { expectedRecord } from "../compare.mjs";
import { actorFor } from "./service.mjs";

const AT_ONCE = 8;

// Whatever has happened since, the answer is what it was.
export function sendAgain(player) {
    const { random } = player;
    const request = random.pick(player.sent);
    if (!request) return null;
    const { client, operation, options, key, answer } = request;
    const other = changed(operation, options.body);
    const isOther = random.chance(20) && other !== undefined;
    return { name: "sendAgain", keep: [], play: async (playing) => {
        playing.tell(`${operation} again ${isOther ? "with another body" : ""}`);
        const body = isOther ? other : options.body;
        const came = await client.call(operation, { ...options, body, key });
        await playing.turn;
        playing.figures.compared++;
        playing.count("accepted", isOther ? "key for another body" : "replay");
        if (isOther) {
            if (came.body.code !== "idempotency_key_reused")
                throw new Difference(`another body by the same key: ${came.text}`);
            return;
        }
        assert.equal(came.headers["idempotent-replayed"], "true", `${operation} ${came.text}`);
        if (came.status !== answer.status || told(came) !== told(answer))
            throw new Difference(`${operation} again: ${came.text}, not ${answer.text}`);
    } };
}

// A refusal names its request; all else is the same.
function told({ body }) {
    const { request_id: _, ...rest } = body;
    return JSON.stringify(rest);
}

// Another body that the contract takes as well; undefined where there is none. Without a token what is
// asked is a part of the key.
function changed(operation, body) {
    if (operation === "filePublicObjection") return undefined;
    const name = ["reason", "content", "statement", "evidence"].find((one) => one in (body ?? {}));
    if (name) return { ...body, [name]: `${body[name]}。` };
    if (operation === "closeWorklist") return { ...body, digest: "1".repeat(64) };
    if (operation === "attestServiceRecord") return { ...body, sheet_number: "7" };
    if (operation === "registerServiceRecord") return { ...body, registrar_id: randomUUID() };
    if (operation === "decideServiceRecord") return { ...body, reason: "又" };
    return undefined;
}

// One of them registers, whoever comes first; the others are told.
export function raceRegistrations(player) {
    const { random, oracle: { service } } = player;
    const record = random.pick(service.all((one) => one.status === "attested"));
    const actor = record && actorFor(player,
        ["community_secretary", "residents_group_head"], record);
    if (!actor || service.registrarFaults(record, actor.person, actor.person).size) return null;
    return { name: "raceRegistrations", keep: null, play: async () => {
        player.tell(`${AT_ONCE} who register ${record.id} at once`);
        const answers = await Promise.all(Array.from({ length: AT_ONCE }, () =>
            actor.client.call("registerServiceRecord",
                { path: { id: record.id }, body: {}, key: randomUUID() })));
        for (const one of answers.sort((a, b) => a.status - b.status))
            player.judge("registerServiceRecord", one,
                new Set(record.status === "registered" ? ["already_registered"] : []), () => {
                    service.register(record, actor.person);
                    return expectedRecord(record);
                });
    } };
}

// One key many times at once: one registers, all are told the same.
export function raceOneKey(player) {
    const { random, oracle: { service } } = player;
    const record = random.pick(service.all((one) => one.status === "attested"));
    const actor = record && actorFor(player,
        ["community_secretary", "residents_group_head"], record);
    if (!actor || service.registrarFaults(record, actor.person, actor.person).size) return null;
    const key = randomUUID();
    return { name: "raceOneKey", keep: null, play: async () => {
        player.tell(`one key ${AT_ONCE} times for registering ${record.id}`);
        const answers = await Promise.all(Array.from({ length: AT_ONCE }, () =>
            actor.client.call("registerServiceRecord", { path: { id: record.id }, body: {}, key })));
        player.judge("registerServiceRecord", answers[0], new Set(), () => {
            service.register(record, actor.person);
            return expectedRecord(record);
        });
        assert.equal(new Set(answers.map((one) => one.text)).size, 1);
        assert.equal(answers.filter((one) => one.headers["idempotent-replayed"]).length, AT_ONCE - 1);
    } };
}
