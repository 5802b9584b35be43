-- Settling a week, and trying it: both compute the same transfers and the same digest.

-- One transfer as the digest sees it: business fields only, each of fixed length or with its
-- length before it; null has length 0.
CREATE OR REPLACE FUNCTION transfer_leaf(id uuid, debit uuid, credit uuid, minutes bigint,
                                         kind text, region bigint, book_month date, hold uuid,
                                         record uuid)
RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to('timebank.leaf.transfer.1', 'UTF8') || uuid_send(id)
        || uuid_send(debit) || uuid_send(credit) || int8send(minutes)
        || int4send(octet_length(kind)) || convert_to(kind, 'UTF8') || int8send(region)
        || date_send(book_month)
        || COALESCE(int4send(16) || uuid_send(hold), int4send(0))
        || COALESCE(int4send(16) || uuid_send(record), int4send(0)))
$$;

CREATE OR REPLACE FUNCTION rounding_leaf(record uuid, minutes bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to('timebank.leaf.rounding.1', 'UTF8') || uuid_send(record)
        || int8send(minutes))
$$;

CREATE OR REPLACE FUNCTION carry_leaf(record uuid, reason text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to('timebank.leaf.carry.1', 'UTF8') || uuid_send(record)
        || int4send(octet_length(reason)) || convert_to(reason, 'UTF8'))
$$;

-- leaves: their concatenation in the order of their bytes, 32 each.
CREATE OR REPLACE FUNCTION period_digest(of_district integer, grain text, begin_date date,
                                         leaves bytea)
RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to('timebank.period.1', 'UTF8') || int4send(of_district)
        || int4send(octet_length(grain)) || convert_to(grain, 'UTF8') || date_send(begin_date)
        || int8send(octet_length(COALESCE(leaves, '')) / 32) || COALESCE(leaves, ''))
$$;

-- What settling the week now would do. Takes no lock, so it runs in a read-only transaction.
CREATE OR REPLACE FUNCTION dry_settle_week(of_district integer, week date)
RETURNS TABLE (records bigint, deposits bigint, captures bigint, minutes bigint, carried bigint,
               digest bytea)
LANGUAGE sql STABLE AS $$
    WITH planned AS MATERIALIZED (
        SELECT * FROM week_transfers(of_district, week)
    ), carried AS MATERIALIZED (
        SELECT * FROM undecided_records(of_district, week)
    ), leaves AS (
        SELECT transfer_leaf(id, debit_account_id, credit_account_id, minutes, kind, region_code,
                             book_month, hold_id, record_id) AS leaf
        FROM planned
        UNION ALL
        SELECT carry_leaf(record_id, reason) FROM carried
        UNION ALL
        SELECT rounding_leaf(record_id, minutes) FROM week_roundings(of_district, week)
    )
    SELECT (SELECT count(*) FROM verified_records(of_district, week)),
           count(*) FILTER (WHERE p.kind = 'deposit'), count(*) FILTER (WHERE p.kind = 'capture'),
           COALESCE(sum(p.minutes) FILTER (WHERE p.kind <> 'retirement'), 0)::bigint,
           (SELECT count(*) FROM carried),
           period_digest(of_district, 'week', week,
                         (SELECT string_agg(leaf, '' ORDER BY leaf) FROM leaves))
    FROM planned AS p
$$;

-- Locks, in this order everywhere: the weeks, the months, the holds, the balances by their keys.
CREATE OR REPLACE FUNCTION lock_for_settlement(of_district integer, week date) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM FROM periods AS p
    WHERE p.district_id = of_district AND p.grain = 'month' AND p.state = 'open'
      AND p.begin_date IN (SELECT booking_month(of_district, d.service_date)
                           FROM (SELECT DISTINCT v.service_date
                                 FROM verified_records(of_district, week) AS v) AS d
                           UNION
                           SELECT c.book_month FROM storage_cap(of_district, week) AS c)
    ORDER BY p.begin_date FOR SHARE;
    PERFORM FROM holds AS h
    WHERE h.district_id = of_district
      AND h.id IN (SELECT c.hold_id FROM week_captures(of_district, week) AS c)
    ORDER BY h.id FOR UPDATE;
    PERFORM FROM balances AS b
    WHERE b.district_id = of_district
      AND b.account_id IN (SELECT v.account_id FROM verified_records(of_district, week) AS v
                           UNION SELECT c.payer_account_id
                           FROM week_captures(of_district, week) AS c)
    ORDER BY b.account_id FOR UPDATE;
END
$$;

-- What a week moves in each passbook and pool, in the order of the book: place counts from the account's last
-- line, running from its balance. A pool, which only pays, has no book. Dropped first, because its columns may
-- change.
DROP FUNCTION IF EXISTS week_lines(integer, date);
CREATE FUNCTION week_lines(of_district integer, week date)
RETURNS TABLE (account_id uuid, id uuid, minutes bigint, earned bigint, is_printed boolean,
               place bigint, running bigint)
LANGUAGE sql STABLE ROWS 300 AS $$
    WITH planned AS MATERIALIZED (
        SELECT * FROM week_transfers(of_district, week)
    ), sides AS (
        SELECT p.credit_account_id AS account_id, p.id, p.minutes, p.minutes AS earned,
               true AS is_printed, p.book_month, p.kind, p.region_code
        FROM planned AS p
        WHERE p.kind <> 'retirement'
        UNION ALL
        SELECT p.debit_account_id, p.id, -p.minutes, 0, has_lines(of_district, p.debit_account_id),
               p.book_month, p.kind, p.region_code
        FROM planned AS p
        WHERE p.kind IN ('capture', 'retirement')
    )
    SELECT s.account_id, s.id, s.minutes, s.earned, s.is_printed, row_number() OVER line,
           (sum(s.minutes) OVER line)::bigint
    FROM sides AS s
    WINDOW line AS (PARTITION BY s.account_id
                    ORDER BY s.kind = 'retirement', s.book_month, s.minutes < 0,
                             s.kind COLLATE "C", s.region_code, s.id
                    ROWS UNBOUNDED PRECEDING)
$$;

-- What rounding leaves out of a week's credits, kept before they are posted.
CREATE OR REPLACE FUNCTION keep_roundings(of_district integer, week date, moment timestamptz)
RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO roundings (district_id, record_id, account_id, book_week, book_month, minutes,
                           rounded_at)
    SELECT of_district, r.record_id, r.account_id, week, r.book_month, r.minutes, moment
    FROM week_roundings(of_district, week) AS r
$$;

-- The credits of a week that wait for a notice, if its rule says so, after they are posted.
CREATE OR REPLACE FUNCTION embargo_week(of_district integer, week date) RETURNS void
LANGUAGE sql VOLATILE AS $$
    WITH waiting AS (
        INSERT INTO embargoes (district_id, transfer_id, account_id, quarter, minutes)
        SELECT of_district, t.id, t.credit_account_id, quarter_of(of_district, t.book_month),
               t.minutes
        FROM transfers AS t
        WHERE t.district_id = of_district AND t.book_week = week AND t.kind <> 'retirement'
          AND is_embargoed(of_district, week)
        RETURNING account_id, minutes
    )
    UPDATE balances AS b SET embargoed = b.embargoed + w.minutes
    FROM (SELECT account_id, sum(minutes) AS minutes FROM waiting GROUP BY account_id) AS w
    WHERE b.district_id = of_district AND b.account_id = w.account_id
$$;

-- Posts the planned transfers with their lines and balances, captures the holds (voids one that rounding
-- leaves nothing of) and carries what is undecided; one statement, so that no row is touched twice and all of
-- it, the figures too, is computed on what was there before.
CREATE OR REPLACE FUNCTION post_week(of_district integer, week date, next_week date,
                                     moment timestamptz, run uuid)
RETURNS TABLE (records bigint, deposits bigint, captures bigint, minutes bigint, carried bigint,
               digest bytea)
LANGUAGE sql VOLATILE AS $$
    WITH planned AS MATERIALIZED (
        SELECT * FROM week_transfers(of_district, week)
    ), captured AS MATERIALIZED (
        SELECT * FROM week_captures(of_district, week)
    ), transferred AS (
        INSERT INTO transfers (district_id, id, debit_account_id, credit_account_id, minutes, kind,
                               region_code, book_week, book_month, hold_id, record_id, run_id,
                               posted_at)
        SELECT of_district, p.id, p.debit_account_id, p.credit_account_id, p.minutes, p.kind,
               p.region_code, week, p.book_month, p.hold_id, p.record_id, run, moment
        FROM planned AS p
    ), numbered AS MATERIALIZED (
        SELECT * FROM week_lines(of_district, week)
    ), lined AS (
        INSERT INTO passbook_lines (district_id, account_id, line_no, transfer_id, minutes,
                                    balance_minutes)
        SELECT of_district, n.account_id, b.line_no + n.place, n.id, n.minutes, b.posted + n.running
        FROM numbered AS n
        JOIN balances AS b ON b.district_id = of_district AND b.account_id = n.account_id
        WHERE n.is_printed
    ), changes AS (
        SELECT c.account_id, sum(c.posted) AS posted, sum(c.earned) AS earned,
               sum(c.lines) AS lines, sum(c.held) AS held, sum(c.pending) AS pending
        FROM (
            SELECT n.account_id, n.minutes AS posted, n.earned, n.is_printed::integer AS lines,
                   0 AS held, 0 AS pending
            FROM numbered AS n
            UNION ALL
            SELECT h.payer_account_id, 0, 0, 0, h.hold_minutes, 0 FROM captured AS h
            UNION ALL
            SELECT r.account_id, 0, r.minutes, 0, 0, 0 FROM roundings AS r
            WHERE r.district_id = of_district AND r.book_week = week
            UNION ALL
            SELECT v.account_id, 0, 0, 0, 0, v.registered_minutes
            FROM verified_records(of_district, week) AS v
        ) AS c
        GROUP BY c.account_id
    ), balanced AS (
        UPDATE balances AS b
        SET posted = b.posted + c.posted, earned_minutes = b.earned_minutes + c.earned,
            line_no = b.line_no + c.lines, held = b.held - c.held,
            pending_in = b.pending_in - c.pending, version = b.version + 1
        FROM changes AS c
        WHERE b.district_id = of_district AND b.account_id = c.account_id
    ), released AS (
        UPDATE holds AS h
        SET state = CASE WHEN c.minutes > 0 THEN 'captured' ELSE 'voided' END, closed_at = moment,
            captured_minutes = CASE WHEN c.minutes > 0
                                    THEN LEAST(c.captured_minutes, c.hold_minutes) END
        FROM captured AS c
        WHERE h.district_id = of_district AND h.id = c.hold_id
    ), passed_on AS (
        INSERT INTO carries (district_id, record_id, from_week, to_week, reason, carried_at)
        SELECT of_district, u.record_id, week, next_week, u.reason, moment
        FROM undecided_records(of_district, week) AS u
    )
    SELECT * FROM dry_settle_week(of_district, week)
$$;

-- One transaction, claimed with SKIP LOCKED. No row: another one is at it, it has been done, or it
-- is too early; nothing has been changed then.
CREATE OR REPLACE FUNCTION settle_week(of_district integer, week date, as_of timestamptz, run uuid)
RETURNS SETOF settlement_runs LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    period periods;
    moment timestamptz;
    next_week date;
    done settlement_runs;
BEGIN
    SELECT * INTO period FROM periods AS p
    WHERE p.district_id = of_district AND p.grain = 'week' AND p.begin_date = week
    FOR UPDATE SKIP LOCKED;
    moment := step_instant(as_of);
    IF period.state IS DISTINCT FROM 'frozen' OR period.due_at > moment THEN
        RETURN;
    END IF;
    SELECT p.begin_date INTO STRICT next_week FROM periods AS p
    WHERE p.district_id = of_district AND p.grain = 'week' AND p.state = 'open'
      AND p.begin_date > week
    ORDER BY p.begin_date LIMIT 1 FOR SHARE;
    PERFORM lock_for_settlement(of_district, week);

    INSERT INTO accounts (district_id, id, kind, region_code, opened_at)
    SELECT of_district, issuance_account(of_district, v.region_code), 'issuance', v.region_code,
           moment
    FROM (SELECT DISTINCT v.region_code FROM verified_records(of_district, week) AS v) AS v
    ON CONFLICT DO NOTHING;

    PERFORM open_sinks(of_district, week, moment);
    PERFORM keep_roundings(of_district, week, moment);
    SELECT of_district, run, 'week', week, moment, policy_version(of_district), f.records,
           f.deposits, f.captures, f.minutes, f.carried, f.digest, now(), 0
    INTO done
    FROM post_week(of_district, week, next_week, moment, run) AS f;
    PERFORM embargo_week(of_district, week);

    INSERT INTO settlement_runs VALUES (done.*);
    UPDATE periods AS p
    SET state = 'settled', settled_at = moment, digest = done.digest, run_id = run
    WHERE p.district_id = of_district AND p.grain = 'week' AND p.begin_date = week;
    PERFORM note_step(of_district, 'settleWeek', 'week.settled', run::text, jsonb_build_object(
        'book_week', week, 'records', done.records, 'deposits', done.deposits,
        'captures', done.captures, 'minutes', done.minutes, 'carried', done.carried,
        'digest', encode(done.digest, 'hex')), moment);
    RETURN NEXT done;
END
$$;
