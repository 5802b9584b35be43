// Errors that somebody reports in a record: where a request stands, and what that does to the record.

export class Requests {
    constructor(oracle) {
        this.o = oracle;
        this.all = new Map();
    }

    of(record) {
        return record.requests.map((id) => this.all.get(id));
    }

    // Not declined and not withdrawn, also when it has been done: a close leaves the record out.
    isReported(record) {
        return this.of(record).some((one) => ["open", "accepted"].includes(one.answer ?? "open"));
    }

    stateOf(one) {
        const { record, answer, followUp, done } = one;
        if (answer !== "accepted") return answer ?? "open";
        const over = ["void", "replaced"].includes(record.status) ||
            (record.status === "returned" && followUp === "return") || done;
        return over ? "corrected" : "accepted";
    }

    isAccepted(record) {
        return this.of(record).some((one) => this.stateOf(one) === "accepted");
    }

    // The usual first.
    possible(record) {
        const open = this.o.weeks.stateOf(record.week) === "open";
        return { attested: ["replace", "void"],
            registered: open ? ["replace", "void", "return"] : ["return", "decide"],
            returned: ["replace"], rejected: ["replace"], verified: ["ledger_correction"],
        }[record.status] ?? [];
    }

    createFaults(record, actor, requester) {
        if (["draft", "void", "replaced"].includes(record.status))
            return new Set([this.o.service.stateFault(record.status)]);
        const found = new Set();
        const part = [record.server, record.recipient, ...record.attesters];
        if (requester !== actor.person && !part.includes(requester))
            found.add("requester_has_no_part");
        if (this.of(record).some((one) => one.requester === requester &&
            ["open", "accepted"].includes(this.stateOf(one)))) found.add("correction_request_open");
        return found;
    }

    create(id, record, requester) {
        this.all.set(id, { id, record, requester, answer: null, followUp: null, done: false });
        record.requests.push(id);
    }

    answerFaults(one, actor, { decision, follow_up, reason }) {
        if (this.stateOf(one) !== "open") return new Set(["correction_request_answered"]);
        const { record } = one;
        const found = this.o.weeks.officeFaults("decider", record, actor,
            [...record.attesters, one.requester]);
        if (decision === "decline" && !reason) found.add("reason_missing");
        if (decision === "accept" && follow_up && !this.possible(record).includes(follow_up))
            found.add("follow_up_not_possible");
        return found;
    }

    // By who made it, or for him at the counter: any other role types it.
    withdrawFaults(one) {
        return new Set(this.stateOf(one) === "open" ? [] : ["correction_request_answered"]);
    }

    answer(one, decision, followUp) {
        one.answer = { accept: "accepted", decline: "declined" }[decision];
        if (decision === "accept") one.followUp = followUp ?? this.possible(one.record)[0] ?? null;
    }

    // A decision or correction since the acceptance does what was wanted.
    decided(record, decision) {
        if (["reduce", "reject"].includes(decision)) this.corrected(record);
    }

    corrected(record) {
        for (const one of this.of(record)) if (one.answer === "accepted") one.done = true;
    }
}
