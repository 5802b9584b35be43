// Opening balances, and withdrawals with their holds, which no operation writes yet: by SQL.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";

import { MINUTE_MS, textOf, timeText } from "../calendar.mjs";
import { COMMUNITIES, COMMUNITY, SUBDISTRICT } from "../district.mjs";
import { single } from "./command.mjs";

const run = promisify(execFile);
const DAY_MS = 24 * 60 * MINUTE_MS;
const DISTRICT = 371402;

async function sql(player, text) {
    const { ownerUrl } = player.world.database;
    const { stdout } = await run("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", "-c", text, ownerUrl]);
    return stdout.trim() || null;
}

export function openBalance(player) {
    const { random, oracle, district } = player;
    const actor = player.actor(random.pick(["admin", "secondAdmin"]));
    const volunteer = random.pick(district.volunteers);
    const day = oracle.today() - random.below(200) + (random.chance(3) ? 300 : 0);
    const minutes = random.chance(5) ? random.between(6000, 40000) : random.between(1, 400);
    const region = random.chance(3) ? SUBDISTRICT : random.pick(COMMUNITIES);
    const one = { region, volunteer: volunteer.id, day, minutes, person: actor.person };
    return single({ actor, operation: "createOpeningBalance", keep: [`v ${volunteer.id}`],
        options: { body: { volunteer_id: volunteer.id, region_code: region, minutes,
            served_until: textOf(day), place: "北园社区", evidence: "登记册" } },
        faults: () => oracle.openBalanceFaults(one),
        done: ({ id }) => {
            const { month } = oracle.openBalance(id, one);
            const { printed, fresh } = oracle.books.of(volunteer.id);
            return { minutes, region_code: region, book_month: textOf(month),
                line_no: printed.length + fresh.length };
        } });
}

// A withdrawal with one assignment and its hold, or, when that is refused, nothing of it.
const placeSql = ({ assignment, payer, volunteer, minutes, expires }, now, recipient) => `
    DO $$
    DECLARE refused text;
    BEGIN
        INSERT INTO withdrawals (district_id, id, passbook_id, recipient_id, applicant_id, relation,
            region_code, minutes, applied_at)
        SELECT ${DISTRICT}, '${assignment}', id, '${recipient}', '${recipient}', 'family',
            ${COMMUNITY}, ${minutes}, '${timeText(now)}'
        FROM passbooks WHERE volunteer_id = '${payer}';
        INSERT INTO assignments (district_id, id, withdrawal_id, volunteer_id, minutes, assigned_at)
        VALUES (${DISTRICT}, '${assignment}', '${assignment}', '${volunteer}', ${minutes},
            '${timeText(now)}');
        SELECT place_hold(${DISTRICT}, '${assignment}', account_id, '${assignment}', ${minutes},
            '${timeText(now)}', '${timeText(expires)}') INTO refused
        FROM passbooks WHERE volunteer_id = '${payer}';
        IF refused IS NOT NULL THEN RAISE EXCEPTION 'refused by % .', refused; END IF;
    END $$`;

async function place(player, hold) {
    const recipient = player.world.persons.recipient.id;
    try {
        return await sql(player, placeSql(hold, player.oracle.now, recipient));
    } catch (error) {
        const [, code] = /refused by (\w+) \./.exec(error.stderr ?? "") ?? [];
        if (!code) throw error;
        return code;
    }
}

export function placeHold(player) {
    const { random, oracle, district } = player;
    const rich = district.volunteers.filter((one) => oracle.books.available(one.id) > 0);
    const payer = random.pick(rich.length && random.chance(85) ? rich : district.volunteers).id;
    const others = district.volunteers.filter((one) => one.id !== payer);
    const volunteer = random.chance(3) ? payer : random.pick(others).id;
    const available = Math.max(1, oracle.books.available(payer));
    const most = random.chance(20) ? [available, available + 1] : [Math.min(available, 120)];
    const few = Math.min(most[0], 60); // so that the service often takes longer
    const minutes = random.chance(30) ? random.pick(most) : random.between(1, few);
    const hold = { assignment: randomUUID(), payer, volunteer, minutes,
        expires: oracle.now + random.between(1, random.chance(30) ? 10 : 90) * DAY_MS };
    return { name: "placeHold", keep: [`v ${payer}`, `v ${volunteer}`], play: async (playing) => {
        playing.tell(`place a hold ${JSON.stringify(hold)}`);
        const code = await place(player, hold);
        await playing.turn;
        playing.judgeCode("placeHold", code, oracle.books.place(hold));
    } };
}

// What has been served keeps its hold: such a one is voided by rejecting the record.
export function voidHold(player) {
    const { random, oracle } = player;
    const hold = random.pick([...oracle.books.holds.values()].filter((one) => !one.record &&
        (one.state === "open" || random.chance(5))));
    if (!hold) return null;
    return { name: "voidHold", keep: [`v ${hold.payer}`, `v ${hold.volunteer}`],
        play: async (playing) => {
            playing.tell(`void the hold ${hold.assignment}`);
            const code = await sql(player, `SELECT void_hold(${DISTRICT}, '${hold.assignment}',
                '${timeText(oracle.now)}')`);
            await playing.turn;
            playing.judgeCode("voidHold", code, oracle.books.void(hold.assignment));
        } };
}

// Twelve who want 30 of what there is: as many as it is enough for get them.
export function raceHolds(player) {
    const { random, oracle, district } = player;
    const [payer, ...others] = random.shuffled(district.volunteers).sort((a, b) =>
        oracle.books.available(b.id) - oracle.books.available(a.id)).map((one) => one.id);
    const available = oracle.books.available(payer);
    if (available < 2) return null;
    const minutes = Math.max(1, Math.floor(available / random.between(2, 5)) + random.below(3));
    const volunteer = random.pick(others);
    const expires = oracle.now + random.between(1, 9) * DAY_MS;
    const holds = Array.from({ length: 12 }, () =>
        ({ assignment: randomUUID(), payer, volunteer, minutes, expires }));
    return { name: "raceHolds", keep: null, play: async () => {
        player.tell(`12 holds of ${minutes} on ${available} at once`);
        const codes = await Promise.all(holds.map((one) => place(player, one)));
        const won = holds.filter((_, i) => codes[i] === null);
        const lost = holds.filter((_, i) => codes[i] !== null);
        for (const one of won) player.judgeCode("placeHold", null, oracle.books.place(one));
        for (const one of lost)
            player.judgeCode("placeHold", codes[holds.indexOf(one)], oracle.books.place(one));
    } };
}
