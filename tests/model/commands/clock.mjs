// The clock goes on: by minutes, to the edge of what is due, and sometimes by weeks.
import { MINUTE_MS, dueOf, freezeOf, mondayOf } from "../calendar.mjs";

const HOUR_MS = 60 * MINUTE_MS;
const SECOND_MS = 1000;

function nextEdge({ oracle }) {
    const week = mondayOf(oracle.today());
    return [dueOf(week - 7), freezeOf(week), dueOf(week)].find((at) => at > oracle.now + SECOND_MS);
}

export function moveClock(player) {
    const { random, oracle } = player;
    const to = random.weighted([
        [40, () => oracle.now + random.between(1, 600) * MINUTE_MS],
        [30, () => oracle.now + random.between(1, 36) * HOUR_MS],
        [20, () => nextEdge(player) + random.pick([-SECOND_MS, 0, SECOND_MS])],
        [8, () => oracle.now + random.between(2, 6) * 24 * HOUR_MS],
        [2, () => oracle.now + random.between(7, 40) * 24 * HOUR_MS],
    ])();
    const now = Math.floor(Math.max(to, oracle.now) / SECOND_MS) * SECOND_MS;
    return { name: "moveClock", keep: null, play: () => player.moveTo(now) };
}
