// The bad-input matrix, tokens: none, malformed, unknown, ended in every way there is, not yet
// begun, of another district. Each operation refuses each of them, and none has an effect.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { commandOk } from "./lib/daemon.mjs";
import { operations } from "./lib/contract.mjs";
import { digestOfDistrict, idsOfDistrict } from "./lib/digest.mjs";
import { Matrix } from "./lib/matrix.mjs";
import { until } from "./lib/wait.mjs";
import { COMMUNITY, TODAY } from "./lib/world.mjs";

const guarded = [...operations.values()].filter((one) => one.spec["x-roles"]);
const SOON_MS = 1500;

const HERE = "371402";

let matrix, refused, foreign, ids;

// A new user of the community with a grant that is good today, unless `changes` say otherwise.
async function made(world, changes = {}, token = {}) {
    const { admin } = world;
    const person = await world.person({ name: "令牌持有人" });
    const user = await admin.ok("createUser", { body: { person_id: person.id } });
    const grant = await admin.ok("createGrant", {
        path: { user_id: user.id },
        body: { role: "community_secretary", region_code: COMMUNITY, valid_from: TODAY,
            ...changes },
    });
    const { token: text, id } = await admin.ok("createToken",
        { body: { grant_id: grant.id, label: "x", ...token } });
    return { user, grant, token_id: id, text };
}

async function endedTokens(world) {
    const { admin } = world;
    const soon = new Date(Date.now() + SOON_MS).toISOString();
    const [expired, revoked, disabled, grantless, early, late] = await Promise.all([
        made(world, {}, { expires_at: soon }), made(world), made(world), made(world),
        made(world, { valid_from: "2014-05-16" }),
        made(world, { valid_from: "2014-05-01", valid_to: TODAY }),
    ]);
    await admin.ok("revokeToken", { path: { token_id: revoked.token_id } });
    await admin.ok("disableUser", { path: { user_id: disabled.user.id } });
    await admin.ok("revokeGrant",
        { path: { user_id: grantless.user.id, grant_id: grantless.grant.id } });
    const all = { expired, revoked, "of a disabled user": disabled, "of a revoked grant": grantless,
        "of a grant that begins tomorrow": early, "of a grant that ended": late };
    for (const [what, { text }] of Object.entries(all))
        await until(async () => (await world.anyone.call("listRegions", { token: text }))
            .body.code === "token_invalid", `the token that is ${what} is refused`, 5000);
    return Object.entries(all).map(([what, { text }]) => [what, `Bearer ${text}`]);
}

// Another district in the same database, with its first administrator.
function foreignToken(world) {
    commandOk(world.database.url, "district", "--code", "371403", "--name", "陵城区", "--zone",
        "Asia/Shanghai", "--founded", TODAY, "--kind", "test", "--clock",
        `${TODAY}T11:07:00+08:00`);
    return commandOk(world.database.url, "token", "--district", "371403", "--name", "邻区管理员");
}

before(async () => {
    matrix = await new Matrix().build("tokens");
    const { world } = matrix;
    ids = idsOfDistrict(world.database, HERE);
    const good = world.admin.token;
    foreign = foreignToken(world);
    const strange = good.replace(HERE, "371403");
    refused = [
        ["a letter short", `Bearer ${good.slice(0, -1)}`], ["a letter long", `Bearer ${good}x`],
        ["another letter", `Bearer ${good.slice(0, -1)}${good.endsWith("A") ? "B" : "A"}`],
        ["of a district it is not of", `Bearer ${strange}`],
        ["of no district", `Bearer ${good.replace(HERE, "999999")}`],
        ["not a token", "Bearer x"], ["SQL", "Bearer ' OR 1=1 --"],
        ["long", `Bearer ${"x".repeat(4000)}`],
        ...await endedTokens(world),
    ];
});
after(() => matrix.close());

describe("no operation lets in a token that is none", () => {
    const none = [["none", null], ["empty", ""], ["Basic", "Basic dGI6eA=="],
        ["the word", "Bearer"], ["the word and a blank", "Bearer "]];
    for (const operation of guarded)
        test(operation.id, async () => {
            const cases = [...none, ...refused].map(([what, authorization]) => ({
                what, token: null, headers: { authorization },
                codes: ["token_missing", "token_invalid"],
            }));
            await matrix.run(operation, cases);
        });
});

describe("another district's administrator finds nothing of this one, and changes nothing", () => {
    const digest = (database) => digestOfDistrict(database, HERE);

    // Even the things' own ids, which the request names, are told only by its address.
    function judge({ status, body, text }) {
        if (status >= 400) return null;
        const told = text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
        return told.some((id) => ids.has(id)) || text.includes(HERE) ? JSON.stringify(body) : null;
    }

    for (const operation of guarded)
        test(operation.id, async () => {
            await matrix.run(operation, [{ what: "foreign", token: foreign, judge }], { digest });
        });
});

test("every guarded operation was walked", (context) => {
    assert.ok(refused.length > 10 && ids.size > 100);
    matrix.tell(context, guarded);
});
