-- Drawing up a notice: its lines, pages, root and digest, chained to the notice that was drawn up before.

DROP FUNCTION IF EXISTS notice_number(integer, date, integer);
DROP FUNCTION IF EXISTS draw_up_notice(integer, date, bytea, timestamptz);

-- 371402-2014Q2-1: the district, the quarter or year, the revision.
CREATE OR REPLACE FUNCTION notice_number(of_district integer, of_grain text, begins date,
                                         revision integer)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT of_district || '-' || to_char(begins, CASE of_grain WHEN 'year' THEN 'YYYY'
                                                               ELSE 'YYYY"Q"Q' END) || '-' || revision
$$;

-- What corrections came to on each account, as they were booked.
CREATE OR REPLACE FUNCTION booked_effects(of_district integer, corrections uuid[])
RETURNS TABLE (account_id uuid, net bigint, earned bigint) LANGUAGE sql STABLE ROWS 10 AS $$
    SELECT s.account_id, sum(s.net)::bigint, sum(s.earned)::bigint
    FROM (
        SELECT o.*
        FROM transfers AS t
        CROSS JOIN LATERAL (VALUES
            (t.debit_account_id, -t.minutes,
             CASE t.kind WHEN 'reversal' THEN -t.minutes ELSE 0 END),
            (t.credit_account_id, t.minutes,
             CASE t.kind WHEN 'replacement' THEN t.minutes ELSE 0 END)) AS o
        WHERE t.district_id = of_district AND t.correction_id = ANY (corrections)
        UNION ALL
        SELECT g.account_id, 0, p.rounding_minutes
        FROM ledger_correction_postings AS p
        JOIN registrations AS g ON g.district_id = of_district AND g.record_id = p.record_id
        WHERE p.district_id = of_district AND p.correction_id = ANY (corrections)
    ) AS s (account_id, net, earned)
    GROUP BY s.account_id
$$;

-- What was corrected for cases of a period and is in no revision yet.
CREATE OR REPLACE FUNCTION unpublished_corrections(of_district integer, of_grain text, begins date)
RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY(
        SELECT p.correction_id
        FROM public_notices AS n
        JOIN objections AS o ON o.district_id = n.district_id AND o.number = n.number
        JOIN ledger_corrections AS c ON c.district_id = o.district_id
            AND c.case_number = o.case_number
        JOIN ledger_correction_postings AS p
            ON p.district_id = c.district_id AND p.correction_id = c.id
        WHERE n.district_id = of_district AND n.grain = of_grain AND n.begin_date = begins
          AND NOT EXISTS (SELECT FROM notice_corrections AS r
                          WHERE r.district_id = of_district AND r.correction_id = c.id)
        ORDER BY p.correction_id)
$$;

-- The star of a corrected line of a year: what its minutes still carry, never less than is worn.
CREATE OR REPLACE FUNCTION revised_star(of_district integer, begins date, account uuid, star smallint,
                                        earned bigint)
RETURNS smallint LANGUAGE sql STABLE AS $$
    SELECT COALESCE((
        SELECT GREATEST(a.worn_star, LEAST(star, star_of(earned,
                   star_thresholds(of_district, (begins + interval '1 year')::date - 1))))::smallint
        FROM passbooks AS k
        JOIN appraisals AS a ON a.district_id = of_district AND a.year = extract(year FROM begins)
            AND a.volunteer_id = k.volunteer_id
        WHERE k.district_id = of_district AND k.account_id = account), star)
$$;

-- A notice again, with what has been corrected. Lines that stay as they were keep salt and code, so that what
-- was printed proves them in the revision too.
CREATE OR REPLACE FUNCTION revised_line_rows(of_district integer, of_grain text, begins date,
                                             of_number text, revises text, seed bytea)
RETURNS SETOF notice_lines LANGUAGE sql STABLE ROWS 1000 AS $$
    SELECT l.district_id, of_number, l.region_code, l.index,
           CASE WHEN e.account_id IS NULL THEN l.line_code ELSE notice_line_code(s.salt) END,
           CASE WHEN e.account_id IS NULL THEN l.salt ELSE s.salt END, l.account_id,
           l.volunteer_number, l.masked_name, l.opening_minutes, l.deposited_minutes,
           l.withdrawn_minutes, l.donated_minutes, l.corrected_minutes + COALESCE(e.net, 0),
           l.closing_minutes + COALESCE(e.net, 0), l.earned_minutes + COALESCE(e.earned, 0),
           CASE WHEN of_grain = 'year' AND e.account_id IS NOT NULL
                THEN revised_star(of_district, begins, l.account_id, l.star,
                                  l.earned_minutes + e.earned)
                ELSE l.star END, now(), e.account_id IS NOT NULL
    FROM notice_lines AS l
    CROSS JOIN LATERAL (SELECT notice_salt(seed, l.account_id) AS salt) AS s
    LEFT JOIN booked_effects(of_district,
                  unpublished_corrections(of_district, of_grain, begins)) AS e USING (account_id)
    WHERE l.district_id = of_district AND l.number = revises
$$;

-- In one statement, so that each is of the same rows.
CREATE OR REPLACE FUNCTION draw_up_notice(of_district integer, of_grain text, begins date,
                                          of_revision integer, seed bytea, moment timestamptz)
RETURNS public_notices LANGUAGE sql VOLATILE AS $$
    WITH lines AS MATERIALIZED (
        SELECT l AS line
        FROM notice_line_rows(of_district, of_grain, begins,
                              notice_number(of_district, of_grain, begins, 1), seed) AS l
        WHERE of_revision = 1
        UNION ALL
        SELECT l
        FROM revised_line_rows(of_district, of_grain, begins,
                 notice_number(of_district, of_grain, begins, of_revision),
                 notice_number(of_district, of_grain, begins, of_revision - 1), seed) AS l
        WHERE of_revision > 1
    ), pages AS MATERIALIZED (
        SELECT (l.line).region_code,
               (row_number() OVER (ORDER BY (l.line).region_code) - 1)::integer AS index,
               count(*) AS lines, count(*) FILTER (WHERE (l.line).is_new) AS new_lines,
               merkle_root(array_agg(merkle_leaf(notice_line_bytes(l.line))
                                     ORDER BY (l.line).index)) AS root
        FROM lines AS l
        GROUP BY (l.line).region_code
    ), last AS (
        SELECT n.digest, n.sequence FROM public_notices AS n
        WHERE n.district_id = of_district
        ORDER BY n.sequence DESC LIMIT 1
    ), drawn AS MATERIALIZED (
        SELECT notice_number(of_district, of_grain, begins, of_revision) AS number,
               COALESCE(sum(p.lines), 0)::bigint AS lines,
               merkle_root(COALESCE(array_agg(
                   merkle_leaf(notice_page_bytes(p.region_code, p.lines, p.root))
                   ORDER BY p.index), '{}')) AS root,
               COALESCE((SELECT digest FROM last), decode(repeat('00', 32), 'hex')) AS previous,
               COALESCE((SELECT sequence FROM last), 0) + 1 AS sequence
        FROM pages AS p
    ), noticed AS (
        INSERT INTO public_notices (district_id, number, grain, begin_date, revision, sequence,
                                    lines, root, previous_digest, digest, seed, drawn_up_at)
        SELECT of_district, d.number, of_grain, begins, of_revision, d.sequence, d.lines, d.root,
               d.previous, notice_digest(d.number, d.root, d.previous), seed, moment
        FROM drawn AS d
        RETURNING *
    ), paged AS (
        INSERT INTO notice_pages (district_id, number, region_code, index, lines, new_lines, root)
        SELECT of_district, d.number, p.region_code, p.index, p.lines, p.new_lines, p.root
        FROM pages AS p CROSS JOIN drawn AS d
    ), lined AS (
        INSERT INTO notice_lines SELECT (l.line).* FROM lines AS l
    ), corrected AS (
        INSERT INTO notice_corrections (district_id, number, correction_id)
        SELECT of_district, d.number, c.id
        FROM drawn AS d
        CROSS JOIN unnest(unpublished_corrections(of_district, of_grain, begins)) AS c (id)
        WHERE of_revision > 1
    )
    SELECT (n.district_id, n.number, n.begin_date, n.revision, n.lines, n.root, n.previous_digest,
            n.digest, n.seed, n.drawn_up_at, n.recorded_at, n.grain, n.sequence)::public_notices
    FROM noticed AS n
$$;

-- The next revision of a notice whose period is locked. Its seed follows from the one before.
CREATE OR REPLACE FUNCTION revise_notice(n public_notices, moment timestamptz)
RETURNS public_notices LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    revision public_notices := draw_up_notice(n.district_id, n.grain, n.begin_date, n.revision + 1,
        sha256(convert_to('timebank.notice.revision.1', 'UTF8') || n.seed), moment);
BEGIN
    PERFORM note_step(n.district_id, 'reviseNotice', 'notice.revised', revision.number,
        jsonb_build_object('revises', n.number, 'digest', encode(revision.digest, 'hex')), moment);
    RETURN revision;
END
$$;
