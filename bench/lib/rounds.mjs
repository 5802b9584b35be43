// Paired slices: in each round every contender has one, in rotating order, so that what disturbs the
// machine disturbs all of them. What counts is the median of a round's ratios.
import { output } from "./processes.mjs";

export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// Every write that was counted is there: its key, its draft, its audit row, its event.
async function writesStored(bench) {
    const text = await output(bench.psql, ["-XqAt", "-U", "timebank", "-h", bench.socket, "bench",
        "-c", `SELECT least((SELECT count(*) FROM idempotency_keys WHERE completed AND code IS NULL),
                            (SELECT count(*) FROM service_drafts), (SELECT count(*) FROM events),
                            (SELECT count(*) FROM audit))`]);
    return Number(text);
}

async function checkedSlice(bench, contender, workload, seconds) {
    const before = workload.writes ? await writesStored(bench) : 0;
    const slice = await contender.slice(workload, seconds);
    if (workload.writes) {
        const stored = await writesStored(bench) - before;
        if (stored < slice.requests)
            throw new Error(`${contender.name}: ${slice.requests} answered, ${stored} stored`);
    }
    return slice;
}

// The slices of each contender, in the order of the rounds. A first, shorter one only warms up.
export async function runRounds(bench, workload, contenders) {
    const slices = contenders.map(() => []);
    for (const contender of contenders)
        await checkedSlice(bench, contender, workload, 1);
    for (let round = 0; round < bench.rounds; round++) {
        for (let i = 0; i < contenders.length; i++) {
            const at = (round + i) % contenders.length;
            const slice = await checkedSlice(bench, contenders[at], workload, bench.slice);
            slices[at].push(slice);
            process.stderr.write(`${workload.name}, round ${round + 1}: ${contenders[at].name} `
                + `${Math.round(slice.rate)}/s\n`);
        }
    }
    return slices;
}

// {median, low, high} of one contender's rate over another's, round by round.
export function ratio(over, under) {
    const values = over.map((slice, i) => slice.rate / under[i].rate);
    return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}
