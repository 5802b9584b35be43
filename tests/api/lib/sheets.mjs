// Sign-in sheets as they come from paper.
import { COMMUNITY } from "./world.mjs";

const EVENING = { service_date: "2014-05-14", starts_at: "2014-05-14T19:00:00+08:00",
    ends_at: "2014-05-14T21:00:00+08:00" };

// A patrol of two hours, signed by a police officer and registered by the leader; the totals are those
// of the lines unless told.
export function sheetBody(world, lines, changes = {}) {
    const body = {
        region_code: COMMUNITY,
        sheet_number: "巡逻-1",
        team_id: world.team.id,
        category_code: "patrol",
        recipient_kind: "public",
        recipient_label: "北园社区居民",
        place: "北园社区",
        content: "夜间治安巡逻",
        ...EVENING,
        attestation: { method: "paper", attester_id: world.persons.daughter.id,
            capacity: "partner_unit" },
        registrar_id: world.persons.leader.id,
        totals: { lines: lines.length,
            minutes: lines.reduce((sum, line) => sum + (line.minutes ?? 120), 0) },
        lines,
        ...changes,
    };
    return JSON.parse(JSON.stringify(body)); // without what is undefined
}
