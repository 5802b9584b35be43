// The public notice of a quarter: its lines, boards, cases and revisions.
import { dayOf, midnight, monthAfter, quarterAfter, quarterName } from "../calendar.mjs";
import { isWithin } from "./people.mjs";

const DISTRICT = "371402";
const OBJECTION_DAYS = 7;
const ANSWER_DAYS = 15;
const FINISHED = ["upheld", "dismissed", "withdrawn"];

export class Notices {
    constructor(oracle) {
        this.o = oracle;
        this.quarters = new Map(); // quarter to its state
        this.all = new Map();
        this.cases = new Map();
        this.caseCount = new Map(); // by year
    }

    stateOf(quarter) {
        return this.quarters.get(quarter) ?? "open";
    }

    revisions(quarter) {
        return [...this.all.values()].filter((one) => one.quarter === quarter);
    }

    #add(quarter, revision, lines) {
        const number = `${DISTRICT}-${quarterName(quarter)}-${revision}`;
        const notice = { number, quarter, revision, lines, drawnAt: this.o.now, postings: [] };
        this.all.set(number, notice);
        return notice;
    }

    settle(quarter) {
        const lines = new Map();
        const { people, months } = this.o;
        const before = [...this.all.values()].at(-1);
        for (let month = quarter, i = 0; i < 3; i++, month = monthAfter(month))
            for (const [volunteer, row] of months.settled.get(month)?.books ?? []) {
                const line = lines.get(volunteer) ?? { isNew: true, deposited: 0, withdrawn: 0,
                    opening: before?.lines.get(volunteer)?.closing ?? row.opening_minutes,
                    region: people.person(people.serverOf(volunteer)).region };
                line.deposited += row.opened_minutes + row.deposited_minutes;
                line.withdrawn += row.withdrawn_minutes;
                line.closing = row.closing_minutes;
                line.earned = row.earned_minutes;
                line.corrected = line.closing - line.opening - line.deposited + line.withdrawn;
                lines.set(volunteer, line);
            }
        this.quarters.set(quarter, "settled");
        this.#add(quarter, 1, lines);
    }

    // Of the pages with lines that are new: how many there are and hang, and when the window ends. The
    // page of a later revision hangs for the earlier one too.
    standing(notice) {
        const fresh = new Set([...notice.lines.values()].filter((one) => one.isNew)
            .map((one) => one.region));
        const postings = this.revisions(notice.quarter)
            .filter((one) => one.revision >= notice.revision).flatMap((one) => one.postings);
        const hung = [...fresh].map((region) => {
            const times = postings.filter((one) => one.region === region &&
                !this.#cameDownEarly(one)).map((one) => one.at);
            return times.length ? Math.min(...times) : null;
        });
        const since = hung.includes(null) ? null : Math.max(notice.drawnAt, ...hung);
        return { pages: fresh.size, posted: hung.filter((one) => one !== null).length, since,
            windowEnds: since === null ? null : this.#hangsUntil(since) };
    }

    #hangsUntil(at) {
        return midnight(dayOf(at) + 1 + OBJECTION_DAYS);
    }

    #cameDownEarly({ at, down }) {
        return down !== null && down < this.#hangsUntil(at);
    }

    openCases(quarter) {
        return [...this.cases.values()].filter((one) => one.notice.quarter === quarter &&
            !FINISHED.includes(this.caseState(one))).length;
    }

    caseState(one) {
        if (!one.decision) return "open";
        if (one.decision !== "upheld") return one.decision;
        const states = one.corrections.map(({ state }) => state);
        if (states.includes("awaiting_approval")) return "awaiting_approval";
        return states.length && states.every((state) => state === "declined") ? "open" : "upheld";
    }

    #unpublished(quarter) {
        return [...this.o.corrections.all.values()].filter((one) => one.state === "posted" &&
            one.caseNumber && !one.published &&
            this.cases.get(one.caseNumber).notice.quarter === quarter);
    }

    #revise(last) {
        const corrections = this.#unpublished(last.quarter);
        const net = this.o.books.net(corrections.flatMap((one) => one.transfers));
        const lines = new Map([...last.lines].map(([volunteer, line]) => {
            const sum = net.get(volunteer);
            return [volunteer, { ...line, isNew: Boolean(sum),
                corrected: line.corrected + (sum?.posted ?? 0),
                closing: line.closing + (sum?.posted ?? 0),
                earned: line.earned + (sum?.earned ?? 0) }];
        }));
        const notice = this.#add(last.quarter, last.revision + 1, lines);
        for (const one of corrections) one.published = notice.number;
        return notice;
    }

    // What each wake-up does.
    advance() {
        for (const [quarter, state] of this.quarters) {
            if (state === "final") continue;
            const last = this.revisions(quarter).at(-1);
            const open = this.openCases(quarter) > 0;
            if (!open && this.#unpublished(quarter).length) this.#revise(last);
            const all = this.revisions(quarter).map((one) => this.standing(one));
            const isOver = (at) => at !== null && at <= this.o.now;
            if (!open && all.every(({ windowEnds }) => isOver(windowEnds)))
                this.quarters.set(quarter, "final");
            else if (all.every(({ since }) => isOver(since))) this.quarters.set(quarter, "noticed");
        }
    }

    #page(notice, { volunteer, region }) {
        const lines = [...notice.lines].filter(([whose, line]) =>
            (volunteer ? whose === volunteer : line.region === region)).map(([, line]) => line);
        return lines.length ? { region: lines[0].region,
            isNew: lines.some((one) => one.isNew) } : null;
    }

    objectionFaults(notice, target, range = null) {
        if (!target.volunteer && !target.region) return new Set(["objection_names_nothing"]);
        const page = this.#page(notice, target);
        if (!page) return new Set(["objection_line_unknown"]);
        if (range && !isWithin(page.region, range)) return new Set(["not_found"]);
        const found = new Set();
        const { windowEnds } = this.standing(notice);
        if (windowEnds !== null && this.o.now >= windowEnds) found.add("window_closed");
        if (!page.isNew) found.add("objection_to_unchanged");
        return found;
    }

    object(notice, target) {
        const year = new Date(this.o.now + 8 * 3600000).getUTCFullYear();
        const count = (this.caseCount.get(year) ?? 0) + 1;
        this.caseCount.set(year, count);
        const number = `${DISTRICT}-YY${year}-${String(count).padStart(4, "0")}`;
        const one = { number, notice, volunteer: target.volunteer ?? null, decision: null,
            corrections: [], all: [], region: this.#page(notice, target).region,
            due: midnight(dayOf(this.o.now) + 1 + ANSWER_DAYS) };
        this.cases.set(number, one);
        return one;
    }

    decideFaults(one, actor, { decision, corrections = [] }) {
        if (this.caseState(one) !== "open") return new Set(["objection_decided"]);
        const found = new Set();
        if (decision !== "upheld" && corrections.length) found.add("corrections_of_upheld_only");
        const ids = corrections.map((each) => each.record_id);
        if (new Set(ids).size < ids.length) found.add("correction_record_twice");
        const whose = one.volunteer && this.o.people.serverOf(one.volunteer);
        if (whose && (whose === actor.person ||
            this.o.people.shareHousehold(whose, actor.person))) found.add("decider_had_part");
        for (const { record_id, minutes } of corrections) {
            const record = this.o.service.get(record_id);
            if (!record || record.status === "draft" || !isWithin(record.region, actor.region))
                found.add("correction_record_unknown");
            else if (!this.#concerns(record, one))
                found.add("correction_not_of_line");
            else for (const code of this.o.corrections.faults(record, minutes, actor.person))
                found.add(code);
        }
        return found;
    }

    // What pays the record is in the notice, and in the line that the case names.
    #concerns({ payment }, { volunteer, notice }) {
        const paid = Object.values(payment ?? {}).filter(Boolean);
        if (!paid.length) return !volunteer;
        return paid.some((one) => one.month < quarterAfter(notice.quarter) &&
            (!volunteer || one.debit === volunteer || one.credit === volunteer));
    }

    // ids: of the corrections, as the answer names them in the order of the body.
    decide(one, actor, { decision, corrections = [] }, ids) {
        one.decision = decision;
        one.corrections = corrections.map(({ record_id, minutes }, i) =>
            this.o.corrections.create(ids[i], this.o.service.get(record_id), minutes, actor.person,
                one.number));
        one.all.push(...one.corrections);
    }
}
