// Databases of the scratch cluster: each test file works on a copy of the migrated template.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";

const ADMIN_URL = process.env.TB_TEST_ADMIN_URL;
const TEMPLATE = process.env.TB_TEST_TEMPLATE;

function psql(url, sql) {
    const run = spawnSync("psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql, url], {
        encoding: "utf8",
    });
    if (run.status !== 0) throw new Error(`psql: ${run.stderr || run.error}`);
    return run.stdout.trim();
}

function urlOf(name, user) {
    const url = new URL(ADMIN_URL.replace("postgresql:///", "postgresql://socket/"));
    url.pathname = `/${name}`;
    url.searchParams.set("user", user);
    return url.href.replace("postgresql://socket/", "postgresql:///");
}

// A database is used while somebody copies it: CREATE DATABASE says so, and another try is due.
function createFromTemplate(name, template) {
    for (let tries = 50; ; tries--) {
        try {
            return psql(ADMIN_URL, `CREATE DATABASE ${name} TEMPLATE ${template} OWNER timebank`);
        } catch (error) {
            if (tries === 0 || !/being accessed by other users/.test(error.message)) throw error;
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
        }
    }
}

export class Database {
    // A copy of the migrated template, or of another database that nobody is connected to.
    constructor(template = TEMPLATE) {
        this.name = `tb_api_${process.pid}_${randomBytes(4).toString("hex")}`;
        createFromTemplate(this.name, template);
        this.url = urlOf(this.name, "timebank");
        this.ownerUrl = urlOf(this.name, "postgres");
    }

    // What no operation tells: a test's own look behind the scenes.
    query(sql) {
        return psql(this.ownerUrl, sql);
    }

    // A session that goes on by itself, to hold a lock; kill() ends it.
    background(sql) {
        return spawn("psql", ["-XqAt", "-c", sql, this.ownerUrl], { stdio: "ignore" });
    }

    drop() {
        psql(ADMIN_URL, `DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`);
    }
}
