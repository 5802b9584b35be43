// A run of the model: a fresh district, commands drawn by a seed one after the other or a few at a
// time, until so many steps are done or the time is over.
import { compareEverything } from "./compare.mjs";
import { moveClock } from "./commands/clock.mjs";
import * as again from "./commands/again.mjs";
import * as corrections from "./commands/corrections.mjs";
import * as money from "./commands/money.mjs";
import * as notices from "./commands/notices.mjs";
import * as writing from "./commands/service.mjs";
import * as verify from "./commands/verify.mjs";
import { Difference } from "./difference.mjs";
import { makeDistrict } from "./district.mjs";
import { Oracle } from "./oracle/oracle.mjs";
import { Player } from "./player.mjs";
import { Random } from "./random.mjs";
import { command, commandOk } from "../api/lib/daemon.mjs";
import { NOW } from "../api/lib/world.mjs";
import { dayNumber } from "./calendar.mjs";

const FOUNDED = "2014-03-03";
const GROUP_MAX = 4;
const ANALYZE_STEPS = 50;

// What there is to verify is mostly verified in time; all else comes as it likes.
function commands({ oracle: { weeks, service } }) {
    const isFrozen = (one) => weeks.stateOf(one.week) === "frozen";
    const unclosed = [...weeks.worklists.values()].some((one) => isFrozen(one) && !one.closedBy);
    const undecided = service.all((one) => one.status === "registered" && isFrozen(one)).length;
    return [
        [14, writing.createDraft], [3, writing.updateDraft], [2, writing.discardDraft],
        [12, writing.attestOnPaper], [4, writing.signByCode], [14, writing.register],
        [10, writing.recordAtCounter], [9, writing.serveHold], [3, writing.voidRecord],
        [3, writing.replaceRecord],
        [unclosed ? 18 : 2, verify.closeWorklist], [undecided ? 22 : 3, verify.decideRecord],
        [2, verify.returnRecord],
        [3, money.openBalance], [6, money.placeHold], [1, money.voidHold], [1, money.raceHolds],
        [4, corrections.correctRecord], [3, corrections.approveCorrection],
        [2, corrections.reportError], [2, corrections.answerReport],
        [1, corrections.withdrawReport],
        [2, notices.postNotice], [1, notices.takeDown], [3, notices.object],
        [3, notices.decideCase],
        [4, again.sendAgain], [1, again.raceRegistrations], [1, again.raceOneKey],
        [9, moveClock],
    ];
}

// One command, or several that leave each other alone.
function drawGroup(player) {
    const { random } = player;
    const wanted = random.chance(25) ? random.between(2, GROUP_MAX) : 1;
    const group = [];
    const kept = new Set();
    for (let i = 0; i < wanted; i++) {
        const command = random.weighted(commands(player))(player);
        if (!command || (group.length && !command.keep)) continue;
        if (command.keep?.some((one) => kept.has(one))) continue;
        group.push(command);
        if (!command.keep) break;
        for (const one of command.keep) kept.add(one);
    }
    return group;
}

async function step(player) {
    const group = drawGroup(player);
    if (group.length > 1) player.tell(`${group.length} at once:`);
    let turn = Promise.resolve();
    const ends = await Promise.allSettled(group.map((one) => {
        const ended = one.play(player.after(turn));
        turn = turn.then(() => ended).catch(() => {});
        return ended;
    }));
    const failed = ends.find((one) => one.status === "rejected");
    if (failed) throw failed.reason;
}

// What the daemon complained of, if it did, and what settling by hand comes to.
function complaints({ daemon, database }) {
    const said = daemon.lines.filter((line) => /"level":"(warn|error)"/.test(line)).slice(-3);
    const { stdout, stderr } = command(database.url, "settle");
    return [...said, `settle: ${stdout.slice(-300)}${stderr.slice(-900)}`];
}

function explain(error, player, seed) {
    const told = [...complaints(player.world), ...player.told]
        .map((line) => `    ${line}`).join("\n");
    return new Error(`seed ${seed}, step ${player.steps}: ${error.message}\n` +
        `the last commands:\n${told}\nagain: TB_MODEL_SEED=${seed} ` +
        `TB_MODEL_STEPS=${player.steps + 1} ./dev test model/`,
    { cause: error instanceof Difference ? undefined : error });
}

// {seed, steps, seconds}: gives the player with its figures.
export async function runModel({ seed, steps, seconds }) {
    const district = await makeDistrict();
    const oracle = new Oracle(district, dayNumber(FOUNDED), Date.parse(NOW));
    const player = new Player(district, oracle, new Random(seed));
    const end = Date.now() + seconds * 1000;
    try {
        while (player.steps < steps && Date.now() < end) {
            await step(player);
            // As autovacuum would, which the tests' clusters do without.
            if (++player.steps % ANALYZE_STEPS === 0) district.world.database.query("ANALYZE");
        }
        await player.moveTo(oracle.now);
        await compareEverything(player);
        commandOk(district.world.database.url, "reconcile");
    } catch (error) {
        const explained = explain(error, player, seed);
        await district.world.close().catch(() => {}); // what it would say is said already
        throw explained;
    }
    await district.world.close();
    return player;
}
