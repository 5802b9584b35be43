-- Settling a quarter: its notice is drawn up, chained to the one before.

-- The figures of a quarter are those of its months.
CREATE OR REPLACE FUNCTION dry_settle_quarter(of_district integer, quarter date)
RETURNS TABLE (records bigint, deposits bigint, captures bigint, minutes bigint, statements bigint)
LANGUAGE sql STABLE AS $$
    SELECT COALESCE(sum(r.records), 0)::bigint, COALESCE(sum(r.deposits), 0)::bigint,
           COALESCE(sum(r.captures), 0)::bigint, COALESCE(sum(r.minutes), 0)::bigint,
           (SELECT count(*) FROM notice_line_rows(of_district, 'quarter', quarter, '', ''))
    FROM periods AS q
    JOIN settlement_runs AS r ON r.district_id = q.district_id AND r.grain = 'month'
        AND r.begin_date >= q.begin_date AND r.begin_date < q.end_date
    WHERE q.district_id = of_district AND q.grain = 'quarter' AND q.begin_date = quarter
$$;

-- One transaction, claimed with SKIP LOCKED. No row: another one is at it, it has been done, or it
-- is too early; nothing has been changed then. seed: null draws one at random; else it is derived.
CREATE OR REPLACE FUNCTION settle_quarter(of_district integer, quarter date, as_of timestamptz,
                                          run uuid, seed bytea)
RETURNS SETOF settlement_runs LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    period periods;
    moment timestamptz;
    done settlement_runs;
    notice public_notices;
    drawn bytea := sha256(COALESCE(seed, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
                          || int4send(of_district) || date_send(quarter));
BEGIN
    SELECT * INTO period FROM periods AS p
    WHERE p.district_id = of_district AND p.grain = 'quarter' AND p.begin_date = quarter
    FOR UPDATE SKIP LOCKED;
    moment := step_instant(as_of);
    IF period.state IS DISTINCT FROM 'frozen' OR period.due_at > moment THEN
        RETURN;
    END IF;
    SELECT of_district, run, 'quarter', quarter, moment, policy_version(of_district), f.records,
           f.deposits, f.captures, f.minutes, 0, NULL, now(), f.statements
    INTO done
    FROM dry_settle_quarter(of_district, quarter) AS f;
    notice := draw_up_notice(of_district, 'quarter', quarter, 1, drawn, moment);
    done.digest := notice.digest;
    INSERT INTO settlement_runs VALUES (done.*);
    UPDATE periods AS p
    SET state = 'settled', settled_at = moment, digest = done.digest, run_id = run
    WHERE p.district_id = of_district AND p.grain = 'quarter' AND p.begin_date = quarter;
    PERFORM note_step(of_district, 'settleQuarter', 'quarter.settled', run::text,
        jsonb_build_object('quarter', quarter, 'notice', notice.number,
                           'lines', done.statements, 'digest', encode(done.digest, 'hex')), moment);
    RETURN NEXT done;
END
$$;
