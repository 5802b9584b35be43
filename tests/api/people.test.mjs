// Persons, their homes and categories, households, kin.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import {
    COMMUNITY, FAR_COMMUNITY, SIBLING, SUBDISTRICT, TODAY, consentTo, makeWorld,
} from "./lib/world.mjs";

const TOMORROW = "2014-05-16";

let world, clerk;

before(async () => {
    world = await makeWorld();
    clerk = world.as.clerk;
});
after(() => world.close());

const personBody = (changes) => ({ name: "某人", residence: { region_code: COMMUNITY }, ...changes });
const make = (changes) => clerk.ok("createPerson", { body: personBody(changes) });
const refuse = (code, changes) =>
    clerk.refused("createPerson", code, { body: personBody(changes) });

describe("createPerson", () => {
    test("a person has a home and categories from the first day on", async () => {
        const made = await make({
            name: "李桂兰", sex: "female", birth_date: "1939-03-08",
            residence: { region_code: COMMUNITY, address_line: "5号楼", valid_from: "1998-05-01" },
            categories: [{ category: "tuixiu", valid_from: "1999-04-01" }, { category: "ill" }],
            consent: consentTo("ill", "disabled"),
        });
        assert.equal(made.region_code, COMMUNITY);
        assert.equal(made.address_line, "5号楼");
        assert.equal(made.origin, "entered");
        assert.deepEqual(made.categories, ["ill", "tuixiu"]);
        assert.deepEqual(await clerk.ok("getPerson", { path: { person_id: made.id } }), made);
    });

    test("numbers are masked in every answer and ciphertext in the database", async () => {
        const made = await make({ id_number: "37140219390308002X", phone: "13912345678" });
        for (const number of [made.id_number, made.phone]) assert.match(number, /\*{4}/);
        assert.equal(made.id_number.length, 18);
        assert.equal(made.phone.length, 11);
        const stored = world.database.query(
            `SELECT encode(id_number_sealed, 'escape') || encode(phone_sealed, 'escape') ` +
            `FROM persons WHERE id = '${made.id}'`);
        assert.doesNotMatch(stored, /37140219390308002X|13912345678/);
    });

    test("the address is the household's when none is given", async () => {
        const home = world.households.recipients;
        const made = await make({ residence: { region_code: COMMUNITY, household_id: home.id } });
        assert.equal(made.address_line, home.address_line);
        const read = await clerk.ok("getHousehold", { path: { household_id: home.id } });
        assert.ok(read.members.some((member) => member.person_id === made.id));
    });

    test("is refused: an ID number that is known, also at once", async () => {
        const changes = { id_number: "371402195001010019" };
        const answers = await Promise.all([1, 2, 3].map(() =>
            clerk.call("createPerson", { body: personBody(changes) })));
        assert.deepEqual(answers.map((one) => one.body.code ?? "made").sort(),
            ["id_number_known", "id_number_known", "made"]);
    });

    for (const [what, code, changes] of [
        ["a home that is no community", "not_found", { residence: { region_code: SUBDISTRICT } }],
        ["a home in another community", "not_found", { residence: { region_code: SIBLING } }],
        ["a household that is not there", "household_unknown",
            { residence: { region_code: COMMUNITY, household_id: randomUUID() } }],
        ["born tomorrow", "date_in_future", { birth_date: TOMORROW }],
        ["moved in tomorrow", "date_in_future",
            { residence: { region_code: COMMUNITY, valid_from: TOMORROW } }],
        ["a category twice", "categories_overlap",
            { categories: [{ category: "ill" }, { category: "ill", valid_from: "2014-01-01" }] }],
    ])
        test(`is refused: ${what}`, () => refuse(code, changes));

    test("is refused: the district's office gives no home on a subdistrict", () =>
        world.admin.refused("createPerson", "residence_not_community",
            { body: personBody({ residence: { region_code: SUBDISTRICT } }) }));
});

describe("findPersons", () => {
    const find = (by, body) => by.ok("findPersons", { body }).then((found) => found.data);

    test("finds by a whole number, and both must fit", async () => {
        const made = await make({ id_number: "371402194101010013", phone: "13900000041" });
        for (const body of [{ phone: "13900000041" }, { id_number: "371402194101010013" },
            { id_number: "371402194101010013", phone: "13900000041" }])
            assert.deepEqual((await find(clerk, body)).map((row) => row.id), [made.id]);
        assert.deepEqual(await find(clerk, { id_number: "371402194101010013",
            phone: "13900000042" }), []);
    });

    test("finds nobody who lives elsewhere", async () => {
        assert.equal((await find(clerk, { phone: "13900000001" })).length, 1);
        assert.deepEqual(await find(world.as.siblingSecretary, { phone: "13900000001" }), []);
    });

    test("leaves an audit row with who searched and whom he found", async () => {
        const [found] = await find(clerk, { phone: "13900000001" });
        const row = world.database.query(
            "SELECT actor_user || ' ' || (details::text LIKE '%" + found.id + "%') FROM audit " +
            "WHERE operation = 'findPersons' ORDER BY sequence DESC LIMIT 1");
        assert.equal(row, `${clerk.actor.user.id} true`);
    });
});

describe("listPersons", () => {
    const names = (query) =>
        clerk.all("listPersons", { query }).then((rows) => rows.map((row) => row.name));

    test("narrows by category, name, the begin of a name and region", async () => {
        assert.deepEqual(await names({ category: "empty_nest" }), ["冯有才"]);
        assert.deepEqual(await names({ name: "李卫东" }), ["李卫东"]);
        assert.deepEqual((await names({ name_prefix: "冯" })).sort(), ["冯小红", "冯建国", "冯有才"]);
        assert.deepEqual(await names({ name_prefix: "%" }), []);
        const far = await world.admin.all("listPersons", { query: { region_code: FAR_COMMUNITY } });
        assert.deepEqual(far.map((row) => row.name), ["刘书记"]);
    });
});

describe("listPersons, for an office", () => {
    const find = async (query) => (await clerk.all("listPersons",
        { query: { name_prefix: "查", ...query } })).map((row) => row.name).sort();

    test("narrows by sex, age, life, household, volunteering and lack of consent", async () => {
        const home = await clerk.ok("createHousehold",
            { body: { region_code: COMMUNITY, address_line: "查家" } });
        const old = await make({ name: "查老", sex: "female", birth_date: "1934-05-15",
            residence: { region_code: COMMUNITY, household_id: home.id } });
        const young = await make({ name: "查小", sex: "male", birth_date: "1934-05-16" });
        const dead = await make({ name: "查故", consent: consentTo("ill"),
            categories: [{ category: "ill" }] });
        await clerk.ok("reportDeath", { path: { person_id: dead.id }, body: { died_on: TODAY } });
        await world.volunteer(young.id);
        assert.deepEqual(await find({ sex: "female" }), ["查老"]);
        assert.deepEqual(await find({ age_min: 80 }), ["查老"]);
        assert.deepEqual(await find({ age_max: 79 }), ["查小"]);
        assert.deepEqual(await find({ age_min: 79, age_max: 80 }), ["查小", "查老"].sort());
        assert.deepEqual(await find({ is_living: false }), ["查故"]);
        assert.deepEqual(await find({ is_living: true }), ["查小", "查老"].sort());
        assert.deepEqual(await find({ household_id: home.id }), ["查老"]);
        assert.deepEqual(await find({ is_volunteer: true }), ["查小"]);
        assert.deepEqual(await find({ is_volunteer: false, is_living: true }), ["查老"]);
        assert.deepEqual(await find({ lacks_consent: true }), []);
        // As it may be of before consents were recorded.
        world.database.query(`INSERT INTO person_categories (district_id, id, person_id, category,
            valid_from) VALUES (371402, gen_random_uuid(), '${old.id}', 'ill', '2014-01-01')`);
        assert.deepEqual(await find({ lacks_consent: true }), ["查老"]);
        assert.deepEqual(await find({ lacks_consent: false }), ["查小", "查故"].sort());
    });
});

describe("updatePerson", () => {
    test("sets and empties every field", async () => {
        const made = await make({});
        const path = { person_id: made.id };
        const change = (body, match) => clerk.ok("updatePerson", { path, match, body });
        const full = { name: "全填", sex: "female", birth_date: "1940-02-29", ethnicity: "回",
            contact_channel: "visit" };
        const set = await change(
            { ...full, phone: "13900000061", id_number: "371402194002290028" }, 1);
        assert.deepEqual(set, { ...made, ...full, version: 2, phone: set.phone,
            id_number: set.id_number });
        assert.deepEqual((await clerk.ok("findPersons",
            { body: { phone: "13900000061", id_number: "371402194002290028" } })).data.length, 1);
        const nothing = { sex: null, birth_date: null, ethnicity: null, contact_channel: null,
            phone: null, id_number: null };
        assert.deepEqual(await change(nothing, 2),
            { ...made, ...nothing, name: "全填", version: 3 });
        assert.deepEqual((await clerk.ok("findPersons",
            { body: { phone: "13900000061" } })).data, []);
        await make({ id_number: "371402194002290028" });
    });

    test("changes what is named, empties what is null, keeps the rest", async () => {
        const made = await make({ ethnicity: "汉", phone: "13900000051", sex: "male" });
        const path = { person_id: made.id };
        const changed = await clerk.ok("updatePerson",
            { path, match: made.version, body: { ethnicity: null, name: "改名" } });
        assert.deepEqual(changed, { ...made, name: "改名", ethnicity: null, version: 2 });
        assert.deepEqual(await clerk.ok("getPerson", { path }), changed);
    });

    test("is refused: another's ID number, a birth in the future or after the death", async () => {
        const made = await make({});
        const path = { person_id: made.id };
        const refused = (code, body, match) =>
            clerk.refused("updatePerson", code, { path, match, body });
        await refused("id_number_known", { id_number: "371402194910010011" }, 1);
        await refused("date_in_future", { birth_date: TOMORROW }, 1);
        await clerk.ok("reportDeath", { path, body: { died_on: "2014-05-01" } });
        await refused("died_before_birth", { birth_date: "2014-05-02" }, 2);
    });
});

describe("reportDeath", () => {
    test("is recorded once", async () => {
        const { id } = await make({ birth_date: "1930-01-01" });
        const report = (died_on) => ({ path: { person_id: id }, body: { died_on } });
        await clerk.refused("reportDeath", "date_in_future", report(TOMORROW));
        await clerk.refused("reportDeath", "died_before_birth", report("1929-12-31"));
        const dead = await clerk.ok("reportDeath", report("2014-05-01"));
        assert.equal(dead.died_on, "2014-05-01");
        const again = await clerk.refused("reportDeath", "person_died", report("2014-05-02"));
        assert.equal(again.args.died_on, "2014-05-01");
    });
});

describe("revokeDeath", () => {
    test("is done above the community, with a reason that is kept", async () => {
        const person = await make({});
        const of = { path: { person_id: person.id }, body: { reason: "同名者" } };
        const office = world.as.subdistrictAdmin;
        await office.refused("revokeDeath", "person_lives", of);
        await clerk.ok("reportDeath", { path: of.path, body: { died_on: "2014-05-01" } });
        await clerk.refused("revokeDeath", "role_not_allowed", of);
        await world.as.farAdmin.refused("revokeDeath", "not_found", of);
        const alive = await office.ok("revokeDeath", of);
        assert.deepEqual(alive, { ...person, version: 3 });
        const kept = world.database.query(`SELECT died_on || ' ' || reason || ' ' || revoked_by
            FROM death_revocations WHERE person_id = '${person.id}'`);
        assert.equal(kept, `2014-05-01 同名者 ${office.actor.person.id}`);
        await clerk.ok("reportDeath", { path: of.path, body: { died_on: "2014-05-02" } });
    });
});

describe("homes", () => {
    test("a move ends the home of before, and the person is seen where he lives now", async () => {
        const made = await make(
            { residence: { region_code: COMMUNITY, valid_from: "2014-01-01" } });
        const path = { person_id: made.id };
        const moved = await clerk.ok("moveResidence",
            { path, body: { region_code: SIBLING, address_line: "9号楼",
                valid_from: "2014-05-10" } });
        assert.equal(moved.region_code, SIBLING);
        await clerk.refused("getPerson", "not_found", { path });
        const by = world.as.siblingSecretary;
        assert.equal((await by.ok("getPerson", { path })).region_code, SIBLING);
        const { data } = await by.ok("listResidences", { path });
        assert.deepEqual(
            data.filter((row) => !row.superseded_at).map((row) => [row.region_code, row.valid_to]),
            [[COMMUNITY, "2014-05-10"], [SIBLING, null]]);
        const { data: [then] } = await by.ok("listResidences",
            { path, query: { as_of: "2014-05-09" } });
        assert.equal(then.region_code, COMMUNITY);
        const one = await by.ok("getResidence", { path: { ...path, residence_id: moved.id } });
        assert.deepEqual(one, moved);
    });

    test("a move is refused where nobody can live", async () => {
        const { id } = await make({});
        const refuseMove = (code, body, by = clerk) =>
            by.refused("moveResidence", code, { path: { person_id: id }, body });
        await refuseMove("residence_not_community", { region_code: SUBDISTRICT });
        await refuseMove("not_found", { region_code: "371402009009" });
        await refuseMove("household_unknown",
            { region_code: SIBLING, household_id: world.households.servers.id });
        await refuseMove("not_found", { region_code: SIBLING }, world.as.farSecretary);
    });
});

describe("categories", () => {
    test("one is held once at a time, ended, and held again", async () => {
        const { id } = await make({ consent: consentTo("ill") });
        const path = { person_id: id };
        const add = (body) => ({ path, body: { category: "ill", ...body } });
        const first = await clerk.ok("addPersonCategory", add({ valid_from: "2014-01-01" }));
        await clerk.refused("addPersonCategory", "category_already_held", add({}));
        await clerk.refused("addPersonCategory", "ends_before_beginning",
            add({ valid_to: "2014-05-15", valid_from: TODAY }));
        const of = { ...path, category_id: first.id };
        await clerk.refused("endPersonCategory", "ends_before_beginning",
            { path: of, body: { valid_to: "2014-01-01" } });
        const ended = await clerk.ok("endPersonCategory",
            { path: of, body: { valid_to: "2014-03-01" } });
        assert.equal(ended.valid_to, "2014-03-01");
        assert.notEqual(ended.id, first.id, "the row that takes its place");
        await clerk.refused("endPersonCategory", "already_ended", { path: of, body: {} });
        const old = await clerk.ok("getPersonCategory", { path: of });
        assert.notEqual(old.superseded_at, null);
        await clerk.ok("addPersonCategory", add({}));
        const { data } = await clerk.ok("listPersonCategories",
            { path, query: { as_of: "2014-04-01" } });
        assert.deepEqual(data, []);
    });
});

describe("consent", () => {
    const CHILD = "2004-06-01";
    const give = (id, body) =>
        ({ path: { person_id: id }, body: { ...consentTo("ill"), ...body } });
    const add = (id, category = "ill") => ({ path: { person_id: id }, body: { category } });
    const categoriesOf = async (id, query) => (await clerk.ok("listPersonCategories",
        { path: { person_id: id }, query })).data.map((row) => [row.category, row.valid_to]).sort();

    test("no recipient category without it, lixiu and tuixiu with none", async () => {
        await refuse("consent_missing", { categories: [{ category: "ill" }] });
        await refuse("consent_missing",
            { categories: [{ category: "ill" }], consent: consentTo("disabled") });
        const { id } = await make({ categories: [{ category: "tuixiu" }] });
        await clerk.refused("addPersonCategory", "consent_missing", add(id));
        const given = await clerk.ok("giveConsent", give(id, { given_on: "2014-05-01" }));
        assert.deepEqual(given.categories, ["ill"]);
        assert.equal(given.recorded_by, clerk.actor.person.id);
        await clerk.ok("addPersonCategory", add(id));
        await clerk.refused("addPersonCategory", "consent_missing", add(id, "disabled"));
        const path = { person_id: id, consent_id: given.id };
        assert.deepEqual(await clerk.ok("getConsent", { path }), given);
    });

    for (const [what, code, changes] of [
        ["tomorrow", "date_in_future", { given_on: TOMORROW }],
        ["on paper that is nowhere", "consent_document_missing", { document: undefined }],
        ["by word of mouth without a witness", "consent_witness_missing", { method: "verbal" }],
        ["by thumbprint without a witness", "consent_witness_missing", { method: "thumbprint" }],
        ["before a witness nobody knows", "consent_witness_unfit", { witness_id: randomUUID() }],
        ["of a guardian nobody knows", "guardian_unfit",
            { guardian_id: randomUUID(), relation: "parent" }],
        ["of a relation of nobody", "guardian_unfit", { relation: "parent" }],
    ])
        test(`is refused: ${what}`, async () => {
            const { id } = await make({});
            await clerk.refused("giveConsent", code, give(id, changes));
            await refuse(code, { consent: { ...consentTo("ill"), ...changes } });
        });

    test("is refused: the witness or guardian is the person, the guardian a child or dead",
        async () => {
            const { id } = await make({});
            const child = await make({ birth_date: CHILD });
            await clerk.refused("giveConsent", "consent_witness_unfit",
                give(id, { method: "verbal", witness_id: id }));
            await clerk.refused("giveConsent", "guardian_unfit",
                give(id, { guardian_id: id, relation: "spouse" }));
            await clerk.refused("giveConsent", "guardian_unfit",
                give(id, { guardian_id: child.id, relation: "child" }));
            await clerk.ok("reportDeath",
                { path: { person_id: id }, body: { died_on: "2014-05-10" } });
            await clerk.refused("giveConsent", "guardian_unfit",
                give(child.id, { guardian_id: id, relation: "parent" }));
            await clerk.refused("giveConsent", "person_died", give(id));
            await clerk.ok("giveConsent", give(id, { given_on: "2014-05-10" }));
        });

    test("of a minor is the guardian's; on the 18th birthday no more", async () => {
        const mother = await make({ birth_date: "1980-01-01" });
        const child = await make({ birth_date: CHILD });
        const asked = await clerk.refused("giveConsent", "consent_needs_guardian",
            give(child.id, { categories: ["latchkey_child"] }));
        assert.equal(asked.args.birth_date, CHILD);
        const given = await clerk.ok("giveConsent", give(child.id, {
            categories: ["latchkey_child"], guardian_id: mother.id, relation: "parent",
        }));
        assert.deepEqual([given.guardian_id, given.relation], [mother.id, "parent"]);
        await clerk.ok("addPersonCategory", add(child.id, "latchkey_child"));
        const adult = await make({ birth_date: "1996-05-15" });
        await clerk.ok("giveConsent", give(adult.id));
        const nearly = await make({ birth_date: "1996-05-16" });
        await clerk.refused("giveConsent", "consent_needs_guardian", give(nearly.id));
    });

    test("withdrawn, what it alone covered ends; what is known of before stays", async () => {
        const { id } = await make({
            residence: { region_code: COMMUNITY, valid_from: "2014-01-01" },
            categories: [{ category: "ill" }, { category: "disabled", valid_from: "2014-05-13" },
                { category: "lixiu" }],
            consent: { ...consentTo("ill", "disabled"), given_on: "2014-01-01" },
        });
        await clerk.ok("giveConsent", give(id, { categories: ["disabled"] }));
        const { data: [first] } = await clerk.ok("listConsents",
            { path: { person_id: id }, query: { category: "ill", as_of: TODAY } });
        const path = { person_id: id, consent_id: first.id };
        await clerk.refused("withdrawConsent", "date_in_future",
            { path, body: { withdrawn_on: TOMORROW } });
        await clerk.refused("withdrawConsent", "ends_before_beginning",
            { path, body: { withdrawn_on: "2013-12-31" } });
        const gone = await clerk.ok("withdrawConsent",
            { path, body: { withdrawn_on: "2014-05-10", reason: "已康复" } });
        assert.deepEqual(gone,
            { ...first, withdrawn_on: "2014-05-10", withdrawal_reason: "已康复" });
        assert.deepEqual(await categoriesOf(id, { as_of: TODAY }),
            [["disabled", null], ["lixiu", null]]);
        assert.deepEqual(await categoriesOf(id, { as_of: "2014-05-09" }),
            [["ill", "2014-05-10"], ["lixiu", null]]);
        await clerk.refused("withdrawConsent", "consent_withdrawn", { path, body: {} });
        await clerk.refused("addPersonCategory", "consent_missing", add(id));
        const { data } = await clerk.ok("listConsents",
            { path: { person_id: id }, query: { as_of: TODAY } });
        assert.deepEqual(data.map((row) => row.categories), [["disabled"]]);
    });

    test("is withdrawn by the person himself, and not by another", async () => {
        const person = await make({ consent: consentTo("ill"), categories: [{ category: "ill" }] });
        const self = await world.actor({ role: "resident", region: COMMUNITY, person });
        const { data: [given] } = await self.ok("listConsents", { path: { person_id: person.id } });
        const path = { person_id: person.id, consent_id: given.id };
        await world.as.resident.refused("withdrawConsent", "not_found", { path });
        await self.ok("withdrawConsent", { path });
        assert.deepEqual(await categoriesOf(person.id, { as_of: TODAY }), []);
    });
});

describe("households", () => {
    test("begin with an address and nobody in it", async () => {
        const made = await clerk.ok("createHousehold",
            { body: { region_code: COMMUNITY, address_line: "7号楼" } });
        assert.deepEqual(made.members, []);
        const { data } = await clerk.ok("listHouseholds", { query: { address_prefix: "7号" } });
        assert.deepEqual(data, [made]);
    });

    const found = (address_line) => clerk.ok("createHousehold",
        { body: { region_code: COMMUNITY, address_line } });
    const livesAt = (home, valid_from = TODAY) => make(
        { residence: { region_code: COMMUNITY, household_id: home.id, valid_from } });

    test("have an address that is corrected for all who live there", async () => {
        const home = await found("8号楼");
        const [person, elsewhere] = [await livesAt(home), await make({ residence: {
            region_code: COMMUNITY, household_id: home.id, address_line: "门房" } })];
        const path = { household_id: home.id };
        const body = { address_line: "8号楼1单元" };
        const changed = await clerk.ok("updateHousehold", { path, match: 1, body });
        assert.deepEqual([changed.address_line, changed.version], ["8号楼1单元", 2]);
        assert.deepEqual(await clerk.ok("getHousehold", { path }), changed);
        const lineOf = async ({ id }) =>
            (await clerk.ok("getPerson", { path: { person_id: id } })).address_line;
        assert.deepEqual([await lineOf(person), await lineOf(elsewhere)], ["8号楼1单元", "门房"]);
        await clerk.refused("updateHousehold", "version_mismatch", { path, match: 1, body });
        await world.as.siblingSecretary.refused("updateHousehold", "not_found",
            { path, match: 2, body });
    });

    test("have members of a day", async () => {
        const home = await found("9号楼");
        const since = "2014-04-01";
        const [stays, leaves] = [await livesAt(home, since), await livesAt(home, since)];
        await clerk.ok("moveResidence", { path: { person_id: leaves.id },
            body: { region_code: COMMUNITY, valid_from: "2014-05-01" } });
        const on = async (as_of) => (await clerk.ok("listHouseholdMembers",
            { path: { household_id: home.id }, query: as_of ? { as_of } : {} })).data.map(
            (row) => row.person_id).sort();
        assert.deepEqual(await on("2014-03-31"), []);
        assert.deepEqual(await on("2014-04-30"), [stays.id, leaves.id].sort());
        assert.deepEqual(await on(), [stays.id]);
        await clerk.ok("reportDeath", { path: { person_id: stays.id },
            body: { died_on: "2014-05-10" } });
        assert.deepEqual([await on(), await on("2014-05-10")], [[], [stays.id]]);
    });

    test("are discarded when nothing refers to them", async () => {
        const home = await found("误录");
        const path = { household_id: home.id };
        await world.as.siblingSecretary.refused("discardHousehold", "not_found", { path });
        assert.deepEqual(await clerk.ok("discardHousehold", { path }), home);
        await clerk.refused("getHousehold", "not_found", { path });
        const lived = await found("曾居");
        const person = await livesAt(lived, "2014-04-01");
        await clerk.ok("moveResidence", { path: { person_id: person.id },
            body: { region_code: COMMUNITY, valid_from: "2014-05-01" } });
        await clerk.refused("discardHousehold", "household_in_use",
            { path: { household_id: lived.id } });
        const empty = await clerk.all("listHouseholds",
            { query: { is_empty: true, address_prefix: "曾居" } });
        assert.deepEqual(empty.map((row) => row.id), [lived.id]);
        const inhabited = await clerk.all("listHouseholds",
            { query: { is_empty: false, address_prefix: "曾居" } });
        assert.deepEqual(inhabited, []);
    });

    test("lie in a community of the token's region", async () => {
        const body = (region_code) => ({ body: { region_code, address_line: "7号楼" } });
        await clerk.refused("createHousehold", "not_found", body(SIBLING));
        await world.admin.refused("createHousehold", "residence_not_community", body(SUBDISTRICT));
    });
});

describe("kinship", () => {
    const kin = (person, relative, relation, more) => ({
        body: { person_id: person.id, relative_id: relative.id, relation, ...more },
    });

    test("one row serves both sides", async () => {
        const [mother, son] = [await make({}), await make({})];
        const made = await clerk.ok("createKinship", kin(mother, son, "child"));
        await clerk.refused("createKinship", "kinship_known", kin(mother, son, "child"));
        await clerk.refused("createKinship", "kinship_known", kin(son, mother, "parent"));
        await clerk.refused("createKinship", "kinship_with_self", kin(son, son, "sibling"));
        await clerk.refused("createKinship", "not_found", kin(son, { id: randomUUID() }, "spouse"));
        for (const person_id of [mother.id, son.id]) {
            const { data } = await clerk.ok("listKinships", { query: { person_id } });
            assert.deepEqual(data, [made]);
        }
        const path = { kinship_id: made.id };
        assert.deepEqual(await clerk.ok("getKinship", { path }), made);
    });

    test("the two sides recorded at once give one row", async () => {
        const [a, b] = [await make({}), await make({})];
        const answers = await Promise.all([kin(a, b, "sibling"), kin(b, a, "sibling"),
            kin(a, b, "sibling")].map((one) => clerk.call("createKinship", one)));
        assert.deepEqual(answers.map((one) => one.body.code ?? "made").sort(),
            ["kinship_known", "kinship_known", "made"]);
    });

    test("ends, and is history", async () => {
        const [a, b] = [await make({}), await make({})];
        const made = await clerk.ok("createKinship",
            kin(a, b, "spouse", { valid_from: "2010-01-01" }));
        const path = { kinship_id: made.id };
        await clerk.refused("endKinship", "ends_before_beginning",
            { path, body: { valid_to: "2010-01-01" } });
        const ended = await clerk.ok("endKinship", { path, body: { valid_to: "2014-05-01" } });
        assert.equal(ended.valid_to, "2014-05-01");
        await clerk.refused("endKinship", "already_ended", { path, body: {} });
        const query = { person_id: a.id, as_of: "2014-05-01" };
        assert.deepEqual((await clerk.ok("listKinships", { query })).data, []);
    });
});
