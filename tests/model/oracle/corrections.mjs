// Corrections of what was booked: reversal and replacement, their net at once, and the approval where
// minutes were spent.

export class Corrections {
    constructor(oracle) {
        this.o = oracle;
        this.all = new Map();
    }

    // Whoever had a part in a record, besides the server and his household.
    #parts(record) {
        return [...record.attesters, record.registrar, record.verifier, ...record.correctors,
            record.openedBy].filter(Boolean);
    }

    partFaults(record, person) {
        const had = this.#parts(record).includes(person) || person === record.server ||
            this.o.people.shareHousehold(person, record.server);
        return had ? ["decider_had_part"] : [];
    }

    waiting(record) {
        return [...this.all.values()].some((one) =>
            one.record === record && one.state === "awaiting_approval");
    }

    faults(record, minutes, person) {
        const found = new Set(this.partFaults(record, person));
        if (record.status !== "verified" || !record.payment) return found.add("record_not_booked");
        if (this.waiting(record)) found.add("ledger_correction_open");
        if (minutes > record.minutes) found.add("correction_over_attested");
        if (minutes === record.verified) found.add("correction_changes_nothing");
        return found;
    }

    // What each payment of the record is and becomes: [{payment, from, to}].
    #changes(record, minutes) {
        const { deposit, opening, capture, overrun } = record.payment;
        const one = deposit ?? opening;
        if (one) return [{ payment: one, from: one.standing,
            to: one.standing + minutes - record.verified }];
        const paid = Math.min(minutes, Math.max(capture.standing, capture.hold.minutes));
        const issued = overrun ?? { ...capture, kind: "overrun", debit: null, standing: 0 };
        return [{ payment: capture, from: capture.standing, to: paid },
            { payment: issued, from: issued.standing, to: minutes - paid }];
    }

    #transfers(record, minutes) {
        const month = this.o.months.today();
        const changed = this.#changes(record, minutes).filter(({ from, to }) => from !== to);
        const base = ({ kind, region }) => ({ corrected: kind, region, month, record });
        return [
            ...changed.filter(({ from }) => from).map(({ payment, from }) => ({ ...base(payment),
                kind: "reversal", debit: payment.credit, credit: payment.debit, minutes: from })),
            ...changed.filter(({ to }) => to).map(({ payment, to }) => ({ ...base(payment),
                kind: "replacement", debit: payment.debit, credit: payment.credit, minutes: to })),
        ];
    }

    // By how much it would break the floor of each book: Map of volunteer to minutes.
    #deficits(record, minutes) {
        const { books } = this.o;
        const short = [...books.net(this.#transfers(record, minutes))].map(([volunteer, sum]) =>
            [volunteer, Math.max(0, -(books.available(volunteer) + sum.posted))]);
        return new Map(short.filter(([, missing]) => missing));
    }

    deficit(record, minutes) {
        return [...this.#deficits(record, minutes).values()].reduce((sum, one) => sum + one, 0);
    }

    create(id, record, minutes, decidedBy, caseNumber = null) {
        const one = { id, record, minutes, before: record.verified, decidedBy, caseNumber,
            state: "awaiting_approval", published: null, transfers: [], deficit: 0 };
        this.all.set(id, one);
        if (this.deficit(record, minutes) === 0) this.#post(one);
        return one;
    }

    #post(one) {
        const { books } = this.o;
        const { record, minutes } = one;
        const deficits = this.#deficits(record, minutes);
        const transfers = this.#transfers(record, minutes);
        for (const change of this.#changes(record, minutes)) {
            change.payment.standing = change.to;
            if (change.payment.kind === "overrun" && change.to) record.payment.overrun = change.payment;
        }
        for (const [volunteer, sum] of books.net(transfers))
            books.change(volunteer, { ...sum, deficit: deficits.get(volunteer) ?? 0 });
        books.write(transfers, ({ kind }) => (kind === "reversal" ? "0" : "1"));
        record.correctors.push(one.decidedBy);
        record.verified = minutes;
        Object.assign(one, { state: "posted", transfers, month: this.o.months.today(),
            deficit: [...deficits.values()].reduce((sum, missing) => sum + missing, 0) });
        this.o.requests.corrected(record);
    }

    decideFaults(one, person, { decision, reason }) {
        if (one.state !== "awaiting_approval") return new Set(["ledger_correction_decided"]);
        const found = new Set(this.partFaults(one.record, person));
        if (one.decidedBy === person) found.add("approver_is_decider");
        if (decision === "decline" && !reason) found.add("reason_missing");
        return found;
    }

    decide(one, decision) {
        if (decision === "approve") this.#post(one);
        else one.state = "declined";
    }
}
