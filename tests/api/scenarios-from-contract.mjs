// Acceptance scenarios 1 and 2, played by somebody who has only the daemon's address and the tokens
// of the demo: methods, paths and shapes are looked up in the contract that the daemon serves.
//
//   node tests/api/scenarios-from-contract.mjs http://127.0.0.1:8080 var/demo-tokens.json
//
// Each scenario moves the business clock on by a week, so it can be played again and again.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import { Player } from "./lib/player.mjs";

const HOUR_MS = 3600000;
const PATIENCE_MS = 120000;
const STEP_MS = 500;

async function pages(player, who, operationId, values = {}) {
    const rows = [];
    for (let cursor; cursor !== null;) {
        const page = await player.call(who, operationId,
            { ...values, limit: 200, ...(cursor && { cursor }) });
        rows.push(...page.data);
        cursor = page.next_cursor;
    }
    return rows;
}

// The clock of the district, and the week that it stands in.
async function thisWeek(player) {
    const clock = await player.call("district-admin", "getTestClock");
    const [week] = (await pages(player, "district-admin", "listPeriods",
        { grain: "week", from: clock.today, to: clock.today }));
    return { now: Date.parse(clock.business_now), week };
}

// Sets the clock to when the week is due to be frozen or settled, and waits until it is.
async function until(player, state, instant, begin_date) {
    await player.call("district-admin", "setTestClock", {}, { standing_clock: instant });
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(STEP_MS)) {
        const period = await player.call("district-admin", "getPeriod",
            { grain: "week", begin_date });
        if (period.state === state) return;
    }
    throw new Error(`the week of ${begin_date} is not ${state} after ${PATIENCE_MS} ms`);
}

const volunteerOf = async (player, who, person_id) =>
    (await pages(player, who, "listVolunteers")).find((one) => one.person_id === person_id);

// An hour that ends now, served for the team by a volunteer to the recipient; drafted by `who`.
async function draft(player, who, volunteer, team_id, now) {
    const recipient = player.tokens["scenario1-recipient"];
    return player.call(who, "createServiceRecord", {}, {
        region_code: recipient.region_code,
        team_id,
        volunteer_id: volunteer.id,
        category_code: "home_care",
        recipient_kind: "person",
        recipient_person_id: recipient.person_id,
        place: "3号楼2单元101",
        content: "打扫房间,陪同买药",
        starts_at: new Date(now - HOUR_MS).toISOString(),
        ends_at: new Date(now).toISOString(),
    });
}

const teamOf = async (player, who) => (await player.call(who, "getMe")).team_id;

// The recipient types the code that the demo shows instead of sending it.
async function signByCode(player, id) {
    await player.call("scenario1-leader", "requestAttestationCode", { id });
    const { data } = await player.call("district-admin", "listTestMessages", { subject_id: id });
    const [code] = /(?<!\d)\d{6}(?!\d)/.exec(data[0].text);
    await player.call("scenario1-recipient", "attestServiceRecord", { id },
        { method: "code", code });
}

async function closeWeek(player, who, book_week) {
    const at = { region_code: player.tokens[who].region_code, book_week };
    const list = await player.call(who, "getWorklist", at);
    const checks = list.sample.map((record_id) =>
        ({ record_id, method: "phone", result: "confirmed" }));
    return player.call(who, "closeWorklist", at, { digest: list.digest, checks });
}

async function mainJob(player, title) {
    title("Scenario 1: an hour of service, signed for, registered, verified and deposited");
    const { now, week } = await thisWeek(player);
    const me = await volunteerOf(player, "scenario1-volunteer",
        player.tokens["scenario1-volunteer"].person_id);
    const read = () => player.call("scenario1-secretary", "getPassbook",
        { passbook_id: me.passbook_id });
    const before = await read();

    const team = await teamOf(player, "scenario1-leader");
    const { id } = await draft(player, "scenario1-leader", me, team, now);
    await signByCode(player, id);
    const record = await player.call("scenario1-leader", "registerServiceRecord", { id }, {});
    assert.equal(record.registered_late, false);
    const pending = await read();
    assert.equal(pending.pending_minutes, before.pending_minutes + 60);
    assert.equal(pending.balance_minutes, before.balance_minutes);

    await until(player, "frozen", week.freezes_at, week.begin_date);
    await closeWeek(player, "scenario1-secretary", week.begin_date);
    await until(player, "settled", week.due_at, week.begin_date);
    const after = await read();
    assert.equal(after.pending_minutes, 0);
    assert.equal(after.balance_minutes, before.balance_minutes + pending.pending_minutes);
    assert.equal(after.line_no, before.line_no + 1);
    assert.ok(after.earned_minutes >= 6000 && after.eligible_star >= 1);
    assert.equal(after.star, before.star);
    title(`balance ${before.balance_minutes} -> ${after.balance_minutes} minutes on line ` +
        `${after.line_no}; star ${after.star}, eligible for ${after.eligible_star}`);
}

// Nobody registers his own service.
async function ownService(player, team, now) {
    const leader = await volunteerOf(player, "scenario2-leader",
        player.tokens["scenario2-leader"].person_id);
    const { id } = await draft(player, "scenario2-secretary", leader, team, now);
    await player.call("scenario2-secretary", "attestServiceRecord", { id }, {
        method: "paper", sheet_number: "12", attester_id: player.tokens["scenario1-recipient"].person_id,
        capacity: "recipient",
    });
    const problem = await player.refused("registrar_is_server", "scenario2-leader",
        "registerServiceRecord", { id }, {});
    const may = problem.args.may.map((one) => one.role);
    assert.ok(may.includes("community_secretary"));
    return may;
}

async function duties(player, title) {
    title("Scenario 2: nobody registers his own service, or verifies what he registered");
    const { now, week } = await thisWeek(player);
    const team = await teamOf(player, "scenario2-leader");
    title(`the leader may not; ${(await ownService(player, team, now)).join(" or ")} may`);

    const server = await volunteerOf(player, "scenario1-volunteer",
        player.tokens["scenario1-volunteer"].person_id);
    const { id } = await draft(player, "scenario1-leader", server, team, now);
    await signByCode(player, id);
    await player.call("scenario2-secretary", "registerServiceRecord", { id }, {});
    await until(player, "frozen", week.freezes_at, week.begin_date);
    const closed = await closeWeek(player, "scenario2-secretary", week.begin_date);
    const left = closed.exceptions.find((one) => one.record_id === id);
    assert.equal(left?.reason, "verifier_had_part");

    const problem = await player.refused("verifier_is_registrar", "scenario2-secretary",
        "decideServiceRecord", { id }, { decision: "accept" });
    const [{ role }] = problem.args.may;
    assert.equal(role, player.tokens["scenario2-subdistrict-admin"].role);
    await player.call("scenario2-subdistrict-admin", "decideServiceRecord", { id },
        { decision: "accept" });
    const evidence = await player.call("auditor", "getServiceRecordEvidence", { id });
    const persons = [evidence.server, ...evidence.chain].map((one) => one.person_id);
    assert.equal(new Set(persons).size, 4);
    assert.deepEqual(evidence.chain.map((one) => one.duty), ["attester", "registrar", "verifier"]);
    await until(player, "settled", week.due_at, week.begin_date);
    title("verified by the subdistrict; server, attester, registrar and verifier are four persons");
}

async function main(url, tokensFile) {
    const tokens = Object.fromEntries(JSON.parse(readFileSync(tokensFile, "utf8")).map(
        (one) => [one.name, one]));
    const player = await Player.at(url, tokens, (line) => console.log(`  ${line}`));
    await mainJob(player, console.log);
    await duties(player, console.log);
}

if (process.argv.length !== 4) {
    console.error("usage: scenarios-from-contract.mjs URL TOKENS_FILE");
    process.exit(2);
}
await main(...process.argv.slice(2));
