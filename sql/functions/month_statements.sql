-- What a month adds up to: lock-free and STABLE, so the run, the dry run and reconcile compute it
-- alike. Volunteers first, then sets of them.

-- The verified records that the month's transfers stand for. A deposit stands for those of its week and
-- community whose own month was open, and the earliest one for those of a month that was not.
CREATE OR REPLACE FUNCTION month_records(of_district integer, month date)
RETURNS TABLE (record_id uuid, account_id uuid, volunteer_id uuid, region_code bigint,
               team_id uuid, minutes bigint, registered_late boolean, booked_late boolean)
LANGUAGE sql STABLE ROWS 1000 AS $$
    WITH weeks AS MATERIALIZED (
        SELECT book_week
        FROM transfers
        WHERE district_id = of_district AND book_month = month AND book_week IS NOT NULL
        UNION
        SELECT book_week FROM roundings WHERE district_id = of_district AND book_month = month
    ), verified AS MATERIALIZED (
        SELECT w.book_week, v.*
        FROM weeks AS w
        CROSS JOIN LATERAL verified_records(of_district, w.book_week) AS v
    ), posted AS MATERIALIZED (
        -- Week by week (OFFSET 0): the planner would else read all transfers there are for a few weeks'.
        SELECT t.*
        FROM weeks AS w
        CROSS JOIN LATERAL (
            SELECT o.kind, o.record_id, o.book_week, o.book_month, o.region_code,
                   o.credit_account_id AS account_id
            FROM transfers AS o
            WHERE o.district_id = of_district AND o.book_week = w.book_week
            OFFSET 0
        ) AS t
        WHERE t.kind IN ('capture', 'deposit')
    ), paid AS (
        SELECT t.record_id, t.book_month FROM posted AS t WHERE t.kind = 'capture'
    ), deposits AS (
        SELECT t.*, m.end_date
        FROM posted AS t
        JOIN periods AS m ON m.district_id = of_district AND m.grain = 'month'
            AND m.begin_date = t.book_month
        WHERE t.kind = 'deposit'
    ), booked AS (
        SELECT v.record_id, min(d.book_month) AS book_month
        FROM verified AS v
        JOIN deposits AS d USING (book_week, region_code, account_id)
        WHERE d.end_date > v.service_date
          AND NOT EXISTS (SELECT FROM paid AS p WHERE p.record_id = v.record_id)
          AND NOT EXISTS (SELECT FROM roundings AS r
                          WHERE r.district_id = of_district AND r.record_id = v.record_id)
        GROUP BY v.record_id
        UNION ALL
        SELECT record_id, book_month FROM paid
        UNION -- one that was paid and rounded is one
        SELECT r.record_id, r.book_month
        FROM roundings AS r
        WHERE r.district_id = of_district AND r.book_month = month
    )
    SELECT v.record_id, v.account_id, v.volunteer_id, v.region_code, s.team_id, v.minutes,
           g.registered_late, v.service_date < month
    FROM booked AS b
    JOIN verified AS v USING (record_id)
    JOIN service_records AS s ON s.district_id = of_district AND s.id = v.record_id
    JOIN registrations AS g ON g.district_id = of_district AND g.record_id = v.record_id
    WHERE b.book_month = month
$$;

-- What a month credits for service, by what it was booked as at first: reversals are negative.
CREATE OR REPLACE FUNCTION service_transfers(of_district integer, month date)
RETURNS TABLE (kind text, region_code bigint, minutes bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000 AS $$
    SELECT COALESCE(t.corrected_kind, t.kind), t.region_code,
           CASE t.kind WHEN 'reversal' THEN -t.minutes ELSE t.minutes END
    FROM transfers AS t
    WHERE t.district_id = of_district AND t.book_month = month
      AND COALESCE(t.corrected_kind, t.kind) IN ('opening', 'deposit', 'capture', 'overrun')
$$;

-- What moves on each account in a month, and what of it counts as earned; the last three move nothing.
CREATE OR REPLACE FUNCTION month_moves(of_district integer, month date)
RETURNS TABLE (account_id uuid, minutes bigint, kind text, earned bigint)
LANGUAGE sql STABLE ROWS 3000 AS $$
    SELECT t.credit_account_id, t.minutes, t.kind,
           CASE WHEN t.kind IN ('opening', 'deposit', 'capture', 'overrun', 'replacement')
                THEN t.minutes ELSE 0 END AS earned
    FROM transfers AS t
    WHERE t.district_id = of_district AND t.book_month = month
    UNION ALL
    SELECT t.debit_account_id, -t.minutes, t.kind,
           CASE t.kind WHEN 'reversal' THEN -t.minutes ELSE 0 END
    FROM transfers AS t
    WHERE t.district_id = of_district AND t.book_month = month
    UNION ALL
    SELECT r.account_id, 0, 'rounding', r.minutes
    FROM roundings AS r
    WHERE r.district_id = of_district AND r.book_month = month
    UNION ALL
    SELECT g.account_id, 0, 'rounding', p.rounding_minutes
    FROM ledger_correction_postings AS p
    JOIN registrations AS g ON g.district_id = of_district AND g.record_id = p.record_id
    WHERE p.district_id = of_district AND p.book_month = month
    UNION ALL
    SELECT p.account_id, 0, 'arrived', m.earned_minutes
    FROM passbook_moves AS m
    JOIN passbooks AS p ON p.district_id = m.district_id AND p.id = m.passbook_id
    WHERE m.district_id = of_district AND m.book_month = month AND m.direction = 'in'
$$;

-- Opening is what the month before closed with: months settle in order.
CREATE OR REPLACE FUNCTION month_statement_rows(of_district integer, month date)
RETURNS SETOF month_statements LANGUAGE sql STABLE ROWS 1000 AS $$
    WITH period AS MATERIALIZED (
        SELECT p.end_date - 1 AS last_day,
               (SELECT max(b.begin_date) FROM periods AS b
                WHERE b.district_id = of_district AND b.grain = 'month' AND b.begin_date < month)
                   AS month_before
        FROM periods AS p
        WHERE p.district_id = of_district AND p.grain = 'month' AND p.begin_date = month
    ), moves AS MATERIALIZED (
        SELECT s.account_id,
               COALESCE(sum(s.minutes) FILTER (WHERE s.kind = 'opening'), 0) AS opened,
               COALESCE(sum(s.minutes) FILTER (
                   WHERE s.kind IN ('deposit', 'capture', 'overrun') AND s.minutes > 0), 0)
                   AS deposited,
               COALESCE(-sum(s.minutes) FILTER (WHERE s.kind = 'capture' AND s.minutes < 0), 0)
                   AS withdrawn,
               COALESCE(-sum(s.minutes) FILTER (WHERE s.kind = 'donation'), 0) AS donated,
               COALESCE(-sum(s.minutes) FILTER (WHERE s.kind = 'retirement'), 0) AS retired,
               COALESCE(sum(s.minutes) FILTER (WHERE s.kind = 'clearing'), 0) AS moved,
               COALESCE(sum(s.minutes) FILTER (WHERE s.kind IN ('reversal', 'replacement')), 0)
                   AS corrected,
               sum(s.earned) AS earned
        FROM month_moves(of_district, month) AS s
        GROUP BY s.account_id
    ), before AS MATERIALIZED (
        SELECT b.account_id, b.closing_minutes, b.earned_minutes
        FROM month_statements AS b
        WHERE b.district_id = of_district AND b.book_month = (SELECT month_before FROM period)
    ), counted AS MATERIALIZED (
        SELECT r.account_id, count(*) AS records
        FROM month_records(of_district, month) AS r
        GROUP BY r.account_id
    )
    SELECT of_district, month, k.account_id, k.volunteer_id, COALESCE(h.region_code, a.region_code),
           COALESCE(b.closing_minutes, 0), COALESCE(m.opened, 0)::bigint,
           COALESCE(m.deposited, 0)::bigint, COALESCE(m.withdrawn, 0)::bigint,
           COALESCE(m.donated, 0)::bigint, COALESCE(m.retired, 0)::bigint,
           COALESCE(m.moved, 0)::bigint, COALESCE(m.corrected, 0)::bigint,
           (COALESCE(b.closing_minutes, 0) + COALESCE(m.opened + m.deposited - m.withdrawn
               - m.donated - m.retired + m.moved + m.corrected, 0))::bigint,
           (COALESCE(b.earned_minutes, 0) + COALESCE(m.earned, 0))::bigint,
           COALESCE(c.records, 0), now()
    FROM before AS b
    FULL JOIN moves AS m USING (account_id) AS one
    JOIN passbooks AS k ON k.district_id = of_district AND k.account_id = one.account_id
    JOIN accounts AS a ON a.district_id = of_district AND a.id = k.account_id
    JOIN volunteers AS v ON v.district_id = of_district AND v.id = k.volunteer_id
    LEFT JOIN residences AS h ON h.district_id = of_district AND h.person_id = v.person_id
        AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, (SELECT last_day FROM period))
    LEFT JOIN counted AS c ON c.account_id = k.account_id
$$;

-- A code with those above it: community, subdistrict, district.
CREATE OR REPLACE FUNCTION region_levels(region bigint) RETURNS SETOF bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 3 AS $$
    SELECT DISTINCT level
    FROM unnest(ARRAY[region, region / 1000 * 1000, region / 1000000 * 1000000]) AS level
$$;

-- Whoever served in two communities of a subdistrict is one volunteer of it.
CREATE OR REPLACE FUNCTION region_statement_rows(of_district integer, month date)
RETURNS SETOF region_statements LANGUAGE sql STABLE ROWS 100 AS $$
    WITH organised AS (
        SELECT l.code, count(*) AS records, count(DISTINCT r.volunteer_id) AS volunteers,
               sum(r.minutes) AS minutes, count(*) FILTER (WHERE r.registered_late) AS registered_late,
               count(*) FILTER (WHERE r.booked_late) AS booked_late
        FROM month_records(of_district, month) AS r
        CROSS JOIN LATERAL region_levels(r.region_code) AS l (code)
        GROUP BY l.code
    ), paid AS (
        SELECT l.code, sum(s.minutes) FILTER (WHERE s.kind <> 'capture') AS issued,
               sum(s.minutes) FILTER (WHERE s.kind = 'capture') AS captured
        FROM service_transfers(of_district, month) AS s
        CROSS JOIN LATERAL region_levels(s.region_code) AS l (code)
        GROUP BY l.code
    ), homes AS (
        SELECT l.code, count(*) AS passbooks, sum(s.opening_minutes) AS opening,
               sum(s.opened_minutes) AS opened, sum(s.deposited_minutes) AS deposited,
               sum(s.withdrawn_minutes) AS withdrawn, sum(s.donated_minutes) AS donated,
               sum(s.retired_minutes) AS retired, sum(s.moved_minutes) AS moved,
               sum(s.corrected_minutes) AS corrected, sum(s.closing_minutes) AS closing
        FROM month_statement_rows(of_district, month) AS s
        CROSS JOIN LATERAL region_levels(s.region_code) AS l (code)
        GROUP BY l.code
    )
    SELECT of_district, month, code, COALESCE(o.records, 0), COALESCE(o.volunteers, 0),
           COALESCE(o.minutes, 0)::bigint, COALESCE(o.registered_late, 0),
           COALESCE(o.booked_late, 0), COALESCE(p.issued, 0)::bigint,
           COALESCE(p.captured, 0)::bigint, COALESCE(h.passbooks, 0),
           COALESCE(h.opening, 0)::bigint, COALESCE(h.opened, 0)::bigint,
           COALESCE(h.deposited, 0)::bigint, COALESCE(h.withdrawn, 0)::bigint,
           COALESCE(h.donated, 0)::bigint, COALESCE(h.retired, 0)::bigint,
           COALESCE(h.moved, 0)::bigint, COALESCE(h.corrected, 0)::bigint,
           COALESCE(h.closing, 0)::bigint, now()
    FROM organised AS o
    FULL JOIN paid AS p USING (code)
    FULL JOIN homes AS h USING (code)
$$;

CREATE OR REPLACE FUNCTION team_statement_rows(of_district integer, month date)
RETURNS SETOF team_statements LANGUAGE sql STABLE ROWS 100 AS $$
    SELECT of_district, month, r.team_id, count(*), count(DISTINCT r.volunteer_id),
           sum(r.minutes)::bigint, now()
    FROM month_records(of_district, month) AS r
    WHERE r.team_id IS NOT NULL
    GROUP BY r.team_id
$$;
