-- Settling a month: its totals are written down and sealed.

DROP FUNCTION IF EXISTS month_transfer_leaves(integer, date); -- now within sealed_month
DROP FUNCTION IF EXISTS digest_before(integer, date);
DROP FUNCTION IF EXISTS chained_digest(integer, text, date, bytea, bytea[]);

-- One row of figures as a digest sees it. kind: which figures; key: whose.
CREATE OR REPLACE FUNCTION figures_leaf(kind text, key bytea, figures bigint[])
RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to('timebank.leaf.' || kind || '.1', 'UTF8') || int4send(octet_length(key))
        || key || int4send(cardinality(figures))
        || (SELECT string_agg(int8send(f.figure), '' ORDER BY f.place)
            FROM unnest(figures) WITH ORDINALITY AS f (figure, place)))
$$;

CREATE OR REPLACE FUNCTION statement_leaf(s month_statements) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT figures_leaf('statement', uuid_send(s.account_id), ARRAY[
        s.region_code, s.opening_minutes, s.opened_minutes, s.deposited_minutes,
        s.withdrawn_minutes, s.donated_minutes, s.retired_minutes, s.moved_minutes,
        s.corrected_minutes, s.closing_minutes, s.earned_minutes, s.records])
$$;

CREATE OR REPLACE FUNCTION region_leaf(s region_statements) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT figures_leaf('region', int8send(s.region_code), ARRAY[
        s.records, s.volunteers, s.record_minutes, s.registered_late, s.booked_late,
        s.issued_minutes, s.captured_minutes, s.passbooks, s.opening_minutes, s.opened_minutes,
        s.deposited_minutes, s.withdrawn_minutes, s.donated_minutes, s.retired_minutes,
        s.moved_minutes, s.corrected_minutes, s.closing_minutes])
$$;

CREATE OR REPLACE FUNCTION team_leaf(s team_statements) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT figures_leaf('team', uuid_send(s.team_id),
                        ARRAY[s.records, s.volunteers, s.record_minutes])
$$;

-- A booked transfer; one that corrects says what.
CREATE OR REPLACE FUNCTION booked_leaf(t transfers) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN t.correction_id IS NULL THEN leaf.bytes
                ELSE sha256(convert_to('timebank.leaf.correction.1', 'UTF8') || leaf.bytes
                            || uuid_send(t.correction_id) || counted_bytes(t.corrected_kind)
                            || COALESCE(uuid_send(COALESCE(t.reverses_id, t.replaces_id)), '')) END
    FROM (SELECT transfer_leaf(t.id, t.debit_account_id, t.credit_account_id, t.minutes, t.kind,
                               t.region_code, t.book_month, t.hold_id, t.record_id) AS bytes) AS leaf
$$;

-- The digest of a month with these totals, in any order, and its transfers. It begins with that of the
-- month before, zeros for the first, so each month seals all before it.
CREATE OR REPLACE FUNCTION sealed_month(of_district integer, month date, totals bytea[])
RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT period_digest(of_district, 'month', month,
        COALESCE((SELECT p.digest FROM periods AS p
                  WHERE p.district_id = of_district AND p.grain = 'month' AND p.begin_date < month
                  ORDER BY p.begin_date DESC LIMIT 1),
                 decode(repeat('00', 32), 'hex'))
        || COALESCE(string_agg(l.leaf, '' ORDER BY l.leaf), ''))
    FROM (SELECT leaf FROM unnest(totals) AS t (leaf)
          UNION ALL
          SELECT booked_leaf(t) FROM transfers AS t
          WHERE t.district_id = of_district AND t.book_month = month) AS l
$$;

-- That of the totals as they are stored.
CREATE OR REPLACE FUNCTION month_digest(of_district integer, month date) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sealed_month(of_district, month, ARRAY(
        SELECT statement_leaf(s) FROM month_statements AS s
        WHERE s.district_id = of_district AND s.book_month = month
        UNION ALL
        SELECT region_leaf(s) FROM region_statements AS s
        WHERE s.district_id = of_district AND s.book_month = month
        UNION ALL
        SELECT team_leaf(s) FROM team_statements AS s
        WHERE s.district_id = of_district AND s.book_month = month))
$$;

-- What settling the month now would write. Takes no lock.
CREATE OR REPLACE FUNCTION dry_settle_month(of_district integer, month date)
RETURNS TABLE (records bigint, deposits bigint, captures bigint, minutes bigint, statements bigint,
               digest bytea)
LANGUAGE sql STABLE AS $$
    WITH passbooks AS MATERIALIZED (
        SELECT * FROM month_statement_rows(of_district, month)
    ), regions AS MATERIALIZED (
        SELECT * FROM region_statement_rows(of_district, month)
    ), teams AS MATERIALIZED (
        SELECT * FROM team_statement_rows(of_district, month)
    )
    SELECT COALESCE((SELECT sum(p.records) FROM passbooks AS p), 0)::bigint,
           count(*) FILTER (WHERE t.kind = 'deposit'), count(*) FILTER (WHERE t.kind = 'capture'),
           COALESCE(sum(t.minutes) FILTER (WHERE t.kind IN ('deposit', 'capture', 'overrun')), 0)
               ::bigint,
           (SELECT count(*) FROM passbooks) + (SELECT count(*) FROM regions)
               + (SELECT count(*) FROM teams),
           sealed_month(of_district, month,
               ARRAY(SELECT statement_leaf(p) FROM passbooks AS p
                     UNION ALL SELECT region_leaf(r) FROM regions AS r
                     UNION ALL SELECT team_leaf(e) FROM teams AS e))
    FROM transfers AS t
    WHERE t.district_id = of_district AND t.book_month = month
$$;

-- One transaction, claimed with SKIP LOCKED. No row: another one is at it, it has been done, or it
-- is too early; nothing has been changed then. A frozen month does not change, so nothing else is
-- locked.
CREATE OR REPLACE FUNCTION settle_month(of_district integer, month date, as_of timestamptz,
                                        run uuid)
RETURNS SETOF settlement_runs LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    period periods;
    moment timestamptz;
    passbooks bigint;
    regions bigint;
    teams bigint;
    done settlement_runs;
BEGIN
    SELECT * INTO period FROM periods AS p
    WHERE p.district_id = of_district AND p.grain = 'month' AND p.begin_date = month
    FOR UPDATE SKIP LOCKED;
    moment := step_instant(as_of);
    IF period.state IS DISTINCT FROM 'frozen' OR period.due_at > moment THEN
        RETURN;
    END IF;
    INSERT INTO month_statements SELECT * FROM month_statement_rows(of_district, month);
    GET DIAGNOSTICS passbooks = ROW_COUNT;
    INSERT INTO region_statements SELECT * FROM region_statement_rows(of_district, month);
    GET DIAGNOSTICS regions = ROW_COUNT;
    INSERT INTO team_statements SELECT * FROM team_statement_rows(of_district, month);
    GET DIAGNOSTICS teams = ROW_COUNT;

    SELECT of_district, run, 'month', month, moment, policy_version(of_district),
           COALESCE((SELECT sum(s.records) FROM month_statements AS s
                     WHERE s.district_id = of_district AND s.book_month = month), 0),
           count(*) FILTER (WHERE t.kind = 'deposit'), count(*) FILTER (WHERE t.kind = 'capture'),
           COALESCE(sum(t.minutes) FILTER (WHERE t.kind IN ('deposit', 'capture', 'overrun')), 0),
           0, month_digest(of_district, month), now(), passbooks + regions + teams
    INTO done
    FROM transfers AS t
    WHERE t.district_id = of_district AND t.book_month = month;
    INSERT INTO settlement_runs VALUES (done.*);
    UPDATE periods AS p
    SET state = 'settled', settled_at = moment, digest = done.digest, run_id = run
    WHERE p.district_id = of_district AND p.grain = 'month' AND p.begin_date = month;
    PERFORM note_step(of_district, 'settleMonth', 'month.settled', run::text, jsonb_build_object(
        'book_month', month, 'records', done.records, 'deposits', done.deposits,
        'captures', done.captures, 'minutes', done.minutes, 'statements', done.statements,
        'digest', encode(done.digest, 'hex')), moment);
    RETURN NEXT done;
END
$$;
