// Weeks: what enters them, what their freeze flags, who verifies, and what their settlement pays.
import { MINUTE_MS, midnight, mondayOf } from "../calendar.mjs";
import { isWithin } from "./people.mjs";

const AT_ONCE = 480, BY_SUBDISTRICT = 720; // minutes of a day
const OPENS = 6 * 60, CLOSES = 22 * 60;
const OUTLIER_RECORDS = 30, OUTLIER_TIMES = 3, OUTLIER_DAYS = 56;
const RECIPROCITY = 3;
const SPOT_CHECK_PERCENT = 10;

export class Weeks {
    constructor(oracle, first) {
        this.o = oracle;
        this.first = first;
        this.states = new Map();
        this.worklists = new Map(); // "week region" to {week, region, members, closedBy}
        this.runs = new Map();
    }

    stateOf(week) {
        return this.states.get(week) ?? (week < this.first ? "settled" : "open");
    }

    // Its own week while that is open, else the oldest open one.
    bookWeek(day) {
        let week = mondayOf(day);
        while (this.stateOf(week) !== "open") week += 7;
        return week;
    }

    list(week, region) {
        return this.worklists.get(`${week} ${region}`);
    }

    freeze(week) {
        const members = this.o.service.all((one) => one.status === "registered" && one.week === week);
        this.states.set(week, "frozen");
        for (const record of members)
            for (const flag of this.#flagsOf(record)) record.flags.add(flag);
        for (const region of new Set(members.map((one) => one.region)))
            this.worklists.set(`${week} ${region}`, { week, region, closedBy: null,
                members: members.filter((one) => one.region === region) });
    }

    * #flagsOf(record) {
        const { people } = this.o;
        const server = people.person(record.server);
        const home = record.recipient ? people.person(record.recipient)
            : record.household && people.person(people.members(record.household)[0]);
        if (home && home.region !== record.region) yield "outside_region";
        if (home?.address && home.address === server.address && home.region === server.region &&
            home.household !== server.household) yield "same_address";
        if (this.#minutesOfDay(record, record.week) > AT_ONCE) yield "long_day";
        if (record.start !== null && record.category !== "patrol" && this.#isOutside(record))
            yield "outside_window";
        if (!record.isFound) yield "missing_signature";
        if (this.#isOutlier(record)) yield "registrar_outlier";
        if (record.recipient &&
            this.#timesServed(record.server, record.recipient, record.day) >= RECIPROCITY &&
            this.#timesServed(record.recipient, record.server, record.day) >= RECIPROCITY)
            yield "reciprocity";
        if (record.mismatch) yield "spot_check_failed";
    }

    #isOutside({ start, end, day }) {
        const minute = (at) => (at - midnight(day)) / MINUTE_MS;
        return minute(start) < OPENS || minute(end) > CLOSES;
    }

    // Far more than any registrar registers here in a week: the median, of two the lower.
    #isOutlier(record) {
        if (record.entered !== record.week) return false;
        const counts = new Map();
        for (const one of this.o.service.all((each) => each.registrar &&
            each.region === record.region && each.entered <= record.week &&
            each.entered >= record.week - OUTLIER_DAYS && !["void", "replaced"].includes(each.status))) {
            const key = `${one.registrar} ${one.entered}`;
            counts.set(key, (counts.get(key) ?? 0) + 1);
        }
        const sorted = [...counts.values()].sort((a, b) => a - b);
        const usual = sorted[Math.ceil(sorted.length / 2) - 1];
        const own = counts.get(`${record.registrar} ${record.week}`);
        return own > OUTLIER_RECORDS && own > usual * OUTLIER_TIMES;
    }

    // Registered and still counting, by what was decided.
    #counting() {
        return this.o.service.all((one) => one.registrar &&
            ["registered", "verified"].includes(one.status));
    }

    // Of a volunteer's day, as registered up to a week, besides `without`.
    #minutesOfDay({ volunteer, day }, week, without = null) {
        return this.#counting().filter((one) => one.volunteer === volunteer && one.day === day &&
            one.entered <= week && one !== without)
            .reduce((sum, one) => sum + (one.decision?.minutes ?? one.minutes), 0);
    }

    // In the four weeks up to a day.
    #timesServed(server, recipient, until) {
        return this.#counting().filter((one) => one.server === server &&
            one.recipient === recipient && one.day <= until && one.day > until - 28).length;
    }

    sampleSize(list) {
        const clean = list.members.filter((one) => !one.flags.size).length;
        return Math.ceil((clean * SPOT_CHECK_PERCENT) / 100);
    }

    closeFaults(list, actor, checks) {
        if (!list) return new Set(["not_found"]);
        const found = new Set();
        if (list.closedBy) found.add("worklist_closed_already");
        if (this.stateOf(list.week) === "settled") found.add("worklist_overdue");
        if (!this.o.people.secretaries(list.region).includes(actor.person))
            found.add("verifier_not_entitled");
        if (checks.some(({ record_id }) => !list.members.some((one) => one.id === record_id)))
            found.add("spot_checks_unknown");
        return found;
    }

    // Accepts what is clean, and leaves out the rest: gives [[record, reason], …].
    close(list, verifier, checks) {
        const left = [];
        list.closedBy = verifier;
        for (const { record_id, result } of checks)
            if (result === "mismatch") this.o.service.get(record_id).mismatch = true;
        for (const record of list.members.filter((one) => one.status === "registered")) {
            const failed = checks.some((one) =>
                one.record_id === record.id && one.result === "mismatch");
            const reason = this.o.people.hadPart(verifier, record) ? "verifier_had_part"
                : record.flags.size ? "flagged"
                : failed ? "spot_check_failed"
                : this.o.requests.isReported(record) ? "correction_requested" : null;
            if (reason) {
                record.exceptions.set(list.week, reason);
                left.push([record, reason]);
            } else {
                Object.assign(record, { status: "verified", verified: record.minutes, verifier });
            }
        }
        return left;
    }

    // Who verifies: the secretary, or the subdistrict where a secretary had a part.
    officeFaults(duty, record, actor, attesters = record.attesters) {
        const { people } = this.o;
        const found = people.conflicts(duty, actor.person, record, { attesters });
        const theirs = people.secretaries(record.region).some((one) =>
            people.conflicts(duty, one, record, { attesters }).size > 0);
        if (actor.role === "district_admin" || (actor.role === "subdistrict_admin" && !theirs))
            found.add("secretary_decides");
        return found;
    }

    // Whose office it is to credit so much of a day that was flagged as long; null: as always.
    #dayOffice(record, credited) {
        if (!record.flags.has("long_day") || !credited) return null;
        const left = credited + this.#minutesOfDay(record, record.week, record);
        if (left <= AT_ONCE) return null;
        const { people } = this.o;
        const could = people.grants.some((one) => one.role === "subdistrict_admin" &&
            isWithin(record.region, one.region) &&
            !people.conflicts("verifier", one.person, record).size);
        return left <= BY_SUBDISTRICT && could ? "subdistrict_admin" : "district_admin";
    }

    #deciderFaults(record, actor, credited) {
        const office = this.#dayOffice(record, credited);
        if (!office) return this.officeFaults("verifier", record, actor);
        const found = this.o.people.conflicts("verifier", actor.person, record);
        return actor.role === office ? found : found.add("day_needs_office");
    }

    decideFaults(record, actor, { decision, minutes, reason }) {
        if (record.status !== "registered")
            return new Set([this.o.service.stateFault(record.status)]);
        const credited = { accept: minutes ?? record.minutes, reduce: minutes ?? 0 }[decision] ?? 0;
        const found = this.#deciderFaults(record, actor, credited);
        if (this.stateOf(record.week) === "open") found.add("week_not_frozen");
        const single = record.flags.size || record.exceptions.size ||
            this.o.requests.isReported(record);
        if (actor.role === "community_secretary" && !single) found.add("decided_by_close");
        if (decision !== "accept" && !reason) found.add("reason_missing");
        const fits = { accept: (minutes ?? record.minutes) === record.minutes,
            reduce: minutes >= 1 && minutes < record.minutes }[decision] ?? (minutes ?? 0) === 0;
        if (!fits) found.add("decision_minutes_wrong");
        return found;
    }

    decide(record, verifier, decision, minutes) {
        const counted = { accept: record.minutes, reduce: minutes }[decision] ?? 0;
        record.decision = { decision, minutes: counted, week: record.week };
        record.verifier = verifier;
        if (counted) Object.assign(record, { status: "verified", verified: counted });
        else this.o.service.end(record, decision === "reject" ? "rejected" : "returned");
        this.o.requests.decided(record, decision);
    }

    returnFaults(record, actor) {
        if (record.status !== "registered")
            return new Set([this.o.service.stateFault(record.status)]);
        return this.officeFaults("verifier", record, actor);
    }

    settle(week) {
        const members = [...this.worklists.values()].filter((one) => one.week === week)
            .flatMap((one) => one.members);
        const verified = members.filter((one) => one.status === "verified" && one.week === week);
        const transfers = [...this.#captures(verified), ...this.#deposits(verified)];
        this.states.set(week, "settled");
        for (const record of verified) {
            this.o.books.change(record.volunteer, { pending: -record.pending });
            record.pending = 0;
        }
        const carried = members.filter((one) => one.status === "registered" && one.week === week);
        for (const record of carried) record.week = week + 7;
        this.#book(week, transfers, verified);
        this.runs.set(week, { records: verified.length,
            deposits: transfers.filter((one) => one.kind === "deposit").length,
            captures: transfers.filter((one) => one.kind === "capture").length,
            minutes: verified.reduce((sum, one) => sum + one.verified, 0),
            carried: carried.length });
    }

    #openHold(record) {
        const hold = this.o.books.holds.get(record.assignment);
        return hold?.state === "open" ? hold : null;
    }

    // The hold pays first, then what the payer had available before, by record id; the rest is issued.
    #captures(verified) {
        const spare = new Map();
        const paid = verified.filter((one) => this.#openHold(one))
            .sort((a, b) => (a.id < b.id ? -1 : 1));
        return paid.flatMap((record) => {
            const hold = this.#openHold(record);
            const { payer } = hold;
            if (!spare.has(payer)) spare.set(payer, this.o.books.available(payer));
            const over = Math.max(0, record.verified - hold.minutes);
            const taken = Math.min(over, spare.get(payer));
            spare.set(payer, spare.get(payer) - taken);
            const base = { credit: record.volunteer, region: record.region, hold, record,
                month: this.o.months.booking(record.day) };
            const capture = { ...base, kind: "capture", debit: payer,
                minutes: Math.min(record.verified, hold.minutes) + taken };
            const overrun = { ...base, kind: "overrun", debit: null, minutes: over - taken };
            return overrun.minutes ? [capture, overrun] : [capture];
        });
    }

    // One deposit a volunteer, issuing community and month.
    #deposits(verified) {
        const groups = new Map();
        for (const record of verified.filter((one) => !this.#openHold(one))) {
            const month = this.o.months.booking(record.day);
            const key = `${record.volunteer} ${record.region} ${month}`;
            if (!groups.has(key)) groups.set(key, { kind: "deposit", debit: null, minutes: 0,
                credit: record.volunteer, region: record.region, month, records: [] });
            groups.get(key).minutes += record.verified;
            groups.get(key).records.push(record);
        }
        return [...groups.values()];
    }

    #book(week, transfers, verified) {
        const { books } = this.o;
        for (const one of transfers) {
            Object.assign(one, { week, standing: one.minutes });
            if (one.kind === "capture") one.record.payment = { capture: one, overrun: null };
            if (one.kind === "overrun") one.record.payment.overrun = one;
            for (const record of one.records ?? []) record.payment = { deposit: one };
        }
        const sums = books.net(transfers);
        for (const { kind, hold } of transfers)
            if (kind === "capture") {
                hold.state = "captured";
                const sum = sums.get(hold.payer);
                sum.held = (sum.held ?? 0) - hold.minutes;
            }
        for (const [volunteer, sum] of sums) books.change(volunteer, sum);
        books.write(transfers, (one, minutes) =>
            `${one.month} ${minutes > 0 ? 0 : 1} ${one.kind} ${one.region}`);
        for (const record of verified) {
            record.bookedMonth = (record.payment.deposit ?? record.payment.capture).month;
            record.bookedMinutes = record.verified;
        }
    }
}

