// The district of a model run: the small world of the API's tests, with more who serve, are served,
// register and verify, in three communities.
import { COMMUNITY, DISTRICT, FAR_COMMUNITY, OTHER_SUBDISTRICT, REGIONS, SIBLING, SUBDISTRICT,
    makeWorld } from "../api/lib/world.mjs";

export const COMMUNITIES = [COMMUNITY, SIBLING, FAR_COMMUNITY];
const FOUNDED = "2014-03-03";

const ACTORS = [
    { key: "siblingClerk", role: "community_clerk", region: SIBLING, name: "吴小云" },
    { key: "siblingHead", role: "residents_group_head", region: SIBLING, name: "邓楼长" },
    { key: "farClerk", role: "community_clerk", region: FAR_COMMUNITY, name: "郑小云" },
    { key: "farHead", role: "residents_group_head", region: FAR_COMMUNITY, name: "何楼长" },
    { key: "farClerkAbove", role: "subdistrict_clerk", region: OTHER_SUBDISTRICT, name: "蒋小梅" },
    { key: "secondAdmin", role: "district_admin", region: DISTRICT, name: "孟主任" },
    // Lives with one who serves.
    { key: "spouseHead", role: "residents_group_head", region: COMMUNITY, person: "spouse" },
];
const VOLUNTEERS = [["甲志愿", COMMUNITY], ["乙志愿", COMMUNITY], ["丙志愿", SIBLING],
    ["丁志愿", FAR_COMMUNITY], ["戊志愿", FAR_COMMUNITY]];
const RESIDENTS = [["北园居民", COMMUNITY], ["南园居民", SIBLING], ["东苑居民", FAR_COMMUNITY],
    ["西邻居民", FAR_COMMUNITY]];
const SERVERS_ADDRESS = "1号楼1单元101";

// What the oracle is told of a person: where he lives, with whom.
const resident = ({ id, name }, region, household = null, address = null) =>
    ({ id, name, region, household, address });

async function makePeople(world) {
    const { persons, households } = world;
    const people = [];
    const add = (...one) => people.push(resident(...one));
    const home = { server: households.servers, spouse: households.servers,
        recipient: households.recipients, helper: households.neighbours };
    for (const [key, person] of Object.entries(persons))
        add(person, key.startsWith("sibling") ? SIBLING : COMMUNITY, home[key]?.id ?? null,
            home[key]?.address_line ?? null);
    for (const [name, region] of RESIDENTS)
        add(await world.person({ name }, region), region);
    const flat = await world.admin.ok("createHousehold",
        { body: { region_code: COMMUNITY, address_line: SERVERS_ADDRESS } });
    world.households.flat = flat;
    add(await world.person({ name: "同址居民", household: "flat" }), COMMUNITY, flat.id,
        SERVERS_ADDRESS);
    return people;
}

async function makeVolunteers(world, people) {
    const volunteers = Object.values(world.volunteers);
    for (const [name, region] of VOLUNTEERS) {
        const person = await world.person({ name }, region);
        people.push(resident(person, region));
        volunteers.push(await world.volunteer(person.id));
    }
    volunteers.push(await world.volunteer(world.as.secretary.actor.person.id));
    return volunteers.map((one) => ({ id: one.id, person: one.person_id,
        passbook: one.passbook_id, number: one.volunteer_number, joined: one.joined_on }));
}

// What a run begins with; actors are clients with what their token carries.
export async function makeDistrict() {
    const world = await makeWorld();
    const people = await makePeople(world);
    for (const spec of ACTORS)
        world.as[spec.key] = await world.actor({ ...spec,
            person: spec.person && world.persons[spec.person] });
    const actors = Object.entries(world.as).filter(([, client]) => client.actor)
        .map(([key, client]) => ({ key, client, role: client.actor.role,
            person: client.actor.person.id, region: client.actor.region,
            team: client.actor.grant.team_id ?? null }))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const { client: { actor } } of actors.map(({ key }) => ({ client: world.as[key] })))
        if (!people.some((one) => one.id === actor.person.id))
            people.push(resident(actor.person,
                COMMUNITIES.includes(actor.region) ? actor.region : COMMUNITY));
    const me = await world.admin.ok("getMe");
    actors.push({ key: "admin", client: world.admin, role: "district_admin", person: me.person_id,
        region: DISTRICT, team: null });
    const volunteers = await makeVolunteers(world, people);
    const [a, b] = volunteers.slice(-4).map((one) => one.person);
    await world.admin.ok("createKinship", { body: { person_id: a, relative_id: b,
        relation: "sibling", valid_from: FOUNDED } });
    const kin = [[world.persons.recipient.id, world.persons.daughter.id], [a, b]];
    return { world, people, volunteers, kin, actors, regions: REGIONS,
        teams: [world.team.id, world.siblingTeam.id],
        households: Object.values(world.households).map((one) => one.id) };
}

export { COMMUNITY, SUBDISTRICT };
