// Lists: generated from x-sort of the contract. Page by page, each row comes once and in its order.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { isList, operations } from "./lib/contract.mjs";
import { makeThings } from "./lib/things.mjs";
import { COMMUNITY, makeWorld } from "./lib/world.mjs";

let world, things;

before(async () => {
    world = await makeWorld();
    things = await makeThings(world);
});
after(() => world.close());

// Somebody who sees all of it.
function readerOf(operation) {
    const allowed = operation.spec["x-roles"];
    if (!allowed) return world.anyone;
    const sees = operation.spec["x-scope"] !== "self";
    return world.byRole(sees && allowed.includes("district_admin") ? "district_admin" : allowed[0]);
}

function compare(a, b) {
    if (typeof a === "number") return a - b;
    // Milliseconds first; within one the texts, which have microseconds and the same offset.
    if (/^\d{4}-\d\d-\d\dT/.test(a) && Date.parse(a) !== Date.parse(b))
        return Date.parse(a) - Date.parse(b);
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

// Below or equal, by the columns of x-sort; "-column" is descending.
function assertOrder(rows, columns) {
    for (let i = 1; i < rows.length; i++)
        for (const column of columns) {
            const name = column.replace(/^-/, "");
            assert.ok(name in rows[i], `the answer has no ${name} to see the order by`);
            const sign = column.startsWith("-") ? -1 : 1;
            const order = sign * compare(rows[i - 1][name], rows[i][name]);
            assert.ok(order <= 0, `${rows[i - 1][name]} before ${rows[i][name]}`);
            if (order < 0) break;
        }
}

async function pagesOf(client, operation, query) {
    const pages = [];
    let cursor;
    do {
        const answer = await client.call(operation.id,
            { path: things, query: { ...query, ...(cursor && { cursor }) } });
        assert.equal(answer.status, 200, answer.text);
        pages.push(answer);
        cursor = answer.body.next_cursor;
    } while (cursor);
    return pages;
}

// RFC 8288: the link is the same request behind the cursor.
function assertLinks(pages, operation) {
    for (const page of pages) {
        const { next_cursor } = page.body;
        if (next_cursor === null) {
            assert.equal(page.headers.link, undefined);
            continue;
        }
        const [, target] = /^<([^>]+)>; rel="next"$/.exec(page.headers.link);
        const url = new URL(target, "http://localhost");
        assert.equal(url.searchParams.get("cursor"), next_cursor);
        assert.equal(url.pathname.split("/").length, operation.path.split("/").length);
    }
}

for (const operation of [...operations.values()].filter(isList))
    describe(operation.id, () => {
        for (const [sort, columns] of Object.entries(operation.spec["x-sort"])) {
            if (sort === "default") continue;
            test(`by ${sort}, page by page, each row once and in order`, async () => {
                const client = readerOf(operation);
                const whole = await client.all(operation.id, { path: things, query: { sort } });
                assert.ok(whole.length > 1, `${whole.length} rows are not enough to page through`);
                const limit = Math.max(1, Math.ceil(whole.length / 8));
                const pages = await pagesOf(client, operation, { sort, limit });
                assert.deepEqual(pages.flatMap((page) => page.body.data), whole);
                assert.equal(new Set(whole.map((row) => JSON.stringify(row))).size, whole.length);
                assertOrder(whole, columns);
                assertLinks(pages, operation);
            });
        }

        test("counts on request only", async () => {
            const client = readerOf(operation);
            const whole = await client.all(operation.id, { path: things });
            const query = { limit: 1, count: true };
            const page = await client.ok(operation.id, { path: things, query });
            assert.equal(page.total_count, whole.length);
            const cursor = page.next_cursor;
            const later = await client.ok(operation.id,
                { path: things, query: { ...query, cursor } });
            assert.equal(later.total_count, whole.length);
            assert.ok(!("total_count" in await client.ok(operation.id, { path: things })));
        });

        test("is ordered by the contract's default", async () => {
            const client = readerOf(operation);
            const sort = operation.spec["x-sort"].default;
            const { data } = await client.ok(operation.id, { path: things });
            const named = await client.ok(operation.id, { path: things, query: { sort } });
            assert.deepEqual(data, named.data);
        });
    });

test("a row that is added behind or before the cursor neither repeats nor hides others", async () =>
    {
    const add = (address_line) => world.as.clerk.ok("createHousehold",
        { body: { region_code: COMMUNITY, address_line } });
    for (const name of ["页B", "页D", "页F"]) await add(name);
    const query = { sort: "address_line", address_prefix: "页", limit: 2 };
    const first = await world.as.clerk.ok("listHouseholds", { query });
    await Promise.all([add("页A"), add("页E")]);
    const second = await world.as.clerk.ok("listHouseholds",
        { query: { ...query, cursor: first.next_cursor } });
    const names = [...first.data, ...second.data].map((row) => row.address_line);
    assert.deepEqual(names, ["页B", "页D", "页E", "页F"]);
    assert.equal(second.next_cursor, null);
});
