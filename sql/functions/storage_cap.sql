-- A cap on what a passbook stores (policy storage_cap_minutes): a week's deposits are made in full, and count for
-- the stars; then what is above the cap moves to the sink, in the same settlement.

-- The rule of a week is that of its last day. Null: no cap.
CREATE OR REPLACE FUNCTION storage_cap(of_district integer, week date) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT NULLIF(district_rule(of_district, 'storage_cap_minutes', p.end_date - 1) #>> '{}',
                          'none')::bigint
            FROM periods AS p
            WHERE p.district_id = of_district AND p.grain = 'week' AND p.begin_date = week);
END
$$;

-- Of each book that the week credits: what will be above the cap, as far as it is available then, so what is held
-- or embargoed stays; the next deposit takes the rest. To the sink of the region where the book was opened.
-- Costs nothing without a cap.
CREATE OR REPLACE FUNCTION week_retirements(of_district integer, week date)
RETURNS TABLE (account_id uuid, sink_id uuid, region_code bigint, book_month date, minutes bigint)
LANGUAGE plpgsql STABLE ROWS 10 AS $$
#variable_conflict use_column
DECLARE
    cap bigint := storage_cap(of_district, week);
    spendable integer := (NOT is_embargoed(of_district, week))::integer; -- of what the week credits
    month date;
BEGIN
    IF cap IS NULL THEN
        RETURN;
    END IF;
    SELECT booking_month(of_district, p.end_date - 1) INTO month FROM periods AS p
    WHERE p.district_id = of_district AND p.grain = 'week' AND p.begin_date = week;
    RETURN QUERY
    WITH postings AS MATERIALIZED (
        SELECT * FROM week_postings(of_district, week)
    ), moved AS (
        SELECT m.account_id, sum(m.posted) AS posted, sum(m.available) AS available
        FROM (
            SELECT p.credit_account_id AS account_id, p.minutes AS posted,
                   p.minutes * spendable AS available
            FROM postings AS p
            UNION ALL
            SELECT p.debit_account_id, -p.minutes, -p.minutes
            FROM postings AS p WHERE p.kind = 'capture'
            UNION ALL
            SELECT c.payer_account_id, 0, c.hold_minutes
            FROM week_captures(of_district, week) AS c
        ) AS m
        GROUP BY m.account_id
        HAVING bool_or(m.posted > 0)
    ), stored AS (
        SELECT m.account_id, b.posted + m.posted - cap AS excess,
               available_minutes(b) + m.available AS available
        FROM moved AS m
        JOIN balances AS b ON b.district_id = of_district AND b.account_id = m.account_id
    )
    SELECT s.account_id, sink_account(of_district, a.region_code), a.region_code, month,
           LEAST(s.excess, s.available)::bigint
    FROM stored AS s
    JOIN accounts AS a ON a.district_id = of_district AND a.id = s.account_id
    WHERE s.excess > 0 AND s.available > 0;
END
$$;
