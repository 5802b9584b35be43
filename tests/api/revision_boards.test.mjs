// A revision hangs only where it is new: what stayed the same has to hang by the notice before, or the
// quarter would be final without ever having been published there.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { atCounter, closeWeek, quarterBecomes, setClock, weekBecomes } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { until } from "./lib/wait.mjs";
import {
    COMMUNITY, FROZEN, QUARTER_SETTLED, SETTLED, SIBLING, makeWorld,
} from "./lib/world.mjs";

const FIRST = "371402-2014Q2-1", SECOND = "371402-2014Q2-2";
const QUARTER = "2014-04-01";
const at = (time) => `2014-07-${time}+08:00`;

let world;

const notice = async (number) => (await world.anyone.call("getPublicNotice", { path: { number } })).body;
const post = (number, region_code, posted_at) =>
    world.as.subdistrictClerk.ok("createNoticePostings", { path: { number },
        body: { postings: [{ region_code, place: "公示栏", posted_at }] } });
const file = (line) => world.anyone.call("filePublicObjection", { path: { number: FIRST },
    body: { line_code: line.line_code, statement: "有误", objector_name: "周先生" } });

// Booked in the next quarter, so it is in no line of this one.
async function serveInJuly() {
    const { id } = await atCounter(world, { starts_at: at("10T07:00:00"), ends_at: at("10T08:00:00") });
    await weekBecomes(world, "frozen", at("14T00:00:00"), "2014-07-07");
    await closeWeek(world.as.secretary, COMMUNITY, "2014-07-07");
    await weekBecomes(world, "settled", at("17T00:00:00"), "2014-07-07");
    return id;
}

before(async () => {
    world = await makeWorld();
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

test("a quarter is final only when each page has hung, and is corrected by what it tells only", async () => {
    const { helper, siblingServer } = world.volunteers;
    const { id } = await atCounter(world);
    await weekBecomes(world, "frozen", FROZEN);
    await closeWeek(world.as.secretary);
    await weekBecomes(world, "settled", SETTLED);
    for (const volunteer of [helper, siblingServer])
        await world.admin.ok("createOpeningBalance", { body: { volunteer_id: volunteer.id,
            region_code: COMMUNITY, minutes: 60, served_until: "2014-05-01", place: "北园社区",
            evidence: "登记册" } });
    await quarterBecomes(world, "settled", QUARTER_SETTLED, QUARTER);
    const { data: lines } = await world.anyone.ok("listPublicNoticeLines", { path: { number: FIRST } });
    const ours = lines.find((one) => one.region_code === COMMUNITY && one.masked_name === "李*东");
    const theirs = lines.find((one) => one.region_code === SIBLING);
    const filed = await file(ours);
    await world.as.subdistrictAdmin.ok("decideObjection", {
        path: { case_number: filed.body.case_number },
        body: { decision: "upheld", reason: "45分钟", corrections: [{ record_id: id, minutes: 45 }] } });
    await setClock(world, at("10T09:00:00"));
    await until(async () => (await notice(SECOND)).revises === FIRST, "the revision is drawn up");
    await post(SECOND, COMMUNITY, at("10T09:00:00"));
    const july = await serveInJuly();
    await setClock(world, at("18T12:00:00"));
    const unfit = await file(ours);
    const path = { case_number: unfit.body.case_number };
    await world.as.subdistrictAdmin.refused("decideObjection", "correction_not_of_line", { path,
        body: { decision: "upheld", reason: "0", corrections: [{ record_id: july, minutes: 0 }] } });
    await world.as.subdistrictAdmin.ok("decideObjection", { path,
        body: { decision: "dismissed", reason: "无误" } });
    const second = await notice(SECOND);
    assert.deepEqual([second.new_pages, second.posted_pages], [1, 1]);
    assert.equal(Date.parse(second.window_ends_at), Date.parse(at("18T00:00:00")));
    commandOk(world.database.url, "settle"); // whatever is due has been done then
    const first = await notice(FIRST);
    assert.deepEqual([first.state, first.new_pages, first.posted_pages, first.window_ends_at],
        ["settled", 2, 1, null]);
    await post(FIRST, SIBLING, at("18T12:00:00"));
    await quarterBecomes(world, "noticed", at("25T23:59:59"), QUARTER);
    const late = await file(theirs);
    assert.equal(late.status, 201, "the window is that of the page that came last");
    await world.admin.ok("decideObjection", { path: { case_number: late.body.case_number },
        body: { decision: "dismissed", reason: "无误" } });
    await quarterBecomes(world, "final", at("26T00:00:00"), QUARTER);
    assert.equal((await file(theirs)).body.code, "window_closed");
});
