// When volunteers can serve: windows of the week and days of absence.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { TODAY, makeWorld } from "./lib/world.mjs";

const TOMORROW = "2014-05-16";
const [TUESDAY, THURSDAY] = [2, 4]; // today is a Thursday

let world, clerk;

before(async () => {
    world = await makeWorld();
    clerk = world.as.clerk;
});
after(() => world.close());

const window = (volunteer, body) => ({
    path: { volunteer_id: volunteer.id },
    body: { weekday: TUESDAY, starts_at: "14:00", ends_at: "17:00", ...body },
});
const at = (volunteer, one, body) => ({
    path: { volunteer_id: volunteer.id, availability_id: one.id, absence_id: one.id },
    ...(body && { body }),
});
const absent = (volunteer, body) =>
    ({ path: { volunteer_id: volunteer.id }, body: { reason: "住院", ...body } });
const found = async (query) =>
    (await clerk.all("listVolunteers", { query })).map((one) => one.name);

describe("windows of the week", () => {
    test("begin today, also to the end of the day, and may follow each other", async () => {
        const volunteer = await world.newVolunteer("甲");
        const made = await clerk.ok("addAvailability", window(volunteer));
        assert.deepEqual([made.starts_at, made.ends_at, made.valid_from, made.valid_to],
            ["14:00", "17:00", TODAY, null]);
        await clerk.ok("addAvailability",
            window(volunteer, { starts_at: "17:00", ends_at: "24:00" }));
        await clerk.ok("addAvailability", window(volunteer, { weekday: THURSDAY }));
        assert.deepEqual(await clerk.ok("getAvailability", at(volunteer, made)), made);
        const { data } = await clerk.ok("listAvailabilities",
            { path: { volunteer_id: volunteer.id }, query: { as_of: TODAY } });
        assert.deepEqual(data.map((one) => [one.weekday, one.starts_at, one.ends_at]),
            [[2, "14:00", "17:00"], [2, "17:00", "24:00"], [4, "14:00", "17:00"]]);
    });

    test("do not overlap, also at once; on other days or after their end they may", async () => {
        const volunteer = await world.newVolunteer("乙");
        const answers = await Promise.all([1, 2, 3].map(() =>
            clerk.call("addAvailability", window(volunteer, { valid_to: "2014-06-01" }))));
        assert.deepEqual(answers.map((one) => one.body.code ?? "made").sort(),
            ["availability_overlaps", "availability_overlaps", "made"]);
        await clerk.refused("addAvailability", "availability_overlaps",
            window(volunteer, { starts_at: "16:59", ends_at: "18:00" }));
        await clerk.ok("addAvailability", window(volunteer, { valid_from: "2014-06-01" }));
        await clerk.refused("addAvailability", "window_reversed",
            window(volunteer, { starts_at: "10:00", ends_at: "10:00" }));
        await clerk.refused("addAvailability", "ends_before_beginning",
            window(volunteer, { weekday: 7, valid_to: TODAY }));
        await clerk.refused("addAvailability", "body_invalid",
            window(volunteer, { starts_at: "24:01" }));
    });

    test("are moved from a day on", async () => {
        const volunteer = await world.newVolunteer("丙");
        const old = await clerk.ok("addAvailability",
            window(volunteer, { valid_from: "2014-05-01" }));
        await clerk.ok("addAvailability", window(volunteer, { weekday: THURSDAY }));
        await clerk.refused("changeAvailability", "availability_overlaps",
            at(volunteer, old, { weekday: THURSDAY }));
        await clerk.refused("changeAvailability", "window_reversed",
            at(volunteer, old, { starts_at: "17:00" }));
        const moved = await clerk.ok("changeAvailability",
            at(volunteer, old, { starts_at: "15:00", valid_from: TOMORROW }));
        assert.deepEqual([moved.weekday, moved.starts_at, moved.ends_at, moved.valid_from],
            [TUESDAY, "15:00", "17:00", TOMORROW]);
        await clerk.refused("changeAvailability", "already_ended",
            at(volunteer, old, { starts_at: "15:00" }));
        const begins = async (as_of) => (await clerk.ok("listAvailabilities",
            { path: { volunteer_id: volunteer.id }, query: { as_of } })).data[0].starts_at;
        assert.deepEqual([await begins(TODAY), await begins(TOMORROW)], ["14:00", "15:00"]);
    });

    test("end, or are taken back when they had not begun", async () => {
        const volunteer = await world.newVolunteer("丁");
        const old = await clerk.ok("addAvailability",
            window(volunteer, { valid_from: "2014-05-01" }));
        const ended = await clerk.ok("endAvailability", at(volunteer, old, {}));
        assert.equal(ended.valid_to, TODAY);
        assert.notEqual(ended.id, old.id);
        await clerk.refused("endAvailability", "already_ended", at(volunteer, ended, {}));
        const planned = await clerk.ok("addAvailability",
            window(volunteer, { valid_from: TOMORROW }));
        const back = await clerk.ok("endAvailability", at(volunteer, planned, {}));
        assert.equal(back.id, planned.id);
        const read = await clerk.ok("getAvailability", at(volunteer, planned));
        assert.notEqual(read.superseded_at, null);
        await clerk.refused("endAvailability", "not_found",
            at(volunteer, { id: randomUUID() }, {}));
    });

    test("are told by the volunteer himself, and of nobody who has left", async () => {
        const { server, helper } = world.volunteers;
        const own = await world.as.volunteer.ok("addAvailability", window(server));
        await world.as.volunteer.ok("endAvailability", at(server, own, {}));
        await world.as.volunteer.refused("addAvailability", "not_found", window(helper));
        const gone = await world.newVolunteer("戊");
        await clerk.ok("leaveVolunteer",
            { path: { volunteer_id: gone.id }, body: { reason: "迁出" } });
        await clerk.refused("addAvailability", "volunteer_left", window(gone));
        await clerk.refused("addAbsence", "volunteer_left", absent(gone));
    });
});

describe("absences", () => {
    test("do not overlap, end early and are taken back", async () => {
        const volunteer = await world.newVolunteer("己");
        const first = await clerk.ok("addAbsence",
            absent(volunteer, { valid_from: "2014-05-10", valid_to: "2014-05-20" }));
        await clerk.refused("addAbsence", "absence_overlaps",
            absent(volunteer, { valid_from: "2014-05-19" }));
        await clerk.refused("addAbsence", "ends_before_beginning",
            absent(volunteer, { valid_from: "2014-07-01", valid_to: "2014-07-01" }));
        const later = await clerk.ok("addAbsence",
            absent(volunteer, { valid_from: "2014-05-20", reason: "探亲" }));
        const early = await clerk.ok("endAbsence", at(volunteer, first, {}));
        assert.deepEqual([early.valid_from, early.valid_to], ["2014-05-10", TODAY]);
        await clerk.refused("endAbsence", "already_ended", at(volunteer, first, {}));
        assert.equal((await clerk.ok("endAbsence", at(volunteer, later, {}))).id, later.id);
        const { data } = await clerk.ok("listAbsences", { path: { volunteer_id: volunteer.id } });
        assert.deepEqual(data, [early]);
    });

    test("have a reason that is not told to who leads the volunteer", async () => {
        const { leader } = world.volunteers;
        const made = await clerk.ok("addAbsence", absent(leader, { valid_from: "2014-08-01" }));
        assert.equal(made.reason, "住院");
        const seen = await world.as.leader.ok("getAbsence", at(leader, made));
        assert.deepEqual(seen, { ...made, reason: null });
    });
});

test("who is there: by weekday and time, and on a day without the absent and those who left",
    async () => {
        const [free, absentee, leaver] = [await world.newVolunteer("有空"),
            await world.newVolunteer("不在"), await world.newVolunteer("走了")];
        for (const volunteer of [free, absentee, leaver])
            await clerk.ok("addAvailability",
                window(volunteer, { weekday: THURSDAY, starts_at: "08:00", ends_at: "09:30" }));
        await clerk.ok("addAbsence", absent(absentee, { valid_to: TOMORROW }));
        await clerk.ok("leaveVolunteer",
            { path: { volunteer_id: leaver.id }, body: { reason: "迁出" } });
        const times = { available_from: "08:00", available_to: "09:30" };
        assert.deepEqual(await found({ weekday: THURSDAY, ...times }), ["有空", "不在", "走了"]);
        assert.deepEqual(await found({ available_on: TODAY, ...times }), ["有空"]);
        assert.deepEqual(await found({ available_on: "2014-05-22", ...times }), ["有空", "不在"]);
        assert.deepEqual(await found({ available_on: TOMORROW, ...times }), []);
        assert.deepEqual(await found({ available_on: TODAY, available_from: "07:59" }), []);
        assert.deepEqual(await found({ ...times, available_to: "09:31" }), []);
    });
