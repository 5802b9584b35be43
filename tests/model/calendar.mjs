// Civil days of a district whose zone is eight hours ahead and never changes, as numbers: day 0 is
// 1 January 1970, a Thursday.
const OFFSET_MS = 8 * 3600000;
const DAY_MS = 86400000;
export const MINUTE_MS = 60000;

export const dayOf = (ms) => Math.floor((ms + OFFSET_MS) / DAY_MS);
export const midnight = (day) => day * DAY_MS - OFFSET_MS;
export const textOf = (day) => new Date(day * DAY_MS).toISOString().slice(0, 10);
export const dayNumber = (text) => Date.parse(`${text}T00:00:00Z`) / DAY_MS;
export const timeText = (ms) => `${new Date(ms + OFFSET_MS).toISOString().slice(0, 19)}+08:00`;

export const mondayOf = (day) => day - ((day + 3) % 7);
export const monthOf = (day) => dayNumber(`${textOf(day).slice(0, 7)}-01`);
export const monthAfter = (month) => monthOf(month + 31);
export const quarterOf = (day) => {
    const [year, month] = textOf(day).split("-").map(Number);
    const first = String(Math.floor((month - 1) / 3) * 3 + 1).padStart(2, "0");
    return dayNumber(`${year}-${first}-01`);
};
export const quarterAfter = (quarter) => quarterOf(quarter + 95);
export const quarterName = (quarter) => {
    const [year, month] = textOf(quarter).split("-").map(Number);
    return `${year}Q${Math.floor((month - 1) / 3) + 1}`;
};

// A week freezes at Sunday 24:00 and is verified until Wednesday 24:00; a month is due with the
// week of its last day, a quarter with its last month.
export const freezeOf = (monday) => midnight(monday + 7);
export const dueOf = (monday) => midnight(monday + 10);
export const monthDueOf = (month) => dueOf(mondayOf(monthAfter(month) - 1));
export const quarterDueOf = (quarter) => dueOf(mondayOf(quarterAfter(quarter) - 1));
