// A command is {name, keep, play}: `play` sends requests through the player; `keep` lists what else
// must leave alone while it runs (null: everything), so that commands whose lists do not meet may run
// at the same time and have the same outcome in any order.

export const ofRecord = (record) => [`v ${record.volunteer}`, `w ${record.region}`,
    ...payersOf(record)];

// Whose books a record moves besides the server's.
export function payersOf({ payment, hold }) {
    const payer = payment?.capture?.debit ?? hold?.payer;
    return payer ? [`v ${payer}`] : [];
}

export function single({ name, keep, actor, operation, options, faults, done, after }) {
    return { name: name ?? operation, keep, play: async (player) => {
        const answer = await player.send(actor, operation, options, faults(), done);
        if (after && answer.status < 400) await after(player, answer.body);
        return answer;
    } };
}
