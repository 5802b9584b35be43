// The fault tests' own cluster: start, stop, crash (kill -9 of the postmaster),
// freeze and thaw (SIGSTOP and SIGCONT to all of it).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

export function cluster(act) {
    const run = spawnSync(process.env.TB_TEST_CLUSTER_CTL, [act], { encoding: "utf8" });
    assert.equal(run.status, 0, `cluster-ctl ${act}: ${run.stderr}`);
}
