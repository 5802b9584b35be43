-- Freezing a week: no more registrations enter it, its suspicious records are flagged, and every
-- community with records gets its worklist with the seed that draws the spot checks.

-- The instant at which a step of the clocks happens: as told, else the standing clock, else now by
-- the wall clock, not by the start of the transaction: it is read after the locks were waited for.
CREATE OR REPLACE FUNCTION step_instant(as_of timestamptz) RETURNS timestamptz
LANGUAGE sql VOLATILE AS $$
    SELECT COALESCE(as_of, (SELECT standing_clock FROM installation), clock_timestamp())
$$;

-- One transaction. No row: the week is not open any more, or it is too early. The statement that
-- locks waits for every writer that holds the week; only the next one reads the time and the rows.
-- seed: null draws one at random; else the seeds are derived from it.
CREATE OR REPLACE FUNCTION freeze_week(of_district integer, week date, as_of timestamptz,
                                       seed bytea)
RETURNS TABLE (records bigint, flagged bigint, communities bigint)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    period periods;
    moment timestamptz;
BEGIN
    SELECT * INTO STRICT period FROM periods AS p
    WHERE p.district_id = of_district AND p.grain = 'week' AND p.begin_date = week FOR UPDATE;
    moment := step_instant(as_of);
    IF period.state <> 'open' OR period.freezes_at > moment THEN
        RETURN;
    END IF;
    UPDATE periods AS p
    SET state = 'frozen', frozen_at = moment, credit_step_minutes = credit_step(of_district, week)
    WHERE p.district_id = of_district AND p.grain = 'week' AND p.begin_date = week;

    INSERT INTO record_flags (district_id, record_id, rule, args, book_week, flagged_at)
    SELECT of_district, f.record_id, f.rule, f.args, week, moment
    FROM week_flags(of_district, week) AS f
    ON CONFLICT DO NOTHING;

    INSERT INTO worklists (district_id, book_week, region_code, seed, prepared_at)
    SELECT of_district, week, w.region_code,
           sha256(COALESCE(seed, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
                  || int8send(w.region_code) || date_send(week)), moment
    FROM week_records(of_district, week) AS w
    GROUP BY w.region_code;

    SELECT count(*), count(*) FILTER (WHERE EXISTS (
               SELECT FROM record_flags AS f
               WHERE f.district_id = of_district AND f.record_id = w.record_id)),
           count(DISTINCT w.region_code)
    INTO records, flagged, communities
    FROM week_records(of_district, week) AS w;
    PERFORM note_step(of_district, 'freezeWeek', 'week.frozen', week::text, jsonb_build_object(
        'records', records, 'flagged', flagged, 'communities', communities), moment);
    RETURN NEXT;
END
$$;

-- The step in which the minutes of a week are credited, by the policy of its Monday.
CREATE OR REPLACE FUNCTION credit_step(of_district integer, week date) RETURNS smallint
LANGUAGE sql STABLE AS $$
    SELECT CASE policy_setting(of_district, 'rounding', of_district::bigint * 1000000, week) #>> '{}'
           WHEN 'quarter_hour_down' THEN 15 WHEN 'half_hour_down' THEN 30
           WHEN 'hour_down' THEN 60 ELSE 1 END::smallint
$$;

-- The audit row and the event of what the clock did, without a caller.
CREATE OR REPLACE FUNCTION note_step(of_district integer, operation text, event text, subject text,
                                     details jsonb, at timestamptz)
RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO audit (district_id, operation, subject_id, region_code, details, occurred_at)
    VALUES (of_district, operation, subject, of_district::bigint * 1000000, details, at);
    INSERT INTO events (district_id, type, subject_id, region_code, data, occurred_at)
    VALUES (of_district, event, subject, of_district::bigint * 1000000,
            jsonb_build_object('operation', operation) || details, at)
$$;
