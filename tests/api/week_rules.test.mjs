// What the rules of a week flag, at both sides of each edge, and who decides on a long day.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";

import {
    atCounter, closeWeek, counterBody, mayOf, serve, setClock, weekBecomes,
    worklist,
} from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import {
    COMMUNITY, DISTRICT, FROZEN, SETTLED, SIBLING, SUBDISTRICT, WEEK, makeWorld,
} from "./lib/world.mjs";

const NEXT_WEEK = "2014-05-19";
const NEXT_FROZEN = "2014-05-26T00:00:00+08:00";

let world, secretary, subdistrict, admin;

beforeEach(async () => {
    world = await makeWorld();
    ({ secretary, subdistrictAdmin: subdistrict } = world.as);
    ({ admin } = world);
});
afterEach(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

const freeze = () => weekBecomes(world, "frozen", FROZEN);
const policy = (name, value, region_code = DISTRICT, valid_from = "2014-05-12") =>
    admin.ok("createPolicy", { body: { name, value, region_code, valid_from, source: "会议纪要" } });
const decide = (by, id, body) => by.call("decideServiceRecord", { path: { id }, body });
const findingsOf = async (id) => (await secretary.ok("getServiceRecordEvidence", { path: { id } })).flags;
const rulesOf = async (record) => (await findingsOf(record.id)).map((one) => one.rule);
const reason = { reason: "电话核实" };

// Of the helper, from one clock time to another of a day in May 2014.
const at = (day, from, to, changes) => atCounter(world, {
    volunteer_id: world.volunteers.helper.id,
    starts_at: `2014-05-${day}T${from}:00+08:00`, ends_at: `2014-05-${day}T${to}:00+08:00`, ...changes,
});
const nights = (day, from, to, changes) => at(day, from, to,
    { ends_at: `2014-05-${Number(day) + 1}T${to}:00+08:00`, ...changes });

describe("a long day", () => {
    test("is one of more minutes than count at once, by the civil day of its start", async () => {
        const eight = await at("12", "08:00", "16:00");
        const more = await at("13", "08:00", "16:01");
        const halves = [await at("14", "06:00", "10:00"), await at("14", "12:00", "16:01")];
        // A night patrol is of the day on which it begins, whatever zone its times are written in.
        const night = await atCounter(world, { category_code: "patrol",
            starts_at: "2014-05-12T16:00:00Z", ends_at: "2014-05-12T16:01:00Z" });
        await freeze();
        assert.deepEqual(await rulesOf(eight), []);
        assert.deepEqual(await rulesOf(more), ["long_day"]);
        for (const half of halves) assert.deepEqual(await rulesOf(half), ["long_day"]);
        assert.deepEqual([night.service_date, await rulesOf(night)], ["2014-05-13", []]);
        const [{ args, text_en, text_zh }] = await findingsOf(more.id);
        assert.deepEqual(args, { minutes: 481, at_once_minutes: 480, subdistrict_minutes: 720 });
        assert.match(text_en, /481 minutes .* 480 .* 720/);
        assert.match(text_zh, /481 分钟;480 分钟.*720 分钟/);
        const { records } = await worklist(secretary);
        assert.equal(records.find((one) => one.record_id === more.id).findings[0].text_zh, text_zh);
    });

    test("is accepted by the subdistrict up to its limit, by the district beyond", async () => {
        const [twelve, more] = [await at("12", "06:00", "18:00"), await at("13", "06:00", "18:01")];
        await freeze();
        const refused = async (by, record, may) => {
            const { body } = await decide(by, record.id, { decision: "accept" });
            assert.equal(body.code, "day_needs_office");
            assert.deepEqual(mayOf(body), may);
            return body;
        };
        const problem = await refused(secretary, twelve, [`subdistrict_admin ${SUBDISTRICT}`]);
        assert.match(problem.detail, /720/);
        await refused(admin, twelve, [`subdistrict_admin ${SUBDISTRICT}`]);
        await refused(secretary, more, [`district_admin ${DISTRICT}`]);
        await refused(subdistrict, more, [`district_admin ${DISTRICT}`]);
        assert.equal((await decide(subdistrict, twelve.id, { decision: "accept" })).status, 200);
        assert.equal((await decide(admin, more.id, { decision: "accept" })).status, 200);
        const { chain } = await secretary.ok("getServiceRecordEvidence", { path: { id: more.id } });
        assert.deepEqual([chain.at(-1).method, chain.at(-1).capacity], ["accept", "district_admin"]);
    });

    test("the secretary rejects, returns, and reduces to what counts at once", async () => {
        const days = ["12", "13", "14"];
        const records = [];
        for (const day of days) records.push(await at(day, "06:00", "18:30"));
        await freeze();
        const [rejected, returned, reduced] = records;
        for (const by of [subdistrict, admin])
            assert.equal((await decide(by, rejected.id, { decision: "reject", ...reason })).body.code,
                "secretary_decides");
        for (const [record, body] of [[rejected, { decision: "reject" }],
            [returned, { decision: "return" }], [reduced, { decision: "reduce", minutes: 480 }]]) {
            const answer = await decide(secretary, record.id, { ...body, ...reason });
            assert.equal(answer.status, 200, answer.text);
        }
    });

    test("reduced to a minute more it needs the office of what is left", async () => {
        const [record, other] = [await at("12", "06:00", "18:30"), await at("13", "06:00", "18:30")];
        await freeze();
        const reduce = (by, { id }, minutes) => decide(by, id, { decision: "reduce", minutes, ...reason });
        assert.equal((await reduce(secretary, record, 481)).body.code, "day_needs_office");
        assert.equal((await reduce(subdistrict, record, 721)).body.code, "day_needs_office");
        assert.equal((await reduce(subdistrict, record, 720)).status, 200);
        assert.equal((await reduce(admin, other, 721)).status, 200);
    });

    test("what the decision leaves of the day counts, not what it once was", async () => {
        const [one, two] = [await at("14", "06:00", "11:00"), await at("14", "12:00", "16:00")];
        await freeze();
        assert.equal((await decide(secretary, one.id, { decision: "accept" })).body.code,
            "day_needs_office");
        await decide(secretary, two.id, { decision: "reject", ...reason });
        assert.equal((await decide(secretary, one.id, { decision: "accept" })).status, 200);
    });

    test("the district stands in where no subdistrict administrator could", async () => {
        const { user, grant } = subdistrict.actor;
        const record = await at("12", "06:00", "18:00");
        await freeze();
        await admin.ok("revokeGrant", { path: { user_id: user.id, grant_id: grant.id } });
        const { body } = await decide(secretary, record.id, { decision: "accept" });
        assert.deepEqual(mayOf(body), [`district_admin ${DISTRICT}`]);
        assert.equal((await decide(admin, record.id, { decision: "accept" })).status, 200);
    });

    test("who registered it does not accept it there either", async () => {
        await policy("registrar_roles", ["subdistrict_admin", "team_leader"]);
        const record = await at("12", "06:00", "18:00", { registrar_id: subdistrict.actor.person.id });
        await freeze();
        const { body } = await decide(subdistrict, record.id, { decision: "accept" });
        assert.equal(body.code, "verifier_is_registrar");
        assert.deepEqual(mayOf(body), [`district_admin ${DISTRICT}`]);
    });

    test("waits for the office that may accept it, and for the secretary", async () => {
        const [twelve, more] = [await at("12", "06:00", "18:00"), await at("13", "06:00", "18:01")];
        await freeze();
        const waiting = async (by) => (await by.all("listMyWork", { query: { kind: "decide_record" } }))
            .map((one) => one.record_id);
        assert.deepEqual(await waiting(subdistrict), [twelve.id]);
        assert.deepEqual(await waiting(admin), [more.id]);
        assert.deepEqual((await waiting(secretary)).sort(), [twelve.id, more.id].sort());
        assert.deepEqual(await admin.all("listMyWork", { query: { kind: "attest_record" } }), []);
    });

    test("goes by the thresholds of the day, and a change does not touch what is flagged", async () => {
        await policy("day_minutes_at_once", 60, COMMUNITY, "2014-05-13");
        const before = await at("12", "08:00", "10:00");
        const edge = await at("13", "08:00", "09:00");
        const beyond = await at("14", "08:00", "09:01");
        await freeze();
        assert.deepEqual(await rulesOf(before), []);
        assert.deepEqual(await rulesOf(edge), []);
        assert.deepEqual(await rulesOf(beyond), ["long_day"]);
        await policy("day_minutes_at_once", 480, COMMUNITY, "2014-05-13");
        assert.equal((await decide(secretary, beyond.id, { decision: "accept" })).body.code,
            "day_needs_office");
        assert.equal((await decide(subdistrict, beyond.id, { decision: "accept" })).status, 200);
    });

    test("what is registered into the next week does not make this one's day longer", async () => {
        const first = await at("14", "06:00", "12:00", {
            attestation: { ...counterBody(world).attestation, sheet_number: undefined } });
        await freeze();
        const late = await at("14", "13:00", "16:00");
        assert.equal(late.book_week, NEXT_WEEK);
        assert.deepEqual(await rulesOf(first), ["missing_signature"]);
        assert.equal((await decide(secretary, first.id, { decision: "accept" })).status, 200);
        await weekBecomes(world, "settled", SETTLED);
        await weekBecomes(world, "frozen", NEXT_FROZEN, NEXT_WEEK);
        const [{ args }] = await findingsOf(late.id);
        assert.equal(args.minutes, 540, "with what counted before");
    });

    test("flags of the rule's former name can still be read", async () => {
        const record = await serve(world);
        world.database.query(`INSERT INTO record_flags
            (district_id, record_id, rule, args, book_week, flagged_at)
            VALUES (371402, '${record.id}', 'day_over_8h', '{"minutes": 510}', '${WEEK}', now())`);
        const [{ rule, text_en }] = await findingsOf(record.id);
        assert.deepEqual([rule, text_en], ["day_over_8h", "510 minutes on that day."]);
        await freeze();
        assert.equal((await decide(secretary, record.id, { decision: "accept" })).status, 200);
    });
});

describe("outside the window", () => {
    test("is what begins before it or ends after it; patrols may be at any hour", async () => {
        const inside = [await at("12", "06:00", "07:00"), await at("12", "21:00", "22:00")];
        const outside = [await at("13", "05:59", "07:00"), await at("13", "21:00", "22:01"),
            await nights("13", "23:00", "01:00"), await at("14", "02:00", "03:00")];
        const patrol = await nights("14", "22:30", "02:30", { category_code: "patrol" });
        const day = await atCounter(world, { service_date: "2014-05-14", minutes: 30 });
        await freeze();
        for (const record of [...inside, patrol, day]) assert.deepEqual(await rulesOf(record), []);
        for (const record of outside) assert.deepEqual(await rulesOf(record), ["outside_window"]);
        const [{ args, text_en }] = await findingsOf(outside[1].id);
        assert.deepEqual(args, { begins: "21:00", ends: "22:01", window: "06:00-22:00" });
        assert.equal(text_en, "From 21:00 to 22:01; usual is 06:00-22:00.");
    });

    test("is a policy: another window, none, and other categories", async () => {
        await policy("service_window", "07:00-19:00", COMMUNITY, "2014-05-13");
        await policy("service_window", "00:00-24:00", COMMUNITY, "2014-05-14");
        await policy("service_window_exempt", ["home_care"], COMMUNITY, "2014-05-12");
        const early = { category_code: "medical" };
        const records = [await at("12", "06:00", "06:30", early), await at("13", "06:00", "06:30", early),
            await nights("14", "23:00", "01:00", early), await at("13", "06:30", "06:50"),
            await at("12", "05:00", "05:30", { category_code: "patrol" })];
        await freeze();
        assert.deepEqual(await Promise.all(records.map(rulesOf)),
            [[], ["outside_window"], [], [], ["outside_window"]]);
    });

    test("a window that ends before it begins, and a category that there is not, are refused", async () => {
        const refused = async (name, value, pointer) => {
            const { args } = await admin.refused("createPolicy", "policy_value_invalid",
                { body: { name, value, region_code: DISTRICT, source: "x" } });
            assert.equal(args.pointer, pointer);
        };
        for (const value of ["22:00-06:00", "06:00-06:00", "6:00-22:00", "06:00-24:01", "06:00", 6])
            await refused("service_window", value, "/value");
        await refused("service_window_exempt", ["patrol", "no_such"], "/value/1");
        await refused("service_window_exempt", "patrol", "/value");
        await policy("service_window_exempt", []);
        await policy("service_window", "00:00-24:00");
    });
});

describe("a missing signature", () => {
    const paper = (changes) => ({ attestation: { ...counterBody(world).attestation, ...changes } });

    test("is paper of which no sheet is named", async () => {
        const named = await atCounter(world, paper({ sheet_number: "2014-17" }));
        const bare = await atCounter(world, paper({ sheet_number: undefined }));
        const print = await atCounter(world, paper({ method: "thumbprint", sheet_number: undefined,
            witness_id: world.persons.daughter.id }));
        const code = await serve(world);
        await freeze();
        assert.deepEqual(await Promise.all([named, bare, print, code].map(rulesOf)),
            [[], ["missing_signature"], ["missing_signature"], []]);
    });

    test("is not looked for where sheets have no numbers", async () => {
        await policy("paper_signature", "any", COMMUNITY);
        const bare = await atCounter(world, paper({ sheet_number: undefined }));
        await freeze();
        assert.deepEqual(await rulesOf(bare), []);
    });
});

describe("an absent recipient", () => {
    test("had told so; the day before and the day of the return are none", async () => {
        const person = world.persons.helper;
        const path = { volunteer_id: world.volunteers.helper.id };
        await admin.ok("addAbsence", { path,
            body: { reason: "住院", valid_from: "2014-05-13", valid_to: "2014-05-15" } });
        const serves = (day) => atCounter(world, { recipient_person_id: person.id,
            starts_at: `2014-05-${day}T08:00:00+08:00`, ends_at: `2014-05-${day}T09:00:00+08:00`,
            attestation: { ...counterBody(world).attestation, attester_id: person.id } });
        const records = [await serves("12"), await serves("13"), await serves("14"), await serves("15")];
        await freeze();
        assert.deepEqual(await Promise.all(records.map(rulesOf)),
            [[], ["recipient_absent"], ["recipient_absent"], []]);
        const [{ args }] = await findingsOf(records[1].id);
        assert.deepEqual(args, { reason: "absence", since: "2014-05-13" }, "why is nobody's business");
    });

    test("has given up the home in the district; who has none on record has not", async () => {
        const gone = await world.person({ name: "迁出者" });
        world.database.query(`UPDATE residences SET valid_to = '2014-05-14'
            WHERE person_id = '${gone.id}'`);
        const strange = await world.person({ name: "无住址者" });
        world.database.query(`DELETE FROM residences WHERE person_id = '${strange.id}'`);
        const of = (person, day) => at(day, "08:00", "09:00", { recipient_person_id: person.id,
            attestation: { ...counterBody(world).attestation, attester_id: person.id } });
        const records = [await of(gone, "13"), await of(gone, "14"), await of(strange, "12")];
        await freeze();
        assert.deepEqual(await Promise.all(records.map(rulesOf)), [[], ["recipient_absent"], []]);
        const [{ args }] = await findingsOf(records[1].id);
        assert.deepEqual(args, { reason: "moved_away", since: "2014-05-14" });
    });
});

describe("a registrar's outliers", () => {
    const times = async (count, registrar_id, changes, by) => {
        const records = [];
        for (let i = 0; i < count; i++)
            records.push(await atCounter(world, { minutes: 5, registrar_id, ...changes }, by));
        return records;
    };
    const head = () => world.as.head.actor.person.id;
    const leader = () => world.persons.leader.id;

    test("are more than the number of the policy and than so many times the usual", async () => {
        await policy("registrar_outlier_records", 5, COMMUNITY);
        const others = await times(2, head());
        const many = await times(7, leader());
        await freeze();
        for (const record of many) assert.deepEqual(await rulesOf(record), ["registrar_outlier"]);
        for (const record of others) assert.deepEqual(await rulesOf(record), []);
        const [{ args, text_en }] = await findingsOf(many[0].id);
        assert.deepEqual(args, { records: 7, usual: 2, percent: 300, at_least: 5 });
        assert.equal(text_en, "The registrar registered 7 records this week; usual are 2.");
    });

    test("at the edge of either there are none", async () => {
        await policy("registrar_outlier_records", 5, COMMUNITY);
        const three = await times(2, head());
        const six = await times(6, leader()); // three times two
        await freeze();
        for (const record of [...three, ...six]) assert.deepEqual(await rulesOf(record), []);
    });

    test("few are no outlier, and neither is who registers alone", async () => {
        await policy("registrar_outlier_records", 5, COMMUNITY);
        const few = [...await times(1, head()), ...await times(5, leader())];
        const alone = await times(7, world.persons.siblingLeader.id, { region_code: SIBLING,
            team_id: world.siblingTeam.id, volunteer_id: world.volunteers.siblingServer.id },
        world.as.subdistrictClerk);
        await freeze();
        for (const record of few) assert.deepEqual(await rulesOf(record), []);
        const { records } = await worklist(world.as.siblingSecretary, SIBLING);
        assert.equal(records.length, alone.length);
        for (const { flags } of records) assert.deepEqual(flags, ["outside_region"]);
    });

    test("what was usual in the weeks before counts, what is void does not", async () => {
        await policy("registrar_outlier_records", 5, COMMUNITY);
        const usual = await times(6, leader());
        await freeze();
        for (const record of usual) assert.deepEqual(await rulesOf(record), []);
        await closeWeek(secretary);
        await weekBecomes(world, "settled", SETTLED);
        await setClock(world, "2014-05-23T12:00:00+08:00");
        const next = (i, registrar_id) => atCounter(world, { registrar_id,
            starts_at: `2014-05-22T${String(8 + i).padStart(2, "0")}:00:00+08:00`,
            ends_at: `2014-05-22T${String(8 + i).padStart(2, "0")}:20:00+08:00` });
        const [one, ...more] = [await next(0, head())];
        for (let i = 1; i < 10; i++) more.push(await next(i, leader()));
        await world.as.leader.ok("voidServiceRecord", { path: { id: more[8].id }, body: reason });
        await weekBecomes(world, "frozen", NEXT_FROZEN, NEXT_WEEK);
        for (const record of [one, ...more])
            assert.deepEqual(await rulesOf(record), [], "eight against a usual of six");
    });
});

describe("listFlagRules", () => {
    test("tells of each rule what it means and by which policies it goes", async () => {
        const rules = await world.as.auditor.all("listFlagRules");
        assert.deepEqual(rules.map((one) => one.rule), ["day_over_8h", "long_day", "missing_signature",
            "outside_region", "outside_window", "recipient_absent", "recipient_deceased", "reciprocity",
            "registrar_outlier", "same_address", "spot_check_failed"]);
        const { data: kinds } = await admin.ok("listPolicyKinds");
        for (const { policies } of rules)
            for (const name of policies) assert.ok(kinds.some((kind) => kind.name === name), name);
    });
});
