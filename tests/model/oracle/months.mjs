// Months: where transfers are booked, and the frozen totals of passbooks, regions and teams.
import { dayOf, monthAfter, monthOf } from "../calendar.mjs";
import { isWithin } from "./people.mjs";

const SIGN = { reversal: -1 };
const sumOf = (list, value) => list.reduce((sum, one) => sum + value(one), 0);

export class Months {
    constructor(oracle, first) {
        this.o = oracle;
        this.first = first;
        this.settled = new Map(); // month to {books: Map, regions: Map, teams: Map}
    }

    isOpen(month) {
        return month >= this.first && !this.settled.has(month);
    }

    stateOf(month) {
        return this.isOpen(month) ? "open" : "settled";
    }

    // Its own month while that is open, else the oldest open one.
    booking(day) {
        let month = monthOf(day);
        while (!this.isOpen(month)) month = monthAfter(month);
        return month;
    }

    today() {
        return this.booking(dayOf(this.o.now));
    }

    settle(month) {
        const moves = this.o.books.transfers.filter((one) => one.month === month);
        const records = this.o.service.all((one) => one.bookedMonth === month &&
            one.openingOf === undefined);
        const books = this.#books(month, moves, records);
        this.settled.set(month, { books, regions: this.#regions(month, moves, records, books),
            teams: this.#teams(records) });
    }

    #before(month) {
        const earlier = [...this.settled.keys()].filter((one) => one < month);
        return earlier.length ? this.settled.get(Math.max(...earlier)).books : new Map();
    }

    #books(month, moves, records) {
        const before = this.#before(month);
        const touched = new Set(before.keys());
        for (const one of moves)
            for (const [volunteer] of this.o.books.effects(one)) touched.add(volunteer);
        return new Map([...touched].map((volunteer) => {
            const sides = moves.flatMap((one) => this.o.books.effects(one)
                .filter(([whose]) => whose === volunteer)
                .map(([, minutes, earned]) => ({ kind: one.kind, minutes, earned })));
            const sum = (...kinds) => (wanted) => sumOf(sides.filter((one) =>
                kinds.includes(one.kind) && wanted(one.minutes)), (one) => one.minutes);
            const any = () => true;
            const opening = before.get(volunteer)?.closing_minutes ?? 0;
            const row = { opening_minutes: opening, opened_minutes: sum("opening")(any),
                deposited_minutes: sum("deposit", "capture", "overrun")((minutes) => minutes > 0),
                withdrawn_minutes: 0 - sum("capture")((minutes) => minutes < 0),
                corrected_minutes: sum("reversal", "replacement")(any),
                closing_minutes: opening + sumOf(sides, (one) => one.minutes),
                earned_minutes: (before.get(volunteer)?.earned_minutes ?? 0) +
                    sumOf(sides, (one) => one.earned),
                records: records.filter((one) => one.volunteer === volunteer).length };
            return [volunteer, row];
        }));
    }

    // Communities, subdistricts and the district, as far as there is something to tell.
    #regions(month, moves, records, books) {
        const { people } = this.o;
        const home = (volunteer) => people.person(people.serverOf(volunteer)).region;
        const within = (region, range) => isWithin(region, range);
        const result = new Map();
        for (const range of this.o.regions) {
            const served = records.filter((one) => within(one.region, range));
            const paid = moves.filter((one) => within(one.region, range));
            const homes = [...books].filter(([whose]) => within(home(whose), range))
                .map(([, row]) => row);
            if (!served.length && !paid.length && !homes.length) continue;
            const value = (kinds) => sumOf(paid.filter((one) =>
                kinds.includes(one.corrected ?? one.kind)),
            (one) => (SIGN[one.kind] ?? 1) * one.minutes);
            const row = { records: served.length,
                volunteers: new Set(served.map((one) => one.volunteer)).size,
                record_minutes: sumOf(served, (one) => one.bookedMinutes),
                registered_late: served.filter((one) => one.late).length,
                booked_late: served.filter((one) => one.day < month).length,
                issued_minutes: value(["opening", "deposit", "overrun"]),
                captured_minutes: value(["capture"]), passbooks: homes.length };
            for (const name of ["opening", "opened", "deposited", "withdrawn", "corrected",
                "closing"].map((one) => `${one}_minutes`)) row[name] = sumOf(homes, (one) => one[name]);
            result.set(range, row);
        }
        return result;
    }

    #teams(records) {
        const result = new Map();
        for (const team of new Set(records.map((one) => one.team).filter(Boolean))) {
            const served = records.filter((one) => one.team === team);
            result.set(team, { records: served.length,
                volunteers: new Set(served.map((one) => one.volunteer)).size,
                record_minutes: sumOf(served, (one) => one.bookedMinutes) });
        }
        return result;
    }

    statements(month) {
        const { books, regions, teams } = this.settled.get(month);
        return books.size + regions.size + teams.size;
    }
}
