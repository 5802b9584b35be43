-- Settling a quarter: its notice is drawn up, chained to the one before.

CREATE OR REPLACE FUNCTION notice_number(of_district integer, quarter date, revision integer)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT of_district || '-' || to_char(quarter, 'YYYY"Q"Q') || '-' || revision
$$;

-- The figures of a quarter are those of its months.
CREATE OR REPLACE FUNCTION dry_settle_quarter(of_district integer, quarter date)
RETURNS TABLE (records bigint, deposits bigint, captures bigint, minutes bigint, statements bigint)
LANGUAGE sql STABLE AS $$
    SELECT COALESCE(sum(r.records), 0)::bigint, COALESCE(sum(r.deposits), 0)::bigint,
           COALESCE(sum(r.captures), 0)::bigint, COALESCE(sum(r.minutes), 0)::bigint,
           (SELECT count(*) FROM notice_line_rows(of_district, quarter, '', ''))
    FROM periods AS q
    JOIN settlement_runs AS r ON r.district_id = q.district_id AND r.grain = 'month'
        AND r.begin_date >= q.begin_date AND r.begin_date < q.end_date
    WHERE q.district_id = of_district AND q.grain = 'quarter' AND q.begin_date = quarter
$$;

-- The first revision: lines, pages, root and digest, in one statement, so that each is of the same rows.
CREATE OR REPLACE FUNCTION draw_up_notice(of_district integer, of_quarter date, seed bytea,
                                          moment timestamptz)
RETURNS bytea LANGUAGE sql VOLATILE AS $$
    WITH lines AS MATERIALIZED (
        SELECT l AS line
        FROM notice_line_rows(of_district, of_quarter, notice_number(of_district, of_quarter, 1),
                              seed) AS l
    ), pages AS MATERIALIZED (
        SELECT (l.line).region_code,
               (row_number() OVER (ORDER BY (l.line).region_code) - 1)::integer AS index,
               count(*) AS lines,
               merkle_root(array_agg(merkle_leaf(notice_line_bytes(l.line))
                                     ORDER BY (l.line).index)) AS root
        FROM lines AS l
        GROUP BY (l.line).region_code
    ), drawn AS MATERIALIZED (
        SELECT notice_number(of_district, of_quarter, 1) AS number,
               COALESCE(sum(p.lines), 0)::bigint AS lines,
               merkle_root(COALESCE(array_agg(
                   merkle_leaf(notice_page_bytes(p.region_code, p.lines, p.root))
                   ORDER BY p.index), '{}')) AS root,
               COALESCE((SELECT n.digest FROM public_notices AS n
                         WHERE n.district_id = of_district
                         ORDER BY n.quarter DESC, n.revision DESC LIMIT 1),
                        decode(repeat('00', 32), 'hex')) AS previous
        FROM pages AS p
    ), noticed AS (
        INSERT INTO public_notices (district_id, number, quarter, revision, lines, root,
                                    previous_digest, digest, seed, drawn_up_at)
        SELECT of_district, d.number, of_quarter, 1, d.lines, d.root, d.previous,
               notice_digest(d.number, d.root, d.previous), seed, moment
        FROM drawn AS d
        RETURNING digest
    ), paged AS (
        INSERT INTO notice_pages (district_id, number, region_code, index, lines, root)
        SELECT of_district, d.number, p.region_code, p.index, p.lines, p.root
        FROM pages AS p CROSS JOIN drawn AS d
    ), lined AS (
        INSERT INTO notice_lines SELECT (l.line).* FROM lines AS l
    )
    SELECT digest FROM noticed
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
    done.digest := draw_up_notice(of_district, quarter, drawn, moment);
    INSERT INTO settlement_runs VALUES (done.*);
    UPDATE periods AS p
    SET state = 'settled', settled_at = moment, digest = done.digest, run_id = run
    WHERE p.district_id = of_district AND p.grain = 'quarter' AND p.begin_date = quarter;
    PERFORM note_step(of_district, 'settleQuarter', 'quarter.settled', run::text,
        jsonb_build_object('quarter', quarter, 'notice', notice_number(of_district, quarter, 1),
                           'lines', done.statements, 'digest', encode(done.digest, 'hex')), moment);
    RETURN NEXT done;
END
$$;
