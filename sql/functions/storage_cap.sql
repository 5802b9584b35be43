-- A cap on what a passbook stores (policy storage_cap_minutes): a week's deposits are made in full, and count for
-- the stars; then what is above the cap moves to the sink, in the same settlement.

-- The rule of a week is that of its last day; the month is the one that takes what lapses. Both null: no cap.
CREATE OR REPLACE FUNCTION storage_cap(of_district integer, week date, OUT cap bigint,
                                       OUT book_month date)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    last_day date := (SELECT p.end_date - 1 FROM periods AS p
                      WHERE p.district_id = of_district AND p.grain = 'week'
                        AND p.begin_date = week);
BEGIN
    cap := NULLIF(policy_setting(of_district, 'storage_cap_minutes', of_district::bigint * 1000000,
                                 last_day) #>> '{}', 'none');
    book_month := CASE WHEN cap IS NOT NULL THEN booking_month(of_district, last_day) END;
END
$$;

-- The transfers of a week: its postings, then what lapses. Of each book that is credited that is what will be above
-- the cap, as far as it is available then, so what is held or embargoed stays, and the next deposit takes the
-- rest. To the sink of the region where the book was opened. Without a cap nothing of this is computed.
CREATE OR REPLACE FUNCTION week_transfers(of_district integer, week date)
RETURNS TABLE (id uuid, debit_account_id uuid, credit_account_id uuid, minutes bigint, kind text,
               region_code bigint, book_month date, hold_id uuid, record_id uuid, records bigint)
LANGUAGE sql STABLE ROWS 300 AS $$
    WITH postings AS MATERIALIZED (
        SELECT * FROM week_postings(of_district, week)
    ), rule AS MATERIALIZED (
        SELECT c.cap, c.book_month, (NOT is_embargoed(of_district, week))::integer AS spendable
        FROM storage_cap(of_district, week) AS c
    ), moved AS (
        SELECT m.account_id, sum(m.posted) AS posted, sum(m.available) AS available
        FROM (
            SELECT p.credit_account_id AS account_id, p.minutes AS posted,
                   p.minutes * (SELECT r.spendable FROM rule AS r) AS available
            FROM postings AS p
            UNION ALL
            SELECT p.debit_account_id, -p.minutes, h.minutes - p.minutes
            FROM postings AS p
            JOIN holds AS h ON h.district_id = of_district AND h.id = p.hold_id
            WHERE p.kind = 'capture'
        ) AS m
        WHERE (SELECT r.cap FROM rule AS r) IS NOT NULL
        GROUP BY m.account_id
        HAVING bool_or(m.posted > 0)
    ), stored AS (
        SELECT m.account_id, a.region_code, sink_account(of_district, a.region_code) AS sink_id,
               LEAST(b.posted + m.posted - (SELECT r.cap FROM rule AS r),
                     available_minutes(b) + m.available)::bigint AS excess
        FROM moved AS m
        JOIN balances AS b ON b.district_id = of_district AND b.account_id = m.account_id
        JOIN accounts AS a ON a.district_id = of_district AND a.id = m.account_id
    )
    SELECT * FROM postings
    UNION ALL
    SELECT week_transfer_id(of_district, week, 'retirement', s.account_id, s.sink_id, r.book_month,
                            NULL),
           s.account_id, s.sink_id, s.excess, 'retirement', s.region_code, r.book_month, NULL, NULL,
           0
    FROM stored AS s
    CROSS JOIN rule AS r
    WHERE s.excess > 0
$$;

-- The sinks of the regions whose books a week credits, before what lapses goes there.
CREATE OR REPLACE FUNCTION open_sinks(of_district integer, week date, moment timestamptz)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF (storage_cap(of_district, week)).cap IS NOT NULL THEN
        PERFORM open_sink(of_district, s.region_code, moment)
        FROM (SELECT DISTINCT a.region_code
              FROM verified_records(of_district, week) AS v
              JOIN accounts AS a ON a.district_id = of_district AND a.id = v.account_id) AS s;
    END IF;
END
$$;
