// A typed client of the contract: openapi-typescript makes the types, the compiler accepts a
// front-end's main flow and nothing that is wrong, and the flow runs against the daemon.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";

import openapiTS, { astToString } from "openapi-typescript";

import { freeTime } from "./lib/acts.mjs";
import { contract } from "./lib/contract.mjs";
import { COMMUNITY, makeWorld } from "./lib/world.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

let folder;

// What the compiler says of the folder; nothing when all is right.
function compile(...options) {
    const tsc = here("node_modules/typescript/bin/tsc");
    const run = spawnSync(process.execPath, [tsc, "--project", folder, ...options],
        { encoding: "utf8", cwd: folder });
    assert.equal(run.status === 0, run.stdout === "", run.stderr);
    return run.stdout;
}

before(async () => {
    folder = mkdtempSync(`${tmpdir()}/tb-typed-client-`);
    cpSync(here("client"), folder, { recursive: true });
    symlinkSync(here("node_modules"), `${folder}/node_modules`);
    writeFileSync(`${folder}/package.json`, '{"type": "module"}');
    writeFileSync(`${folder}/contract.d.ts`, astToString(await openapiTS(contract)));
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe("the compiler", () => {
    test("takes a front-end's main flow and finds every misuse", () => {
        assert.equal(compile("--noEmit"), "");
    });

    test("would tell if a misuse were none", () => {
        const file = `${folder}/good.ts`;
        writeFileSync(file, "// @ts-expect-error nothing\nexport const good: number = 1;\n");
        const told = compile("--noEmit");
        rmSync(file);
        assert.match(told, /^good.*Unused '@ts-expect-error'/);
    });
});

describe("the compiled front-end", () => {
    let world, frontEnd, url;

    before(async () => {
        world = await makeWorld();
        url = `http://127.0.0.1:${world.daemon.port}`;
        assert.equal(compile(), "");
        frontEnd = await import(pathToFileURL(`${folder}/front-end.js`));
    });
    after(() => world.close());

    test("records an hour and sees it pending in the passbook", async () => {
        const { starts_at, ends_at } = freeTime(world);
        const { record, names, pendingMinutes } = await frontEnd.serveAnHour(url, {
            leader: world.as.leader.token, resident: world.as.resident.token,
            volunteer: world.as.volunteer.token, districtAdmin: world.admin.token,
        }, {
            volunteerId: world.volunteers.server.id, recipientId: world.persons.recipient.id,
            regionCode: COMMUNITY, startsAt: starts_at, endsAt: ends_at,
        });
        assert.equal(record.status, "registered");
        assert.equal(record.content, "打扫房间,陪同买药");
        assert.equal(pendingMinutes, 60);
        assert.ok(names.length >= 3 && names.includes("李卫东"));
    });

    test("is told what is wrong with a form, field by field", async () => {
        const faults = await frontEnd.faultsOfAnEmptyForm(url, world.as.clerk.token);
        assert.deepEqual(faults.sort(),
            ["#/address_line min_length", "#/region_code pattern"]);
    });

    test("gets a refusal as an exception with its code", async () => {
        const hour = { volunteerId: world.volunteers.server.id, regionCode: COMMUNITY,
            recipientId: world.persons.server.id, ...freeTime(world) };
        const tokens = { leader: world.as.leader.token, resident: "", volunteer: "",
            districtAdmin: "" };
        await assert.rejects(frontEnd.serveAnHour(url, tokens,
            { ...hour, startsAt: hour.starts_at, endsAt: hour.ends_at }),
            (error) => error instanceof frontEnd.Refusal &&
                error.problem.code === "recipient_is_family");
    });
});
