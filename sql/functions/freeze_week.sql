-- Freezing a week: no more registrations enter it, its suspicious records are flagged, and every
-- community with records gets its worklist with the seed that draws the spot checks.

-- What the rules find in the records of a week. A flag asks for a look; it rejects nothing.
CREATE OR REPLACE FUNCTION week_flags(of_district integer, week date)
RETURNS TABLE (record_id uuid, rule text, args jsonb) LANGUAGE sql STABLE ROWS 30 AS $$
    WITH listed AS MATERIALIZED (
        SELECT w.record_id, w.region_code, w.volunteer_id, w.service_date, s.server_id,
               s.recipient_person_id, s.recipient_household_id
        FROM week_records(of_district, week) AS w
        JOIN service_records AS s ON s.district_id = of_district AND s.id = w.record_id
    ), recipient_home AS MATERIALIZED (
        SELECT l.record_id, h.region_code, h.household_id,
               COALESCE(h.address_line, k.address_line) AS address_line
        FROM listed AS l
        JOIN residences AS h ON h.district_id = of_district AND h.person_id = l.recipient_person_id
            AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, l.service_date)
        LEFT JOIN households AS k ON k.district_id = of_district AND k.id = h.household_id
        UNION ALL
        SELECT l.record_id, k.region_code, k.id, k.address_line
        FROM listed AS l
        JOIN households AS k
            ON k.district_id = of_district AND k.id = l.recipient_household_id
    )
    SELECT l.record_id, 'same_address', '{}'::jsonb
    FROM listed AS l
    JOIN recipient_home AS theirs USING (record_id)
    JOIN residences AS own ON own.district_id = of_district AND own.person_id = l.server_id
        AND fact_is_true(own.valid_from, own.valid_to, own.superseded_at, l.service_date)
    LEFT JOIN households AS k ON k.district_id = of_district AND k.id = own.household_id
    WHERE own.region_code = theirs.region_code
      AND COALESCE(own.address_line, k.address_line) = theirs.address_line
      AND (own.household_id = theirs.household_id) IS NOT TRUE
    UNION ALL
    SELECT l.record_id, 'outside_region', jsonb_build_object('region_code', h.region_code::text)
    FROM listed AS l
    JOIN recipient_home AS h USING (record_id)
    WHERE h.region_code NOT BETWEEN l.region_code
          AND l.region_code + CASE WHEN l.region_code % 1000000 = 0 THEN 999999
                                   WHEN l.region_code % 1000 = 0 THEN 999 ELSE 0 END
    UNION ALL
    SELECT l.record_id, 'recipient_deceased', jsonb_build_object('died_on', p.died_on)
    FROM listed AS l
    JOIN persons AS p ON p.district_id = of_district AND p.id = l.recipient_person_id
    WHERE p.died_on < l.service_date
    UNION ALL
    SELECT l.record_id, 'day_over_8h', jsonb_build_object('minutes', day.minutes)
    FROM listed AS l
    CROSS JOIN LATERAL (
        SELECT sum(COALESCE(d.minutes, r.minutes)) AS minutes
        FROM service_records AS s
        JOIN registrations AS r ON r.district_id = of_district AND r.record_id = s.id
        LEFT JOIN decisions AS d ON d.district_id = of_district AND d.record_id = s.id
        WHERE s.district_id = of_district AND s.volunteer_id = l.volunteer_id
          AND s.service_date = l.service_date
          AND NOT EXISTS (SELECT FROM voids AS v
                          WHERE v.district_id = of_district AND v.record_id = s.id)
          AND NOT EXISTS (SELECT FROM service_records AS newer
                          WHERE newer.district_id = of_district AND newer.replaces_id = s.id)
    ) AS day
    WHERE day.minutes > 480
    UNION ALL
    SELECT l.record_id, 'reciprocity',
           jsonb_build_object('given', given.times, 'received', received.times)
    FROM listed AS l
    CROSS JOIN LATERAL (
        SELECT (policy_value(of_district, 'reciprocity_threshold', l.region_code,
                             l.service_date) #>> '{}')::integer AS times
    ) AS threshold
    CROSS JOIN LATERAL (
        SELECT times_served(of_district, l.recipient_person_id, l.server_id,
                            l.service_date) AS times
    ) AS received
    CROSS JOIN LATERAL (
        SELECT times_served(of_district, l.server_id, l.recipient_person_id,
                            l.service_date) AS times
    ) AS given
    WHERE l.recipient_person_id IS NOT NULL
      AND received.times >= threshold.times AND given.times >= threshold.times
$$;

-- How often one person was registered as serving the other in the four weeks up to a day.
CREATE OR REPLACE FUNCTION times_served(of_district integer, server uuid, recipient uuid,
                                        until date) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT count(*)
    FROM service_records AS s
    JOIN registrations AS r ON r.district_id = of_district AND r.record_id = s.id
    WHERE s.district_id = of_district AND s.recipient_person_id = recipient
      AND s.server_id = server AND s.service_date BETWEEN until - 27 AND until
      AND NOT EXISTS (SELECT FROM voids AS v
                      WHERE v.district_id = of_district AND v.record_id = s.id)
$$;

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
    UPDATE periods AS p SET state = 'frozen', frozen_at = moment
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
