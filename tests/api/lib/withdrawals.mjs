// Withdrawals with their assignments and holds, which no operation writes yet.
import { randomUUID } from "node:crypto";

import { COMMUNITY } from "./world.mjs";

const APPLIED = "2014-05-12T08:00:00+08:00";
export const EXPIRES = "2014-07-01T00:00:00+08:00";

// Minutes that a volunteer's passbook has to spend.
export function fillBook(world, volunteer, minutes = 600) {
    return world.admin.ok("createOpeningBalance", {
        body: { volunteer_id: volunteer.id, region_code: COMMUNITY, minutes,
            served_until: "2014-02-28", place: "北园社区", evidence: "登记册" },
    });
}

// The volunteer is to serve the recipient, paid from the payer's passbook; gives the assignment.
export function assign(world, { payer, volunteer, minutes = 120 }) {
    const id = randomUUID();
    const { recipient } = world.persons;
    const refused = world.database.query(`
        INSERT INTO withdrawals (district_id, id, passbook_id, recipient_id, applicant_id, relation,
            region_code, minutes, applied_at)
        VALUES (371402, '${id}', '${payer.passbook_id}', '${recipient.id}', '${recipient.id}',
            'family', ${COMMUNITY}, ${minutes}, '${APPLIED}');
        INSERT INTO assignments (district_id, id, withdrawal_id, volunteer_id, minutes, assigned_at)
        VALUES (371402, '${id}', '${id}', '${volunteer.id}', ${minutes}, '${APPLIED}');
        SELECT place_hold(371402, '${id}', account_id, '${id}', ${minutes}, '${APPLIED}',
            '${EXPIRES}') FROM passbooks WHERE id = '${payer.passbook_id}'`);
    if (refused) throw new Error(refused);
    return id;
}

export function holdState(world, assignment) {
    return world.database.query(`SELECT state FROM holds WHERE assignment_id = '${assignment}'`);
}
