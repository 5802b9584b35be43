// Passbooks: balances with their floor, holds, and the lines that are to be printed.
//
// A transfer names the volunteers whose books it debits and credits; null is the issuing community.

export class Books {
    constructor(volunteers) {
        this.accounts = new Map(volunteers.map((one) => [one.id, {
            volunteer: one.id, posted: 0, held: 0, pending: 0, floor: 0, earned: 0, printed: [],
            fresh: [] }]));
        this.holds = new Map();
        this.transfers = [];
        this.batches = 0;
    }

    of(volunteer) {
        return this.accounts.get(volunteer);
    }

    free(volunteer) {
        const { posted, held } = this.of(volunteer);
        return posted - held;
    }

    available(volunteer) {
        return this.free(volunteer) - this.of(volunteer).floor;
    }

    // Changes a balance at once; the floor of a deficit follows what is free, up to 0.
    change(volunteer, { posted = 0, held = 0, pending = 0, earned = 0, deficit = 0 }) {
        const account = this.of(volunteer);
        account.posted += posted;
        account.held += held;
        account.pending += pending;
        account.earned += earned;
        account.floor -= deficit;
        account.floor = Math.min(0, Math.max(account.floor, account.posted - account.held));
    }

    place({ assignment, payer, volunteer, minutes, expires }) {
        if (payer === volunteer) return "payer_is_server";
        if (this.holds.has(assignment)) return "assignment_has_hold";
        if (this.available(payer) < minutes) return "balance_insufficient";
        this.change(payer, { held: minutes });
        this.holds.set(assignment,
            { assignment, payer, volunteer, minutes, expires, state: "open", record: null });
        return null;
    }

    end(hold, state) {
        hold.state = state;
        this.change(hold.payer, { held: -hold.minutes });
    }

    void(assignment) {
        const hold = this.holds.get(assignment);
        if (!hold) return "not_found";
        if (hold.state !== "open") return "hold_is_closed";
        this.end(hold, "voided");
        return null;
    }

    // What is over and serves no living record.
    expire(now) {
        for (const hold of this.holds.values())
            if (hold.state === "open" && hold.expires <= now && !hold.record)
                this.end(hold, "expired");
    }

    // What a transfer does to the two books: [[volunteer, minutes, earned], …].
    effects({ kind, debit, credit, minutes }) {
        return [
            debit && [debit, -minutes, kind === "reversal" ? -minutes : 0],
            credit && [credit, minutes, kind === "reversal" ? 0 : minutes],
        ].filter(Boolean);
    }

    // Writes transfers as one act. `order` sorts the lines of a book; what is equal in it may stand
    // in any order.
    write(transfers, order) {
        const batch = ++this.batches;
        for (const one of transfers) {
            this.transfers.push(one);
            for (const [volunteer, minutes] of this.effects(one))
                this.of(volunteer).fresh.push({ batch, order: order(one, minutes), kind: one.kind,
                    minutes, region_code: one.region, book_month: one.month,
                    book_week: one.week ?? null });
        }
    }

    // What transfers come to on each book: Map of volunteer to {posted, earned}.
    net(transfers) {
        const sums = new Map();
        for (const one of transfers)
            for (const [volunteer, minutes, earned] of this.effects(one)) {
                const sum = sums.get(volunteer) ?? { posted: 0, earned: 0 };
                sums.set(volunteer,
                    { posted: sum.posted + minutes, earned: sum.earned + earned });
            }
        return sums;
    }
}
