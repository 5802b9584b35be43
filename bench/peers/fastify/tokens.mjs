// Who calls: the token's hash in a cache of one second, or one look-up.
import { createHash } from "node:crypto";

import { run } from "./database.mjs";
import { Problem } from "./problem.mjs";

const TOKEN = /^Bearer (tb_(\d{6})_[\w-]{43})$/i;
const CACHE_MS = 1000;

async function lookUp(database, statement, district, hash) {
    const [row] = await run(database.read, statement, [district, hash]);
    if (!row || row.revoked || row.expired) return null;
    const self = row.role === "volunteer" || row.role === "resident";
    return {
        district,
        actor_role: row.role,
        actor_user: row.user_id,
        actor_person: row.person_id,
        actor_team: row.team_id,
        self_person: self ? row.person_id : null,
        own_team: row.role === "team_leader" ? row.team_id : null,
        scope_low: row.scope_low,
        scope_high: row.scope_high,
    };
}

export function makeAuthenticate(database, statement) {
    const cache = new Map();
    return async function authenticate(header) {
        const match = TOKEN.exec(header ?? "");
        if (!match) throw new Problem(401, header ? "token_invalid" : "token_missing");
        const hash = createHash("sha256").update(match[1]).digest();
        const key = hash.toString("latin1");
        let entry = cache.get(key);
        if (!entry || entry.until <= performance.now()) {
            const actor = await lookUp(database, statement, Number(match[2]), hash);
            entry = { actor, until: performance.now() + CACHE_MS };
            cache.set(key, entry);
        }
        if (!entry.actor) throw new Problem(401, "token_invalid");
        return entry.actor;
    };
}
