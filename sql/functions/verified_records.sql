-- What stands in a week, what of it is verified, and what is still undecided. Derived from evidence
-- alone, so the answer for a settled week stays the same.

-- Registered into the week or carried into it, and not taken out of it while it was open: void,
-- replaced, or returned before the freeze. What became of a record after it was carried on, or a
-- replacement of what a decision had returned, leaves the week as it was.
CREATE OR REPLACE FUNCTION week_records(of_district integer, week date)
RETURNS TABLE (record_id uuid, region_code bigint, volunteer_id uuid, account_id uuid,
               service_date date, minutes bigint, registrar_id uuid, registered_late boolean,
               is_carried boolean)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 300 AS $$
    SELECT r.record_id, r.region_code, r.volunteer_id, r.account_id, r.service_date, r.minutes,
           r.registrar_id, r.registered_late, r.is_carried
    FROM (
        SELECT r.*, false AS is_carried
        FROM registrations AS r
        WHERE r.district_id = of_district AND r.book_week = week
        UNION ALL
        SELECT r.*, true
        FROM carries AS c
        JOIN registrations AS r ON r.district_id = of_district AND r.record_id = c.record_id
        WHERE c.district_id = of_district AND c.to_week = week
    ) AS r
    LEFT JOIN carries AS onward ON onward.district_id = of_district
        AND onward.record_id = r.record_id AND onward.from_week = week
    LEFT JOIN decisions AS d ON d.district_id = of_district AND d.record_id = r.record_id
    LEFT JOIN voids AS v ON v.district_id = of_district AND v.record_id = r.record_id
    LEFT JOIN service_records AS newer
        ON newer.district_id = of_district AND newer.replaces_id = r.record_id
    WHERE CASE WHEN onward.record_id IS NOT NULL THEN true
               WHEN d.record_id IS NOT NULL THEN NOT d.before_freeze
               ELSE v.record_id IS NULL AND newer.id IS NULL END
$$;

-- Accepted one by one, or clean in a community-week that was closed. minutes are what is credited: the
-- earned ones, rounded down to the week's step; registered_minutes are what waits in pending_in.
-- Dropped first, because its columns may change.
DROP FUNCTION IF EXISTS verified_records(integer, date);
CREATE FUNCTION verified_records(of_district integer, week date)
RETURNS TABLE (record_id uuid, region_code bigint, volunteer_id uuid, account_id uuid,
               service_date date, registered_minutes bigint, minutes bigint, earned_minutes bigint,
               verifier_id uuid, verified_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 300 AS $$
    SELECT r.record_id, r.region_code, r.volunteer_id, r.account_id, r.service_date, r.minutes,
           credited_minutes(COALESCE(d.minutes, r.minutes), p.credit_step_minutes),
           COALESCE(d.minutes, r.minutes), COALESCE(d.verifier_id, c.verifier_id),
           COALESCE(d.decided_at, c.closed_at)
    FROM week_records(of_district, week) AS r
    JOIN periods AS p ON p.district_id = of_district AND p.grain = 'week' AND p.begin_date = week
    LEFT JOIN decisions AS d
        ON d.district_id = of_district AND d.record_id = r.record_id AND d.book_week = week
    LEFT JOIN worklist_closes AS c
        ON c.district_id = of_district AND c.book_week = week AND c.region_code = r.region_code
    WHERE CASE WHEN d.record_id IS NOT NULL THEN d.decision IN ('accept', 'reduce')
          ELSE c.closed_at IS NOT NULL
               AND NOT EXISTS (SELECT FROM close_exceptions AS x
                               WHERE x.district_id = of_district AND x.record_id = r.record_id
                                 AND x.book_week = week)
               AND NOT EXISTS (SELECT FROM record_flags AS f
                               WHERE f.district_id = of_district AND f.record_id = r.record_id
                                 AND f.book_week <= week)
          END
$$;

-- What rounding leaves out of the credit of each record of a week.
CREATE OR REPLACE FUNCTION week_roundings(of_district integer, week date)
RETURNS TABLE (record_id uuid, account_id uuid, book_month date, minutes bigint)
LANGUAGE sql STABLE ROWS 30 AS $$
    SELECT v.record_id, v.account_id, booking_month(of_district, v.service_date),
           v.earned_minutes - v.minutes
    FROM verified_records(of_district, week) AS v
    WHERE v.earned_minutes > v.minutes
$$;

-- What would be carried to the next week if the cut-off were now.
CREATE OR REPLACE FUNCTION undecided_records(of_district integer, week date)
RETURNS TABLE (record_id uuid, reason text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 30 AS $$
    SELECT r.record_id, CASE WHEN c.closed_at IS NULL THEN 'not_closed' ELSE 'not_decided' END
    FROM week_records(of_district, week) AS r
    LEFT JOIN worklist_closes AS c
        ON c.district_id = of_district AND c.book_week = week AND c.region_code = r.region_code
    WHERE NOT EXISTS (SELECT FROM decisions AS d
                      WHERE d.district_id = of_district AND d.record_id = r.record_id
                        AND d.book_week = week)
      AND (c.closed_at IS NULL
           OR EXISTS (SELECT FROM close_exceptions AS x
                      WHERE x.district_id = of_district AND x.record_id = r.record_id
                        AND x.book_week = week)
           OR EXISTS (SELECT FROM record_flags AS f
                      WHERE f.district_id = of_district AND f.record_id = r.record_id
                        AND f.book_week <= week))
$$;
