// A small district, founded by the daemon's commands and built only through the API.
//
//   新湖街道 371402001000   北园社区 …001 (home of almost everybody), 南园社区 …002 (the sibling)
//   新华街道 371402002000   东苑社区 …001
//
// The business clock stands at a Thursday morning; the week runs from 12 to 18 May 2014, freezes on
// the 19th and is verified until the 21st.
import { Client } from "./client.mjs";
import { Daemon, commandOk } from "./daemon.mjs";
import { Database } from "./database.mjs";
import { roles } from "./contract.mjs";

export const DISTRICT = "371402000000";
export const SUBDISTRICT = "371402001000";
export const OTHER_SUBDISTRICT = "371402002000";
export const COMMUNITY = "371402001001";
export const SIBLING = "371402001002";
export const FAR_COMMUNITY = "371402002001";
export const REGIONS = [DISTRICT, SUBDISTRICT, OTHER_SUBDISTRICT, COMMUNITY, SIBLING,
    FAR_COMMUNITY];

export const NOW = "2014-05-15T11:07:00+08:00";
export const TODAY = "2014-05-15";
export const WEEK = "2014-05-12";
export const FROZEN = "2014-05-19T00:00:00+08:00";
export const SETTLED = "2014-05-22T00:00:00+08:00";
export const QUARTER_SETTLED = "2014-07-10T00:00:00+08:00"; // with the week of 30 June
// Each week since then is settled at the founding, so the district is a young one.
const FOUNDED = "2014-03-03";
const JOINED = "2014-03-10";

// Who carries a role, and where. `team` and `person` name what was made before.
const ACTORS = [
    { key: "subdistrictAdmin", role: "subdistrict_admin", region: SUBDISTRICT, name: "冯建国" },
    { key: "subdistrictClerk", role: "subdistrict_clerk", region: SUBDISTRICT, name: "陈晓梅" },
    { key: "secretary", role: "community_secretary", region: COMMUNITY, name: "张书记" },
    { key: "clerk", role: "community_clerk", region: COMMUNITY, name: "赵小云" },
    { key: "leader", role: "team_leader", region: COMMUNITY, person: "leader", team: "team" },
    { key: "head", role: "residents_group_head", region: COMMUNITY, name: "孙楼长" },
    { key: "officer", role: "information_officer", region: COMMUNITY, name: "周信息" },
    { key: "volunteer", role: "volunteer", region: COMMUNITY, person: "server" },
    { key: "resident", role: "resident", region: COMMUNITY, person: "recipient" },
    { key: "auditor", role: "auditor", region: DISTRICT, name: "吴审计" },
    { key: "reportReader", role: "report_reader", region: DISTRICT, name: "郑统计" },
    { key: "siblingSecretary", role: "community_secretary", region: SIBLING, name: "钱书记" },
    { key: "siblingLeader", role: "team_leader", region: SIBLING, person: "siblingLeader",
        team: "siblingTeam" },
    { key: "farAdmin", role: "subdistrict_admin", region: OTHER_SUBDISTRICT, name: "王主任" },
    { key: "farSecretary", role: "community_secretary", region: FAR_COMMUNITY, name: "刘书记" },
];

const HOUSEHOLDS = {
    servers: { region_code: COMMUNITY, address_line: "1号楼1单元101" },
    recipients: { region_code: COMMUNITY, address_line: "3号楼2单元101" },
    neighbours: { region_code: COMMUNITY, address_line: "3号楼2单元102" },
};

// Consent on paper, given today.
export const consentTo = (...categories) =>
    ({ categories, method: "paper", document: "知情同意书" });

// Of `recipient` a phone is known, of `server` an ID number.
const PERSONS = {
    server: { name: "李卫东", sex: "male", birth_date: "1949-10-01", household: "servers",
        id_number: "371402194910010011", categories: [{ category: "tuixiu" }] },
    spouse: { name: "王秀英", sex: "female", household: "servers" },
    recipient: { name: "冯有才", sex: "male", birth_date: "1931-02-03", household: "recipients",
        phone: "13900000001", categories: [{ category: "empty_nest" }, { category: "lixiu" }],
        consent: consentTo("empty_nest") },
    daughter: { name: "冯小红", sex: "female", region_code: COMMUNITY },
    helper: { name: "何大姐", sex: "female", household: "neighbours" },
    leader: { name: "高组长", sex: "male", region_code: COMMUNITY },
    siblingServer: { name: "马志强", region_code: SIBLING },
    siblingLeader: { name: "罗组长", region_code: SIBLING },
};

function residenceOf(spec, households, region) {
    const home = spec.household ? households[spec.household] : null;
    return {
        region_code: home?.region_code ?? spec.region_code ?? region,
        ...(home && { household_id: home.id }),
        valid_from: FOUNDED,
    };
}

class World {
    async build() {
        this.database = new Database();
        const url = this.database.url;
        commandOk(url, "district", "--code", "371402", "--name", "德城区", "--zone",
            "Asia/Shanghai", "--founded", FOUNDED, "--kind", "test", "--clock", NOW);
        const token = commandOk(url, "token", "--district", "371402", "--name", "首管理员");
        this.daemon = await new Daemon(url).start();
        this.anyone = new Client(this.daemon);
        this.admin = this.anyone.as(token);
        this.as = { districtAdmin: this.admin };
        await this.#makeRegions();
        await this.#makePersons();
        await Promise.all([this.#makeVolunteers(), this.#makeKinship()]);
        await this.#makeTeams();
        await Promise.all(ACTORS.map((actor) => this.#makeActor(actor)));
        return this;
    }

    async #makeRegions() {
        const region = (kind, region_code, name, setting) =>
            this.admin.ok("createRegion", {
                body: { kind, region_code, name, valid_from: FOUNDED, ...(setting && { setting }) },
            });
        await Promise.all([
            region("subdistrict", SUBDISTRICT, "新湖街道"),
            region("subdistrict", OTHER_SUBDISTRICT, "新华街道"),
        ]);
        await Promise.all([
            region("community", COMMUNITY, "北园社区", "urban"),
            region("community", SIBLING, "南园社区", "urban"),
            region("community", FAR_COMMUNITY, "东苑社区", "rural"),
        ]);
    }

    async #makePersons() {
        const entries = Object.entries(HOUSEHOLDS);
        const made = await Promise.all(
            entries.map(([, body]) => this.admin.ok("createHousehold", { body })));
        this.households = Object.fromEntries(entries.map(([key], i) => [key, made[i]]));
        this.persons = Object.fromEntries(
            await Promise.all(Object.entries(PERSONS).map(
                async ([key, spec]) => [key, await this.person(spec)])));
    }

    // A person, of the community when the spec does not say otherwise.
    person(spec, region = COMMUNITY) {
        const { household, region_code, ...body } = spec;
        body.residence = residenceOf({ household, region_code }, this.households, region);
        return this.admin.ok("createPerson", { body });
    }

    async #makeVolunteers() {
        this.volunteers = Object.fromEntries(
            await Promise.all(["server", "helper", "leader", "siblingServer", "siblingLeader"].map(
                async (key) => [key, await this.volunteer(this.persons[key].id)])));
    }

    volunteer(person_id, joined_on = JOINED) {
        return this.admin.ok("createVolunteer", { body: { person_id, joined_on } });
    }

    // A new person as a new volunteer of the community.
    async newVolunteer(name, region_code = COMMUNITY) {
        return this.volunteer((await this.person({ name }, region_code)).id);
    }

    async #makeKinship() {
        this.kinship = await this.admin.ok("createKinship", {
            body: {
                person_id: this.persons.recipient.id,
                relative_id: this.persons.daughter.id,
                relation: "child",
                valid_from: FOUNDED,
            },
        });
    }

    async #makeTeams() {
        const team = (region_code, name) =>
            this.admin.ok("createTeam", {
                body: { region_code, name, kind: "home_care", founded_on: JOINED },
            });
        [this.team, this.siblingTeam] = await Promise.all(
            [team(COMMUNITY, "霞光红服务队"), team(SIBLING, "夕阳红服务队")]);
        const member = (of, volunteer, position) =>
            this.admin.ok("createMembership", {
                path: { team_id: of.id },
                body: { volunteer_id: volunteer.id, position, valid_from: JOINED },
            });
        [this.membership] = await Promise.all([
            member(this.team, this.volunteers.server, "member"),
            member(this.team, this.volunteers.helper, "member"),
            member(this.team, this.volunteers.leader, "leader"),
            member(this.siblingTeam, this.volunteers.siblingServer, "member"),
            member(this.siblingTeam, this.volunteers.siblingLeader, "leader"),
        ]);
    }

    // A user with one grant and its token, as a client; what was made stands in `actor`.
    async actor({ role, region, person, team, name }) {
        person ??= await this.person({ name }, region.endsWith("000") ? COMMUNITY : region);
        const user = await this.admin.ok("createUser", { body: { person_id: person.id } });
        const grant = await this.admin.ok("createGrant", {
            path: { user_id: user.id },
            body: { role, region_code: region, valid_from: JOINED,
                ...(team && { team_id: team.id }) },
        });
        const token = await this.admin.ok("createToken", {
            body: { grant_id: grant.id, label: `${role} ${name ?? person.name}` },
        });
        const client = this.anyone.as(token.token);
        client.actor = { role, region, person, user, grant, tokenId: token.id };
        return client;
    }

    async #makeActor({ key, role, region, name, person, team }) {
        this.as[key] = await this.actor({
            role, region, name,
            person: person && this.persons[person],
            team: team && this[team],
        });
    }

    // One client for each of the contract's roles, where there are two the one of the community.
    byRole(role) {
        if (role === "district_admin") return this.admin;
        return this.as[ACTORS.find((actor) => actor.role === role)?.key];
    }

    async close() {
        this.anyone.close();
        try {
            await this.daemon.stop();
        } finally {
            this.database.drop();
        }
    }
}

export async function makeWorld() {
    const world = new World();
    try {
        await world.build();
        const without = roles.filter((role) => !world.byRole(role));
        if (without.length) throw new Error(`nobody is ${without}`);
        return world;
    } catch (error) {
        await world.daemon?.kill();
        world.database?.drop();
        throw error;
    }
}
