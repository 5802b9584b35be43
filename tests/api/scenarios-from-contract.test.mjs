// Acceptance scenarios 1 and 2 once more, by a program of its own that knows nothing of this world
// but the daemon's address and some tokens, and reads the rest from the contract.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { after, before, test } from "node:test";

import { commandOk } from "./lib/daemon.mjs";
import { COMMUNITY, makeWorld } from "./lib/world.mjs";

const PROGRAM = fileURLToPath(new URL("scenarios-from-contract.mjs", import.meta.url));
// Who plays whom, by the names of the demo.
const CAST = {
    "scenario1-volunteer": "volunteer", "scenario1-recipient": "resident",
    "scenario1-leader": "leader", "scenario1-secretary": "secretary",
    "scenario2-leader": "leader", "scenario2-secretary": "secretary",
    "scenario2-subdistrict-admin": "subdistrictAdmin", auditor: "auditor",
};

let world, folder;

before(async () => {
    world = await makeWorld();
    folder = mkdtempSync(`${tmpdir()}/tb-scenarios-`);
    await world.admin.ok("createOpeningBalance", {
        body: { volunteer_id: world.volunteers.server.id, region_code: COMMUNITY,
            minutes: 99 * 60 + 30, served_until: "2014-02-28", place: "北园社区", evidence: "登记册" },
    });
});
after(() => {
    rmSync(folder, { recursive: true, force: true });
    return world.close();
});

// As ./dev run writes var/demo-tokens.json.
function writeTokens() {
    const tokens = Object.entries(CAST).map(([name, key]) => {
        const { token, actor } = world.as[key];
        return { name, person_id: actor.person.id, role: actor.role, region_code: actor.region,
            token };
    });
    tokens.push({ name: "district-admin", role: "district_admin", token: world.admin.token });
    const file = `${folder}/tokens.json`;
    writeFileSync(file, JSON.stringify(tokens));
    return file;
}

test("are played from the contract alone", async () => {
    const url = `http://127.0.0.1:${world.daemon.port}`;
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, url, writeTokens()]);
    for (const said of ["balance 5970 -> 6030 minutes on line 2; star 0, eligible for 1",
        "the leader may not; community_secretary or residents_group_head may",
        "409 decideServiceRecord by scenario2-secretary: verifier_is_registrar",
        "server, attester, registrar and verifier are four persons"])
        assert.ok(stdout.includes(said), `${said}\n${stdout}`);
    commandOk(world.database.url, "reconcile");
});
