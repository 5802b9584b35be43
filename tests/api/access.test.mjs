// Users, roles and tokens: who gives what to whom, and how it ends.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { setClock } from "./lib/acts.mjs";
import { Client } from "./lib/client.mjs";
import { roles } from "./lib/contract.mjs";
import { Daemon } from "./lib/daemon.mjs";
import { until } from "./lib/wait.mjs";
import {
    COMMUNITY, DISTRICT, FAR_COMMUNITY, SIBLING, SUBDISTRICT, TODAY, makeWorld,
} from "./lib/world.mjs";

const PATIENCE_MS = 1000; // every daemon hears of the end of a token within a second

let world, secretary;

before(async () => {
    world = await makeWorld();
    secretary = world.as.secretary;
});
after(() => world.close());

async function newUser(region_code = COMMUNITY) {
    const { id } = await world.person({ name: "新用户" }, region_code);
    return world.admin.ok("createUser", { body: { person_id: id } });
}

const give = (user, body) => ({ path: { user_id: user.id }, body });
const clerkHere = { role: "community_clerk", region_code: COMMUNITY };

async function newClerk() {
    const user = await newUser();
    const grant = await secretary.ok("createGrant", give(user, clerkHere));
    const token = await secretary.ok("createToken", { body: { grant_id: grant.id, label: "窗口" } });
    return { user, grant, token, client: world.anyone.as(token.token) };
}

const opens = (client) => client.call("listRegions").then((answer) => answer.status === 200);
const closes = (client) =>
    until(async () => !(await opens(client)), "the token opens nothing", PATIENCE_MS);

describe("users", () => {
    test("a person is one user", async () => {
        const { id } = await world.person({ name: "一人" });
        const answers = await Promise.all([1, 2, 3].map(() =>
            secretary.call("createUser", { body: { person_id: id } })));
        assert.deepEqual(answers.map((one) => one.body.code ?? "made").sort(),
            ["made", "user_known", "user_known"]);
        const user = answers.find((one) => one.status === 201).body;
        assert.deepEqual(await secretary.ok("getUser", { path: { user_id: user.id } }), user);
        const { data } = await secretary.ok("listUsers", { query: { person_id: id } });
        assert.deepEqual(data, [user]);
    });

    test("are made of living persons of the token's region", async () => {
        const refuse = (code, person_id) =>
            secretary.refused("createUser", code, { body: { person_id } });
        await refuse("not_found", randomUUID());
        await refuse("not_found", (await world.person({ name: "外人" }, SIBLING)).id);
        const { id } = await world.person({ name: "故人" });
        await secretary.ok("reportDeath", { path: { person_id: id }, body: { died_on: TODAY } });
        await refuse("person_died", id);
    });

    test("are listed by role and state", async () => {
        const { user } = await newClerk();
        const ids = (query) =>
            secretary.all("listUsers", { query }).then((rows) => rows.map((row) => row.id));
        assert.ok((await ids({ role: "community_clerk" })).includes(user.id));
        assert.ok(!(await ids({ role: "team_leader" })).includes(user.id));
        assert.ok(!(await ids({ disabled: true })).includes(user.id));
    });

    test("disabling ends every token at once, and nothing is given any more", async () => {
        const { user, grant, client } = await newClerk();
        assert.ok(await opens(client));
        const path = { user_id: user.id };
        const gone = await secretary.ok("disableUser", { path });
        assert.notEqual(gone.disabled_at, null);
        await closes(client);
        await secretary.refused("disableUser", "user_disabled", { path });
        await secretary.refused("createGrant", "user_disabled", give(user, clerkHere));
        await secretary.refused("createToken", "user_disabled",
            { body: { grant_id: grant.id, label: "x" } });
    });

    test("enabled again, his token opens what it opened", async () => {
        const { user, client } = await newClerk();
        const path = { user_id: user.id };
        await secretary.refused("enableUser", "user_enabled", { path });
        await secretary.ok("disableUser", { path });
        await closes(client);
        const back = await secretary.ok("enableUser", { path });
        assert.equal(back.disabled_at, null);
        await until(() => opens(client), "it opens again", PATIENCE_MS);
        await secretary.refused("enableUser", "not_found",
            { path: { user_id: world.as.siblingSecretary.actor.user.id } });
        await secretary.refused("enableUser", "user_enabled",
            { path: { user_id: world.as.clerk.actor.user.id } });
    });

    test("who holds a role that is not the caller's to take is not disabled", async () => {
        const path = { user_id: world.as.secretary.actor.user.id };
        const problem = await secretary.refused("disableUser", "role_above_own", { path });
        assert.equal(problem.args.role, "community_secretary");
        assert.ok(await opens(secretary));
    });
});

describe("getMe", () => {
    test("says who the token speaks for, where and until when", async () => {
        const { user, grant, token, client } = await newClerk();
        const me = await client.ok("getMe");
        assert.deepEqual(
            [me.user_id, me.grant_id, me.token_id, me.role, me.region_code, me.region_name],
            [user.id, grant.id, token.id, "community_clerk", COMMUNITY, "北园社区"]);
        assert.deepEqual([me.name, me.label, me.scopes, me.expires_at, me.today, me.time_zone],
            ["新用户", "窗口", ["read", "write"], null, TODAY, "Asia/Shanghai"]);
        assert.equal((await world.as.leader.ok("getMe")).team_name, "霞光红服务队");
    });
});

describe("roles", () => {
    test("are told with their names, levels and what they give", async () => {
        const { data } = await world.as.resident.ok("listRoles");
        assert.deepEqual(data.map((one) => one.role), roles);
        const of = Object.fromEntries(data.map((one) => [one.role, one]));
        assert.deepEqual(of.subdistrict_admin.region_kinds, ["subdistrict", "town"]);
        assert.deepEqual(of.district_admin.gives, roles);
        assert.deepEqual(of.volunteer.gives, []);
        assert.equal(of.community_secretary.name_zh, "社区书记");
    });

    test("an office sees who holds them, and who represents whom", async () => {
        const holder = world.as.clerk.actor.user.id;
        const deputy = await secretary.ok("createGrant",
            give(await newUser(), { ...clerkHere, deputy_of: holder }));
        const ids = (query) =>
            secretary.all("listRegionGrants", { query }).then((rows) => rows.map((one) => one.id));
        assert.deepEqual(await ids({ deputy_of: holder }), [deputy.id]);
        assert.ok((await ids({ deputies: true })).includes(deputy.id));
        assert.ok(!(await ids({ deputies: false })).includes(deputy.id));
        assert.deepEqual(await ids({ role: "community_secretary", as_of: TODAY }),
            [secretary.actor.grant.id]);
        assert.deepEqual(await ids({ team_id: world.team.id }), [world.as.leader.actor.grant.id]);
    });
});

describe("createGrant", () => {
    test("gives a role from today on", async () => {
        const user = await newUser();
        const grant = await secretary.ok("createGrant", give(user, clerkHere));
        assert.equal(grant.valid_from, TODAY);
        assert.equal(grant.valid_to, null);
        const path = { user_id: user.id, grant_id: grant.id };
        assert.deepEqual(await secretary.ok("getGrant", { path }), grant);
        const { data } = await secretary.ok("listGrants", { path, query: { as_of: TODAY } });
        assert.deepEqual(data, [grant]);
        const before = await secretary.ok("listGrants", { path, query: { as_of: "2014-05-14" } });
        assert.deepEqual(before.data, []);
    });

    const ABOVE = [
        ["secretary", "community_secretary", COMMUNITY],
        ["secretary", "subdistrict_clerk", SUBDISTRICT],
        ["secretary", "auditor", COMMUNITY],
        ["subdistrictAdmin", "subdistrict_admin", SUBDISTRICT],
        ["subdistrictAdmin", "report_reader", SUBDISTRICT],
        ["subdistrictAdmin", "district_admin", SUBDISTRICT],
    ];
    for (const [key, role, region_code] of ABOVE)
        test(`a ${key} does not make a ${role}`, async () => {
            const answer = await world.as[key].call("createGrant",
                give(await newUser(), { role, region_code }));
            const wanted = region_code === SUBDISTRICT && key === "secretary" ? "not_found"
                : "role_above_own";
            assert.equal(answer.body.code, wanted, answer.text);
        });

    test("a subdistrict's administrator makes secretaries below, and only below", async () => {
        const by = world.as.subdistrictAdmin;
        const body = (region_code) => ({ role: "community_secretary", region_code });
        await by.ok("createGrant", give(await newUser(SIBLING), body(SIBLING)));
        await by.refused("createGrant", "not_found", give(await newUser(), body(FAR_COMMUNITY)));
    });

    for (const [role, region_code] of [["district_admin", SUBDISTRICT],
        ["subdistrict_admin", COMMUNITY], ["community_secretary", SUBDISTRICT],
        ["residents_group_head", DISTRICT]])
        test(`${role} is not held on ${region_code}`, async () => {
            await world.admin.refused("createGrant", "role_region_unfit",
                give(await newUser(), { role, region_code }));
        });

    test("a team leader, and only a team leader, has a team of that region", async () => {
        const leader = { role: "team_leader", region_code: COMMUNITY };
        const unfit = async (body) =>
            secretary.refused("createGrant", "grant_team_unfit", give(await newUser(), body));
        await unfit(leader);
        await unfit({ ...leader, team_id: world.siblingTeam.id });
        await unfit({ ...clerkHere, team_id: world.team.id });
        await secretary.ok("createGrant",
            give(await newUser(), { ...leader, team_id: world.team.id }));
    });

    test("a deputy represents somebody who holds the role there", async () => {
        const deputy = { ...clerkHere, valid_to: "2014-06-01" };
        const holder = world.as.clerk.actor.user.id;
        const made = await secretary.ok("createGrant",
            give(await newUser(), { ...deputy, deputy_of: holder }));
        assert.equal(made.deputy_of, holder);
        await secretary.refused("createGrant", "deputy_without_principal",
            give(await newUser(), { ...deputy, deputy_of: world.as.head.actor.user.id }));
        await secretary.refused("createGrant", "ends_before_beginning",
            give(await newUser(), { ...clerkHere, valid_to: TODAY }));
    });
});

describe("revokeGrant", () => {
    test("ends its tokens and is not repeated", async () => {
        const { user, grant, client } = await newClerk();
        assert.ok(await opens(client));
        const path = { user_id: user.id, grant_id: grant.id };
        assert.notEqual((await secretary.ok("revokeGrant", { path })).revoked_at, null);
        await closes(client);
        await secretary.refused("revokeGrant", "grant_revoked", { path });
        await secretary.refused("createToken", "grant_revoked",
            { body: { grant_id: grant.id, label: "x" } });
    });

    test("nobody takes what is above his own, or another user's", async () => {
        const { user, grant } = secretary.actor;
        await secretary.refused("revokeGrant", "role_above_own",
            { path: { user_id: user.id, grant_id: grant.id } });
        await secretary.refused("revokeGrant", "not_found",
            { path: { user_id: world.as.clerk.actor.user.id, grant_id: grant.id } });
    });
});

describe("tokens", () => {
    test("are shown once and stored as a hash", async () => {
        const { token } = await newClerk();
        const path = { token_id: token.id };
        const read = await secretary.ok("getToken", { path });
        assert.ok(!("token" in read));
        assert.ok(token.token.startsWith(read.prefix));
        const row = world.database.query(
            `SELECT tokens::text FROM tokens WHERE id = '${token.id}'`);
        assert.ok(!row.includes(token.token.slice(read.prefix.length)));
    });

    test("revoked, they open nothing", async () => {
        const { token, client } = await newClerk();
        assert.ok(await opens(client));
        const path = { token_id: token.id };
        const gone = await secretary.ok("revokeToken", { path });
        assert.notEqual(gone.revoked_at, null);
        await closes(client);
        await secretary.refused("revokeToken", "token_revoked", { path });
        const { data } = await secretary.ok("listTokens",
            { query: { grant_id: token.grant_id, revoked: true } });
        assert.deepEqual(data.map((row) => row.id), [token.id]);
    });

    test("everybody ends his own, and nobody else's", async () => {
        const { user, grant, token } = await newClerk();
        const { id, token: text } = await secretary.ok("createToken",
            { body: { grant_id: grant.id, label: "手机" } });
        const own = world.anyone.as(token.token);
        const path = { token_id: id };
        await world.as.clerk.refused("revokeToken", "not_found", { path });
        assert.equal((await own.ok("revokeToken", { path })).user_id, user.id);
        await own.refused("revokeToken", "token_revoked", { path });
        await closes(world.anyone.as(text));
        await own.ok("revokeToken", { path: { token_id: token.id } });
        await closes(own);
    });

    test("of one daemon end at the others too, and a lost connection loses no revocation",
        async () => {
            const other = await new Daemon(world.database.url).start();
            const elsewhere = new Client(other);
            const newPair = async () => {
                const { token } = await newClerk();
                const client = elsewhere.as(token.token);
                assert.ok(await opens(client));
                return { client, path: { token_id: token.id } };
            };
            const heard = await newPair();
            await secretary.ok("revokeToken", { path: heard.path });
            await closes(heard.client);
            const missed = await newPair();
            world.database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'timebankd-tokens'`);
            await secretary.ok("revokeToken", { path: missed.path });
            await closes(missed.client);
            elsewhere.close();
            await other.stop();
        });

    test("tell when they were last used", async () => {
        const { token, client } = await newClerk();
        const read = () => secretary.ok("getToken", { path: { token_id: token.id } });
        assert.equal((await read()).last_used_at, null);
        const before = Date.now() - 1000; // told in whole seconds
        assert.ok(await opens(client));
        const used = await until(async () => (await read()).last_used_at, "it is written down");
        assert.ok(Date.parse(used) >= before && Date.parse(used) <= Date.now() + 1000, used);
    });

    describe("have scopes", () => {
        const scoped = async (scopes) => {
            const { grant } = await newClerk();
            const made = await secretary.ok("createToken",
                { body: { grant_id: grant.id, label: "窄", scopes } });
            assert.deepEqual(made.scopes, scopes);
            return world.anyone.as(made.token);
        };
        const household = { body: { region_code: COMMUNITY, address_line: "范围1" } };
        const wants = async (client, operation, options, scope) => {
            const answer = await client.call(operation, options);
            assert.equal(answer.body.code, "scope_insufficient", answer.text);
            assert.equal(answer.headers["www-authenticate"],
                `Bearer realm="timebank", error="insufficient_scope", scope="${scope}"`);
        };

        test("to read only", async () => {
            const client = await scoped(["read"]);
            assert.ok(await opens(client));
            await wants(client, "createHousehold", household, "write");
        });

        test("to write only", async () => {
            const client = await scoped(["write"]);
            await client.ok("createHousehold", household);
            await wants(client, "listRegions", {}, "read");
        });

        test("for reports only", async () => {
            const grant_id = world.as.reportReader.actor.grant.id;
            const { token } = await world.admin.ok("createToken",
                { body: { grant_id, label: "报表", scopes: ["reports"] } });
            const client = world.anyone.as(token);
            await client.ok("getDistrictReport");
            await wants(client, "listRegions", {}, "read");
        });

        test("that are none are refused", async () => {
            const grant_id = world.as.clerk.actor.grant.id;
            for (const scopes of [[], ["read", "read"], ["admin"], "read"])
                await secretary.refused("createToken", "body_invalid",
                    { body: { grant_id, label: "x", scopes } });
        });
    });

    describe("come as the password of HTTP Basic", () => {
        const basic = (password, user = "excel") => ({ token: null, headers: {
            authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` } });

        test("to reports, whatever the user is called", async () => {
            const { token } = world.as.reportReader;
            await world.anyone.ok("getDistrictReport", basic(token));
            await world.anyone.ok("getDistrictReport", basic(token, ""));
        });

        test("a report asks for either", async () => {
            const answer = await world.anyone.call("getDistrictReport");
            assert.equal(answer.status, 401);
            assert.match(answer.headers["www-authenticate"],
                /^Basic realm="timebank", charset="UTF-8", Bearer realm="timebank"$/);
            for (const options of [basic("nonsense"), basic(""),
                { token: null, headers: { authorization: "Basic !!" } },
                { token: null, headers: { authorization: `Basic ${"A".repeat(800)}` } }])
                await world.anyone.refused("getDistrictReport", "token_invalid", options);
        });

        test("nowhere else", async () => {
            await world.anyone.refused("listRegions", "token_invalid", basic(world.admin.token));
        });
    });

    test("expire by the wall clock", async () => {
        const { grant } = await newClerk();
        const expires_at = new Date(Date.now() + 1500).toISOString();
        const body = { grant_id: grant.id, label: "短期", expires_at };
        const made = await secretary.ok("createToken", { body });
        const client = world.anyone.as(made.token);
        assert.ok(await opens(client));
        await until(async () => !(await opens(client)), "the token has expired", 6000);
        await secretary.refused("createToken", "expiry_passed",
            { body: { ...body, expires_at: "2014-05-16T00:00:00+08:00" } });
        // It would be told in a year with five digits.
        await secretary.refused("createToken", "body_invalid",
            { body: { ...body, expires_at: "9999-12-31T23:59:59Z" } });
    });

    test("are not made for what is above the own role", async () => {
        await secretary.refused("createToken", "role_above_own",
            { body: { grant_id: secretary.actor.grant.id, label: "x" } });
        await secretary.refused("createToken", "not_found",
            { body: { grant_id: world.as.siblingSecretary.actor.grant.id, label: "x" } });
    });

    for (const [what, header] of [["no scheme", "tb_371402_x"], ["Basic", "Basic eDp5"],
        ["a cut token", "Bearer tb_371402_abc"], ["nothing", "Bearer "]])
        test(`are not found in a header with ${what}`, async () => {
            const answer = await world.anyone.call("listRegions",
                { headers: { authorization: header } });
            assert.equal(answer.status, 401, answer.text);
            assert.match(answer.headers["www-authenticate"], /error="invalid_token"/);
        });

    test("of another district's code are not valid here", async () => {
        const token = world.admin.token.replace("371402", "371403");
        await world.anyone.refused("listRegions", "token_invalid", { token });
    });
});

test("a grant counts the district's days: it opens from its first to before its last", async () => {
    const user = await newUser();
    const grant = await secretary.ok("createGrant",
        give(user, { ...clerkHere, valid_from: "2014-05-16", valid_to: "2014-05-17" }));
    const { token } = await secretary.ok("createToken",
        { body: { grant_id: grant.id, label: "一日" } });
    const client = world.anyone.as(token);
    assert.equal(await opens(client), false, "the day before");
    await setClock(world, "2014-05-16T00:00:00+08:00");
    await until(() => opens(client), "it opens on its day", PATIENCE_MS);
    await setClock(world, "2014-05-17T00:00:00+08:00");
    await closes(client);
});
