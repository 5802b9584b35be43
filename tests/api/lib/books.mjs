// A district whose next four months are due, and what settling them comes to.
import { atCounter, closeWeek, weekBecomes } from "./acts.mjs";
import { fillBook } from "./withdrawals.mjs";
import { DISTRICT, FROZEN, makeWorld } from "./world.mjs";

const LATER = "2014-09-20T12:00:00+08:00";

// Deposits wait for the notice, and what is above the cap lapses.
async function setRules(world) {
    for (const [name, value] of [["availability", "after_notice"], ["storage_cap_minutes", 150]])
        await world.admin.ok("createPolicy",
            { body: { name, value, region_code: DISTRICT, source: "会议纪要" } });
}

// A closed week of several volunteers, of whom one is above the cap; then the daemon is gone and the clock has run on.
export async function makeLateWorld() {
    const world = await makeWorld();
    await setRules(world);
    await fillBook(world, world.volunteers.server, 100);
    const served = (key) => atCounter(world, { volunteer_id: world.volunteers[key].id });
    for (let i = 0; i < 5; i++) await served(i % 2 ? "helper" : "server");
    await weekBecomes(world, "frozen", FROZEN);
    await closeWeek(world.as.secretary);
    await world.daemon.stop();
    world.database.query(`UPDATE installation SET standing_clock = '${LATER}'`);
    return world;
}

// The quarter's digest has salts drawn at random, so its notice's figures stand for it.
export function booksOf(database) {
    return database.query(`
        SELECT grain, begin_date, state, digest FROM periods WHERE grain IN ('week', 'month')
        UNION ALL
        SELECT grain, begin_date, lines::text, NULL FROM public_notices
        UNION ALL
        SELECT 'embargoed', quarter, sum(minutes)::text, NULL FROM embargoes GROUP BY quarter
        UNION ALL
        SELECT kind, book_week, minutes::text, NULL FROM transfers WHERE kind = 'retirement'
        ORDER BY 1, 2`);
}
