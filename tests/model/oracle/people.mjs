// Who lives where and with whom, who holds which office, and which duties exclude each other.
const WIDTHS = [["000000", 6], ["000", 9]];

// Does a region lie in the range of another one (community, subdistrict or district)?
export function isWithin(region, range) {
    const [, width] = WIDTHS.find(([zeros]) => range.endsWith(zeros)) ?? ["", 12];
    return region.startsWith(range.slice(0, width));
}

export class People {
    constructor({ people, volunteers, kin, actors }) {
        this.persons = new Map(people.map((one) => [one.id, one]));
        this.volunteers = new Map(volunteers.map((one) => [one.id, one]));
        this.kin = kin;
        this.grants = actors;
    }

    person(id) {
        return this.persons.get(id);
    }

    serverOf(volunteer) {
        return this.volunteers.get(volunteer)?.person;
    }

    shareHousehold(a, b) {
        const [one, other] = [this.person(a)?.household, this.person(b)?.household];
        return Boolean(one) && one === other;
    }

    members(household) {
        return [...this.persons.values()].filter((one) => one.household === household)
            .map((one) => one.id);
    }

    areKin(a, b) {
        return this.kin.some((pair) => a !== b && pair.includes(a) && pair.includes(b));
    }

    isFamily(server, recipient, household) {
        const close = (other) => server === other || this.areKin(server, other);
        if (household) return this.members(household).some(close);
        return close(recipient) || this.shareHousehold(server, recipient);
    }

    // May this person act by one of the roles for a region and, as a leader, for the team?
    holds(person, roles, region, team) {
        return this.grants.some((one) => one.person === person && roles.includes(one.role) &&
            isWithin(region, one.region) && (one.role !== "team_leader" || one.team === team));
    }

    secretaries(region) {
        return this.grants.filter((one) => one.role === "community_secretary" &&
            one.region === region).map((one) => one.person);
    }

    // Server, attesters, registrar and verifier are pairwise different persons, and nobody of the
    // server's household holds one of the other duties.
    conflicts(duty, person, record, { attesters = record.attesters, registrar = record.registrar }
        = {}) {
        const found = new Set();
        if (person === record.server) found.add(`${duty}_is_server`);
        if (attesters.includes(person)) found.add(`${duty}_is_attester`);
        if (registrar && person === registrar) found.add(`${duty}_is_registrar`);
        if (person !== record.server && this.shareHousehold(person, record.server))
            found.add(`${duty}_of_servers_household`);
        return found;
    }

    hadPart(person, record) {
        return this.conflicts("any", person, record).size > 0;
    }
}
