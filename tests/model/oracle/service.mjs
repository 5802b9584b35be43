// A record from the draft to its registration, and back: the rules of docs/ledger.md ("A record and
// its evidence") and of the domain. A rule adds the code of its refusal to a set; an answer must
// be a refusal by one of them, or a success when there is none.
import { MINUTE_MS, dayNumber, dayOf } from "../calendar.mjs";
import { isWithin } from "./people.mjs";

const REGISTRARS = ["team_leader", "community_secretary", "residents_group_head"];
const LIVING = ["attested", "registered", "verified"];
// Who signs for a category where nobody single is served.
const OF_CATEGORY = { patrol: ["partner_unit"], performance: ["venue_keeper", "witness"],
    lunch_table: ["guardian"] };
const FOR_ALL = ["partner_unit", "venue_keeper", "committee_member", "organiser", "witness"];

// What a body says, with what follows from its clock times.
export function contentOf(body) {
    const start = body.starts_at ? Date.parse(body.starts_at) : null;
    const end = body.ends_at ? Date.parse(body.ends_at) : null;
    return {
        region: body.region_code, team: body.team_id ?? null, volunteer: body.volunteer_id,
        category: body.category_code, kind: body.recipient_kind,
        recipient: body.recipient_person_id ?? null, household: body.recipient_household_id ?? null,
        label: body.recipient_label ?? null, content: body.content, start, end,
        day: start === null ? dayNumber(body.service_date) : dayOf(start),
        minutes: body.minutes ?? Math.floor((end - start) / MINUTE_MS),
        assignment: body.assignment_id ?? null,
    };
}

export class Service {
    constructor(oracle) {
        this.o = oracle;
        this.records = new Map();
        this.categories = new Set();
        this.teams = new Set();
    }

    get(id) {
        return this.records.get(id);
    }

    // A record that a caller may touch; a leader only that of his team.
    visible(id, actor) {
        const record = this.get(id);
        return record && isWithin(record.region, actor.region) &&
            (actor.role !== "team_leader" || record.team === actor.team) ? record : null;
    }

    all(predicate) {
        return [...this.records.values()].filter(predicate);
    }

    stateFault(status) {
        return { draft: "record_not_attested", attested: "record_not_registered",
            registered: "already_registered", verified: "already_verified" }[status] ??
            "record_ended";
    }

    // What is wrong with a draft as it is now.
    draftFaults(d, typist) {
        const found = new Set();
        const server = this.o.people.serverOf(d.volunteer);
        if (!server) return found.add("volunteer_unknown");
        if (typist === server) found.add("entered_by_server");
        this.#timeFaults(d, found);
        if (d.day < dayNumber(this.o.people.volunteers.get(d.volunteer).joined))
            found.add("service_before_joining");
        if (d.region.endsWith("000")) found.add("region_not_community");
        if (!this.categories.has(d.category)) found.add("category_not_in_force");
        if (d.team && !this.teams.has(d.team)) found.add("team_not_active");
        if (d.assignment) this.#assignmentFaults(d, found);
        this.#recipientFaults(d, server, found);
        return found;
    }

    #timeFaults(d, found) {
        const { now } = this.o;
        const span = d.start === null ? null : d.end - d.start;
        if (span !== null && span <= 0) found.add("service_times_reversed");
        if (span > 24 * 60 * MINUTE_MS) found.add("service_too_long");
        if (d.minutes < 1 || d.minutes > 1440 || (span !== null && d.minutes * MINUTE_MS > span))
            found.add("minutes_exceed_times");
        if (d.end > now || d.day > dayOf(now)) found.add("service_in_future");
    }

    #assignmentFaults(d, found) {
        const hold = this.o.books.holds.get(d.assignment);
        if (hold?.volunteer !== d.volunteer) found.add("assignment_not_of_volunteer");
        else if (hold.record && hold.record !== d.replaces) found.add("assignment_has_record");
        else if (hold.state !== "open") found.add("assignment_ended");
    }

    #recipientFaults(d, server, found) {
        const fits = { person: d.recipient && !d.household,
            household: d.household && !d.recipient }[d.kind] ??
            (d.label && !d.recipient && !d.household);
        if (!fits) found.add("recipient_does_not_fit");
        else if (d.recipient && !this.o.people.person(d.recipient)) found.add("recipient_unknown");
        else if (!d.label && this.o.people.isFamily(server, d.recipient, d.household))
            found.add("recipient_is_family");
    }

    draft(id, content, typist) {
        const record = { id, status: "draft", attesters: [], registrar: null, flags: new Set(),
            exceptions: new Map(), week: null, pending: 0, verified: null, verifier: null,
            correctors: [], payment: null, replaces: null, late: null, mismatch: false,
            decision: null, requests: [], version: 1, typist, ...content,
            server: this.o.people.serverOf(content.volunteer) };
        this.records.set(id, record);
        return record;
    }

    // a: {attester, capacity, minutes, relation, second}: a signature on paper, or the recipient's code.
    attestFaults(record, typist, a) {
        if (record.status !== "draft") return new Set(["already_attested"]);
        const found = this.draftFaults(record, typist);
        if (a.minutes > record.minutes) found.add("minutes_exceed_draft");
        if (a.capacity === "witness" && record.label && !a.second)
            found.add("second_attester_missing");
        for (const one of [a.attester, a.second].filter(Boolean)) {
            for (const code of this.o.people.conflicts("attester", one, record,
                { attesters: [], registrar: null })) found.add(code);
            if (!this.#fitsCapacity(record, one, a)) found.add("capacity_does_not_fit");
        }
        if (record.label && OF_CATEGORY[record.category]?.includes(a.capacity) === false)
            found.add("capacity_not_of_category");
        if (record.replaces) this.#replacedFaults(this.get(record.replaces), found);
        this.#roomFaults(record, a.minutes ?? record.minutes, found);
        return found;
    }

    #fitsCapacity(record, attester, { capacity, relation }) {
        const one = ["person", "household"].includes(record.kind);
        if (capacity === "recipient")
            return record.kind === "person" ? attester === record.recipient
                : one && this.o.people.person(attester)?.household === record.household;
        if (capacity === "guardian" || capacity === "family_proxy")
            return (one || capacity === "guardian") && Boolean(relation) &&
                attester !== record.recipient;
        return !one && FOR_ALL.includes(capacity);
    }

    // One volunteer, half-open time; where a day has records without clock times, 24 h in all.
    #roomFaults(record, minutes, found) {
        const others = this.all((one) => one.volunteer === record.volunteer &&
            one.id !== record.replaces && LIVING.includes(one.status) && !one.openingOf);
        if (record.start !== null && others.some((one) => one.start !== null &&
            one.start < record.end && record.start < one.end)) found.add("time_overlap");
        const day = others.filter((one) => one.day === record.day);
        const sum = day.reduce((total, one) => total + one.minutes, minutes);
        if (sum > 1440 && [record, ...day].some((one) => one.start === null))
            found.add("day_exceeded");
    }

    // What a replacement needs of the record that it ends.
    #replacedFaults(old, found) {
        const wrong = old.status === "rejected" && this.o.requests.isAccepted(old);
        if (!["attested", "registered", "returned"].includes(old.status) && !wrong)
            found.add(this.stateFault(old.status));
        if (old.status === "registered" && this.o.weeks.stateOf(old.week) !== "open")
            found.add("week_frozen");
    }

    attest(record, a) {
        record.status = "attested";
        record.minutes = a.minutes ?? record.minutes;
        record.attesters = [a.attester, a.second].filter(Boolean);
        record.isFound = Boolean(a.sheet || a.isCode);
        if (record.replaces) this.end(this.get(record.replaces), "replaced");
        const hold = this.o.books.holds.get(record.assignment);
        if (hold) hold.record = record.id;
    }

    registrarFaults(record, registrar, typist, attesters = record.attesters) {
        const found = this.o.people.conflicts("registrar", registrar, record,
            { attesters, registrar: null });
        if (!this.o.people.holds(registrar, REGISTRARS, record.region, record.team))
            found.add("registrar_not_entitled");
        if (typist === record.server) found.add("entered_by_server");
        return found;
    }

    register(record, registrar) {
        record.status = "registered";
        record.registrar = registrar;
        record.week = this.o.weeks.bookWeek(record.day);
        record.entered = record.week;
        record.pending = record.minutes;
        record.late = dayOf(this.o.now) >
            (record.end === null ? record.day : dayOf(record.end));
        this.o.books.change(record.volunteer, { pending: record.minutes });
    }

    voidFaults(record, typist) {
        if (record.status === "registered" && this.o.weeks.stateOf(record.week) !== "open")
            return new Set(["week_frozen", ...(typist === record.server ? ["entered_by_server"] : [])]);
        if (!["attested", "registered"].includes(record.status))
            return new Set([this.stateFault(record.status)]);
        return new Set(typist === record.server ? ["entered_by_server"] : []);
    }

    replaceFaults(old, d, typist) {
        if (old.status === "draft") return new Set(["record_not_attested"]);
        const found = this.draftFaults(d, typist);
        this.#replacedFaults(old, found);
        return found;
    }

    // It counts no longer: its time is free, its pending minutes are gone, its hold waits for another.
    end(record, status) {
        record.status = status;
        this.o.books.change(record.volunteer, { pending: -record.pending });
        record.pending = 0;
        const hold = this.o.books.holds.get(record.assignment);
        if (hold?.record === record.id) hold.record = null;
        if (hold?.state === "open" && status === "rejected") this.o.books.end(hold, "voided");
    }
}
