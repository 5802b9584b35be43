// What the daemon shows, held against the oracle: books and their lines, periods, runs, statements,
// notices, worklists and records.
import { dayNumber, textOf } from "./calendar.mjs";
import { Difference, compare } from "./difference.mjs";

const STAR_MINUTES = 6000;
const STARS = 5;
const SAMPLE = 8;
const LINE_FIELDS = ["kind", "minutes", "region_code", "book_month", "book_week"];

const same = (a, b, where) => {
    if (a !== b) throw new Difference(`${where} is ${a}, not ${b}`);
};

const dayOrNull = (day) => (day === null || day === undefined ? null : textOf(day));
const expectedLine = (line) => ({ ...line, book_month: textOf(line.book_month),
    book_week: dayOrNull(line.book_week) });
const nameOf = (line) => LINE_FIELDS.map((field) => line[field]).join(" ");

async function compareBooks(player) {
    const { oracle, district } = player;
    const rows = await player.world.admin.all("listPassbooks");
    for (const { id, passbook } of district.volunteers) {
        const account = oracle.books.of(id);
        const row = rows.find((one) => one.id === passbook);
        compare({ balance_minutes: account.posted, reserved_minutes: account.held,
            pending_minutes: account.pending, available_minutes: oracle.books.available(id),
            earned_minutes: account.earned, embargoed_minutes: 0,
            line_no: account.printed.length + account.fresh.length,
            eligible_star: Math.min(STARS, Math.floor(account.earned / STAR_MINUTES)),
            state: "open" }, row, `the passbook of ${row.volunteer_name}`);
        player.figures.compared++;
        if (account.fresh.length) await compareLines(player, account, passbook, row.volunteer_name);
    }
}

// New lines come act by act; within one, lines that the order does not tell apart in any order.
async function compareLines(player, account, passbook_id, name) {
    const from_line = account.printed.length + 1;
    const lines = await player.world.admin.all("listPassbookLines",
        { path: { passbook_id }, query: { from_line } });
    const wanted = [...account.fresh].sort((a, b) => a.batch - b.batch ||
        (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
    same(lines.length, wanted.length, `the number of new lines of ${name}`);
    let balance = account.printed.at(-1)?.balance_minutes ?? 0;
    for (let i = 0; i < lines.length;) {
        const group = wanted.filter((one) =>
            one.batch === wanted[i].batch && one.order === wanted[i].order);
        const came = lines.slice(i, i + group.length);
        same(came.map(nameOf).sort().join(", "),
            group.map((one) => nameOf(expectedLine(one))).sort().join(", "),
            `lines of ${name} from ${from_line + i}`);
        for (const line of came) {
            balance += line.minutes;
            same(line.balance_minutes, balance, `the balance after line ${line.line_no} of ${name}`);
            same(line.line_no, ++i + from_line - 1, "a line's number");
            await compareDrillDown(player, passbook_id, line, name);
        }
    }
    account.printed.push(...lines);
    account.fresh = [];
    player.figures.compared += lines.length;
}

async function compareDrillDown(player, passbook_id, { line_no, minutes }, name) {
    const records = await player.world.admin.all("listPassbookLineRecords",
        { path: { passbook_id, line_no } });
    same(records.reduce((sum, one) => sum + one.minutes, 0), Math.abs(minutes),
        `the sum of the records of line ${line_no} of ${name}`);
}

export async function comparePeriods(player) {
    const { oracle } = player;
    const today = oracle.today();
    const rows = await player.world.admin.all("listPeriods",
        { query: { from: textOf(today - 120), to: textOf(today) } });
    const states = { week: (day) => oracle.weeks.stateOf(day),
        month: (day) => oracle.months.stateOf(day),
        quarter: (day) => oracle.notices.stateOf(day) };
    for (const { grain, begin_date, state } of rows.filter((one) => states[one.grain])) {
        same(state, states[grain](dayNumber(begin_date)), `the ${grain} of ${begin_date}`);
        player.figures.compared++;
    }
}

async function compareRuns(player) {
    const { oracle, seen } = player;
    const fresh = [...oracle.weeks.runs].filter(([week]) => !seen.weeks.has(week));
    if (!fresh.length) return;
    const first = textOf(Math.min(...fresh.map(([week]) => week)));
    const rows = await player.world.admin.all("listSettlementRuns",
        { query: { grain: "week", from: first } });
    for (const [week, run] of fresh) {
        compare(run, rows.find((one) => one.begin_date === textOf(week)),
            `the run of the week of ${textOf(week)}`);
        player.figures.compared++;
    }
    for (const [week] of fresh) seen.weeks.add(week);
}

async function compareStatements(player) {
    const { oracle, world, seen } = player;
    for (const [month, settled] of oracle.months.settled) {
        if (seen.months.has(month)) continue;
        const query = { book_month: textOf(month) };
        const rows = async (operation, key, wanted) => {
            const came = await world.admin.all(operation, { query });
            same(came.map((one) => one[key]).sort().join(), [...wanted.keys()].sort().join(),
                `${operation} of ${query.book_month} has rows that`);
            for (const row of came)
                compare(wanted.get(row[key]), row, `${operation} of ${row[key]}, ${query.book_month}`);
            player.figures.compared += came.length;
        };
        await rows("listMonthStatements", "volunteer_id", settled.books);
        await rows("listRegionStatements", "region_code", settled.regions);
        await rows("listTeamStatements", "team_id", settled.teams);
        const [run] = await world.admin.all("listSettlementRuns",
            { query: { grain: "month", from: query.book_month, to: query.book_month } });
        compare({ statements: oracle.months.statements(month) }, run, "the run of the month");
        seen.months.add(month);
    }
}

async function compareNotices(player) {
    const { oracle, world } = player;
    const rows = (await world.anyone.all("listPublicNotices",
        { path: { district_code: "371402" } })).filter((one) => one.grain === "quarter");
    const wanted = [...oracle.notices.all.values()];
    same(rows.map((one) => one.number).sort().join(), wanted.map((one) => one.number).sort().join(),
        "the list of notices");
    for (const notice of wanted) {
        if (player.seen.notices.get(notice.number) === "final") continue;
        await compareNotice(player, notice);
        player.seen.notices.set(notice.number, oracle.notices.stateOf(notice.quarter));
    }
}

async function compareNotice(player, notice) {
    const { oracle, world, district } = player;
    const { number, quarter } = notice;
    const came = await world.anyone.ok("getPublicNotice", { path: { number } });
    const standing = oracle.notices.standing(notice);
    compare({ state: oracle.notices.stateOf(quarter), lines: notice.lines.size,
        new_pages: standing.pages, posted_pages: standing.posted,
        open_cases: oracle.notices.openCases(quarter) }, came, `the notice ${number}`);
    for (const [field, at] of [["posted_at", standing.since],
        ["window_ends_at", standing.windowEnds]])
        same(came[field] && Date.parse(came[field]), at, `${field} of ${number}`);
    if (!player.seen.notices.has(number)) {
        const lines = await world.anyone.all("listPublicNoticeLines", { path: { number } });
        same(lines.length, notice.lines.size, `the lines of ${number}`);
        for (const line of lines) {
            const { id } = district.volunteers.find((one) => one.number === line.volunteer_number);
            const one = notice.lines.get(id);
            compare({ region_code: one.region, opening_minutes: one.opening,
                deposited_minutes: one.deposited, withdrawn_minutes: one.withdrawn,
                donated_minutes: 0, corrected_minutes: one.corrected,
                closing_minutes: one.closing, earned_minutes: one.earned,
                is_new: one.isNew }, line, `the line of ${line.masked_name} in ${number}`);
            one.code = line.line_code;
            player.figures.compared++;
        }
    }
    player.figures.compared++;
}

async function compareWorklists(player) {
    const { oracle, world } = player;
    for (const list of oracle.weeks.worklists.values()) {
        if (oracle.weeks.stateOf(list.week) !== "frozen") continue;
        const came = await world.admin.ok("getWorklist",
            { path: { region_code: list.region, book_week: textOf(list.week) } });
        compareWorklist(oracle, list, came);
        player.figures.compared++;
    }
}

export function compareWorklist(oracle, list, came) {
    const where = `the worklist of ${list.region}, ${textOf(list.week)}`;
    compare({ state: list.closedBy ? "closed" : "open", verifier_id: list.closedBy }, came, where);
    same(came.sample.length, oracle.weeks.sampleSize(list), `the drawn ones of ${where}`);
    same(came.records.map((one) => one.record_id).sort().join(),
        list.members.map((one) => one.id).sort().join(), `the records of ${where}`);
    for (const row of came.records) {
        const record = oracle.service.get(row.record_id);
        compare({ minutes: record.minutes, flags: [...record.flags].sort(),
            correction_requested: oracle.requests.isReported(record),
            decision: record.decision?.decision ?? null, registered_late: record.late },
        row, `${record.id} in ${where}`);
        if (row.drawn && record.flags.size) throw new Difference(`${record.id} is drawn, flagged`);
    }
}

export function expectedRecord(record) {
    return { id: record.id, status: record.status, region_code: record.region,
        volunteer_id: record.volunteer, minutes: record.minutes, service_date: textOf(record.day),
        book_week: dayOrNull(record.week), pending_minutes: record.pending,
        verified_minutes: record.status === "verified" ? record.verified : null,
        registrar_id: record.registrar, registered_late: record.late,
        assignment_id: record.assignment ?? null, replaces_id: record.replaces,
        flags: [...record.flags].sort(), team_id: record.team,
        time_precision: record.start === null ? "day" : "minute" };
}

async function compareRecords(player, records) {
    for (const record of records) {
        const came = await player.world.admin.ok("getServiceRecord", { path: { id: record.id } });
        compare(expectedRecord(record), came, `the record ${record.id}`);
        player.figures.compared++;
    }
}

const served = (oracle) => oracle.service.all((one) => !one.openingOf && one.status !== "discarded");

export async function compareAll(player) {
    await compareBooks(player);
    await compareRuns(player);
    await compareStatements(player);
    await compareNotices(player);
    await compareWorklists(player);
    const all = served(player.oracle);
    await compareRecords(player, all.slice(-SAMPLE));
}

export async function compareEverything(player) {
    await comparePeriods(player);
    await compareAll(player);
    await compareRecords(player, served(player.oracle));
}
