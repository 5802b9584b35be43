-- What a week pays: lock-free and STABLE, so the run and the dry run compute it alike.
-- Deposits are one line a volunteer, issuing community and month. What a hold pays is its own line.

-- An id that follows from what it stands for (RFC 9562, version 8; as tb_uuid_v8).
CREATE OR REPLACE FUNCTION derived_uuid(material bytea) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(set_byte(set_byte(substr(h, 1, 16), 6, (get_byte(h, 6) & 15) | 128),
                           8, (get_byte(h, 8) & 63) | 128), 'hex')::uuid
    FROM (SELECT sha256(material) AS h) AS hashed
$$;

-- The account from which a region's hours are issued; derived until it exists.
CREATE OR REPLACE FUNCTION issuance_account(of_district integer, region bigint) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT COALESCE((SELECT id FROM accounts
                     WHERE district_id = of_district AND kind = 'issuance'
                       AND region_code = region),
                    derived_uuid(convert_to('timebank.issuance.1', 'UTF8')
                                 || int4send(of_district) || int8send(region)))
$$;

-- The month in which a service of a day is booked: its own while that is open, else the oldest one
-- that is.
CREATE OR REPLACE FUNCTION booking_month(of_district integer, service_day date) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT COALESCE(
        (SELECT begin_date FROM periods
         WHERE district_id = of_district AND grain = 'month' AND state = 'open'
           AND service_day >= begin_date AND service_day < end_date),
        (SELECT min(begin_date) FROM periods
         WHERE district_id = of_district AND grain = 'month' AND state = 'open'))
$$;

-- Verified records whose withdrawal still holds minutes. The payer pays the verified minutes: the
-- hold first, beyond it what he had available before this settlement; the rest is issued (overrun).
CREATE OR REPLACE FUNCTION week_captures(of_district integer, week date)
RETURNS TABLE (record_id uuid, hold_id uuid, payer_account_id uuid, account_id uuid,
               region_code bigint, book_month date, hold_minutes bigint, minutes bigint,
               captured_minutes bigint, overrun_minutes bigint)
LANGUAGE sql STABLE ROWS 10 AS $$
    WITH held AS (
        SELECT v.*, h.id AS hold_id, h.account_id AS payer_account_id, h.minutes AS hold_minutes,
               b.posted - b.held - b.embargoed - b.floor_minutes AS available,
               GREATEST(v.minutes - h.minutes, 0) AS excess
        FROM verified_records(of_district, week) AS v
        JOIN service_records AS s ON s.district_id = of_district AND s.id = v.record_id
        JOIN holds AS h ON h.district_id = of_district AND h.assignment_id = s.assignment_id
            AND h.state = 'open'
        JOIN balances AS b ON b.district_id = of_district AND b.account_id = h.account_id
    ), shared AS (
        SELECT h.*, GREATEST(0, LEAST(h.excess, h.available + h.excess - sum(h.excess) OVER (
                        PARTITION BY h.payer_account_id ORDER BY h.record_id)))::bigint AS taken
        FROM held AS h
    )
    SELECT record_id, hold_id, payer_account_id, account_id, region_code,
           booking_month(of_district, service_date), hold_minutes, minutes,
           LEAST(minutes, hold_minutes) + taken, excess - taken
    FROM shared
$$;

CREATE OR REPLACE FUNCTION week_deposits(of_district integer, week date)
RETURNS TABLE (volunteer_id uuid, account_id uuid, region_code bigint, book_month date,
               minutes bigint, records bigint)
LANGUAGE sql STABLE ROWS 300 AS $$
    WITH issued AS MATERIALIZED (
        SELECT v.volunteer_id, v.account_id, v.region_code, v.service_date, v.minutes
        FROM verified_records(of_district, week) AS v
        WHERE NOT EXISTS (
            SELECT FROM service_records AS s
            JOIN holds AS h ON h.district_id = of_district AND h.assignment_id = s.assignment_id
                AND h.state = 'open'
            WHERE s.district_id = of_district AND s.id = v.record_id)
    ), months AS MATERIALIZED (
        SELECT d.service_date, booking_month(of_district, d.service_date) AS book_month
        FROM (SELECT DISTINCT service_date FROM issued) AS d
    )
    SELECT i.volunteer_id, i.account_id, i.region_code, m.book_month, sum(i.minutes)::bigint,
           count(*)
    FROM issued AS i
    JOIN months AS m USING (service_date)
    GROUP BY i.volunteer_id, i.account_id, i.region_code, m.book_month
    HAVING sum(i.minutes) > 0 -- rounding may leave nothing
$$;

-- The id of a settlement's transfer: it follows from week, kind, accounts, month and record. Inlined, which an
-- immutable one would not be: convert_to() is stable.
CREATE OR REPLACE FUNCTION week_transfer_id(of_district integer, week date, kind text, debit uuid,
                                            credit uuid, book_month date, record uuid)
RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT derived_uuid(convert_to('timebank.transfer.1:week:' || kind || ':', 'UTF8')
                        || int4send(of_district) || date_send(week) || uuid_send(debit)
                        || uuid_send(credit) || date_send(book_month)
                        || COALESCE(uuid_send(record), ''))
$$;

-- What a week credits for its records, and what holds pay of it. records: how many a transfer stands for.
CREATE OR REPLACE FUNCTION week_postings(of_district integer, week date)
RETURNS TABLE (id uuid, debit_account_id uuid, credit_account_id uuid, minutes bigint, kind text,
               region_code bigint, book_month date, hold_id uuid, record_id uuid, records bigint)
LANGUAGE sql STABLE ROWS 300 AS $$
    WITH captured AS MATERIALIZED (
        SELECT * FROM week_captures(of_district, week)
    ), deposited AS MATERIALIZED (
        SELECT * FROM week_deposits(of_district, week)
    ), issuers AS MATERIALIZED (
        SELECT r.region_code, issuance_account(of_district, r.region_code) AS account_id
        FROM (SELECT region_code FROM captured UNION SELECT region_code FROM deposited) AS r
    ), planned AS (
        SELECT i.account_id AS debit, d.account_id AS credit, d.minutes, 'deposit' AS kind,
               d.region_code, d.book_month, NULL::uuid AS hold_id, NULL::uuid AS record_id,
               d.records
        FROM deposited AS d
        JOIN issuers AS i USING (region_code)
        UNION ALL
        SELECT c.payer_account_id, c.account_id, c.captured_minutes, 'capture', c.region_code,
               c.book_month, c.hold_id, c.record_id, 1
        FROM captured AS c
        WHERE c.captured_minutes > 0
        UNION ALL
        SELECT i.account_id, c.account_id, c.overrun_minutes, 'overrun', c.region_code,
               c.book_month, c.hold_id, c.record_id, 0
        FROM captured AS c
        JOIN issuers AS i USING (region_code)
        WHERE c.overrun_minutes > 0
    )
    SELECT week_transfer_id(of_district, week, p.kind, p.debit, p.credit, p.book_month,
                            p.record_id),
           p.debit, p.credit, p.minutes, p.kind, p.region_code, p.book_month, p.hold_id,
           p.record_id, p.records
    FROM planned AS p
$$;
