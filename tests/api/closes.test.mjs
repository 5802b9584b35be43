// What a close has nothing to do with does not keep it from being made.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { atCounter, attestByCode, closeWeek, register, serve, weekBecomes } from "./lib/acts.mjs";
import { commandOk } from "./lib/daemon.mjs";
import { FROZEN, makeWorld } from "./lib/world.mjs";

let world;

before(async () => {
    world = await makeWorld();
});
after(async () => {
    commandOk(world.database.url, "reconcile");
    await world.close();
});

describe("a secretary who registered what was taken back before the week froze", () => {
    test("closes the week, whether it was replaced, void or returned", async () => {
        const { secretary, leader, subdistrictAdmin } = world.as;
        const registrar_id = secretary.actor.person.id;
        const [replaced, voided, returned] = [await atCounter(world, { registrar_id }),
            await atCounter(world, { registrar_id }), await atCounter(world, { registrar_id })];
        const made = await leader.ok("replaceServiceRecord",
            { path: { id: replaced.id }, body: { minutes: 30 } });
        await attestByCode(world, made.id);
        await register(world, made.id);
        await leader.ok("voidServiceRecord",
            { path: { id: voided.id }, body: { reason: "重复" } });
        await subdistrictAdmin.ok("returnServiceRecord",
            { path: { id: returned.id }, body: { reason: "时间有误" } });
        const clean = await serve(world);
        await weekBecomes(world, "frozen", FROZEN);
        const closed = await closeWeek(secretary);
        assert.deepEqual(closed.records.map((one) => one.record_id).sort(),
            [made.id, clean.id].sort());
        assert.deepEqual(closed.exceptions, []);
    });
});
