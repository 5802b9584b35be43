// The stored periods of districts in random zones, against PostgreSQL's own calendar and zones: it shares
// neither code nor data with the daemon's.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { command } from "./lib/daemon.mjs";
import { Database } from "./lib/database.mjs";
import { dice } from "./lib/storm.mjs";

// Summer time of the 1980s, week 53, leap days; days of 23 and 25 hours, without a midnight or with two of
// them; a day left out; half an hour. From each day on sixty days are looked at.
const CHOSEN = {
    "Asia/Shanghai": ["1986-04-20", "1986-08-20", "1991-03-20", "1999-12-27", "2009-12-14",
        "2011-12-31", "2015-12-14", "2020-12-07"],
    "Europe/Berlin": ["2014-03-03", "2014-10-01"],
    "America/Sao_Paulo": ["2018-10-08", "2019-01-21"],
    "America/Havana": ["2014-02-17", "2014-10-06"],
    "Pacific/Apia": ["2011-12-05"],
    "Australia/Lord_Howe": ["2014-03-10", "2014-09-15"],
    "America/St_Johns": ["2006-03-06", "2006-10-02"],
    "Asia/Kathmandu": ["1985-12-02"],
};
const RANDOM = 25;
// Up to 2023: of later rules the two may have other versions.
const FIRST = Date.UTC(1970, 0, 5);
const LAST = Date.UTC(2023, 5, 1);

const roll = dice();

// A zone may be newer than the tables of the daemon, which says so when a district is founded in it.
function found(database, code, zone, day, ...more) {
    const run = command(database.url, "district", "--code", String(code), "--name", zone,
        "--zone", zone, "--founded", day, ...more);
    assert.ok(run.status === 0 || /time zone .*: not_found/.test(run.stderr), run.stderr);
    return run.status === 0;
}

function spansOf(database) {
    const zones = database.query(`SELECT name FROM pg_timezone_names
        WHERE name ~ '^(Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/'
        ORDER BY name COLLATE "C"`).split("\n");
    const random = Array.from({ length: RANDOM }, () => [zones[Math.floor(roll() * zones.length)],
        new Date(FIRST + Math.floor(roll() * (LAST - FIRST))).toISOString().slice(0, 10)]);
    return [...Object.entries(CHOSEN).flatMap(([zone, days]) => days.map((day) => [zone, day])),
        ...random];
}

describe(`periods of random zones and days (seed ${roll.seed})`, () => {
    let database;

    before(() => {
        database = new Database();
        const spans = spansOf(database);
        let founded = 0;
        for (const [i, [zone, day]] of spans.entries()) {
            if (i > 0)
                database.query(`UPDATE installation SET standing_clock = '${day}T12:00:00Z'`);
            if (found(database, 110101 + i, zone, day,
                ...(i === 0 ? ["--kind", "test", "--clock", `${day}T12:00:00Z`] : [])))
                founded++;
        }
        assert.ok(founded > spans.length - RANDOM / 2, `${founded} of ${spans.length}`);
        assert.equal(database.query("SELECT count(DISTINCT district_id) FROM periods"),
            String(founded));
        database.query(`CREATE VIEW tiles AS
            SELECT p.*, d.time_zone AS zone, d.founded_on, lead(p.begin_date) OVER ordered AS next,
                   lead(p.freezes_at) OVER ordered AS next_freeze
            FROM periods AS p JOIN districts AS d USING (district_id)
            WINDOW ordered AS (PARTITION BY p.district_id, p.grain ORDER BY p.begin_date)`);
    });
    after(() => database?.drop());

    const none = (what, condition) => test(what, () => assert.equal(database.query(`
        SELECT string_agg(zone || ' ' || grain || ' ' || begin_date || ' ' || freezes_at, E'\\n')
        FROM tiles WHERE ${condition}`), ""));

    none("tile: the end of each is the begin of the next", "next <> end_date");
    none("weeks are ISO weeks of seven civil days", `grain = 'week' AND (end_date <> begin_date + 7
        OR extract(isodow FROM begin_date) <> 1)`);
    none("months, quarters and years are PostgreSQL's", `grain <> 'week' AND (
        date_trunc(grain, begin_date::timestamp) <> begin_date OR (begin_date + (CASE grain
            WHEN 'quarter' THEN '3 months' ELSE '1 ' || grain END)::interval)::date <> end_date)`);
    none("a week freezes with its last day, not a microsecond earlier", `grain = 'week' AND NOT (
        (freezes_at AT TIME ZONE zone)::date >= end_date
        AND ((freezes_at - interval '1 microsecond') AT TIME ZONE zone)::date < end_date)`);
    none("at the first 24:00, where the clock shows one", `grain = 'week'
        AND (end_date::timestamp AT TIME ZONE zone) AT TIME ZONE zone = end_date
        AND (freezes_at AT TIME ZONE zone <> end_date
             OR freezes_at > end_date::timestamp AT TIME ZONE zone)`);
    none("instants only go forward", "next_freeze <= freezes_at AND grain = 'week'");
    none("a week is due at the end of its Wednesday", `grain = 'week' AND NOT (
        (due_at AT TIME ZONE zone)::date >= end_date + 3
        AND ((due_at - interval '1 microsecond') AT TIME ZONE zone)::date < end_date + 3)`);
    none("the others are due with the week of their last day", `grain <> 'week' AND due_at <> (
        SELECT w.due_at FROM periods AS w WHERE w.district_id = tiles.district_id
            AND w.grain = 'week' AND w.begin_date < tiles.end_date AND w.end_date >= tiles.end_date)`);

    test("together they are all days from the founding to sixty days ahead", () => {
        assert.equal(database.query(`SELECT count(*) FROM (
            SELECT district_id, grain FROM tiles GROUP BY district_id, grain, founded_on
            HAVING min(begin_date) > founded_on OR max(end_date) <= founded_on + 59
                OR sum(end_date - begin_date) <> max(end_date) - min(begin_date)) AS bad`), "0");
    });
});
