// What the program should say and do, in memory and without SQL: written from docs/ledger.md and the
// domain's rules, to be compared with what it says and does.
import { dueOf, freezeOf, monthAfter, monthDueOf, monthOf, mondayOf, quarterAfter, quarterDueOf,
    quarterOf, dayOf } from "../calendar.mjs";
import { Books } from "./books.mjs";
import { Corrections } from "./corrections.mjs";
import { Months } from "./months.mjs";
import { Notices } from "./notices.mjs";
import { People } from "./people.mjs";
import { Requests } from "./requests.mjs";
import { Service } from "./service.mjs";
import { Weeks } from "./weeks.mjs";

const CATEGORIES = ["home_care", "companionship", "patrol", "performance", "lunch_table"];

export class Oracle {
    // founded: the first day of the district, from which on nothing has happened until `now`.
    constructor(district, founded, now) {
        this.now = now;
        this.people = new People(district);
        this.regions = district.regions;
        this.books = new Books(district.volunteers);
        this.requests = new Requests(this);
        this.service = new Service(this);
        this.weeks = new Weeks(this, mondayOf(founded));
        this.months = new Months(this, monthOf(founded));
        this.corrections = new Corrections(this);
        this.notices = new Notices(this);
        this.firstQuarter = quarterOf(founded);
        for (const one of CATEGORIES) this.service.categories.add(one);
        for (const one of district.teams) this.service.teams.add(one);
        this.moveTo(now);
    }

    // The clock has been moved: what is due happens, in the order in which it fell due.
    moveTo(now) {
        this.now = now;
        this.books.expire(now);
        for (const { act } of this.#due(now)) act();
        this.notices.advance();
    }

    #due(now) {
        const events = [];
        const add = (at, grain, act) => at <= now && events.push({ at, grain, act });
        for (let week = this.weeks.first; freezeOf(week) <= now; week += 7) {
            if (this.weeks.stateOf(week) === "open")
                add(freezeOf(week), 0, () => this.weeks.freeze(week));
            if (this.weeks.stateOf(week) !== "settled")
                add(dueOf(week), 0, () => this.weeks.settle(week));
        }
        for (let month = this.months.first; monthDueOf(month) <= now; month = monthAfter(month))
            if (this.months.isOpen(month))
                add(monthDueOf(month), 1, () => this.months.settle(month));
        for (let one = this.firstQuarter; quarterDueOf(one) <= now; one = quarterAfter(one))
            if (this.notices.stateOf(one) === "open")
                add(quarterDueOf(one), 2, () => this.notices.settle(one));
        return events.sort((a, b) => a.at - b.at || a.grain - b.grain);
    }

    today() {
        return dayOf(this.now);
    }

    openBalanceFaults({ region, volunteer, day, person }) {
        const found = new Set();
        if (region.endsWith("000")) found.add("region_is_no_community");
        if (this.people.serverOf(volunteer) === person) found.add("opening_balance_is_own");
        if (day > this.today()) found.add("served_until_in_future");
        return found;
    }

    openBalance(id, { region, volunteer, day, minutes, person }) {
        const transfer = { kind: "opening", debit: null, credit: volunteer, minutes, region,
            month: this.months.booking(day), standing: minutes };
        this.service.records.set(id, { id, openingOf: volunteer, status: "verified", volunteer,
            server: this.people.serverOf(volunteer), attesters: [], registrar: null, verifier: null,
            openedBy: person, correctors: [], requests: [], minutes, verified: minutes, region,
            day, team: null, start: null, recipient: null, week: null, pending: 0,
            payment: { opening: transfer }, flags: new Set(), exceptions: new Map() });
        this.books.change(volunteer, { posted: minutes, earned: minutes });
        this.books.write([transfer], () => "");
        return transfer;
    }
}
