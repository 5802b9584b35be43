-- How notices stand on their boards, and what becomes of their quarters.

-- For how many full days objections are taken to what was hung up on a day.
CREATE OR REPLACE FUNCTION objection_days(of_district integer, on_date date) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT policy_number(of_district, 'objection_days', of_district::bigint * 1000000, on_date)
$$;

-- Until when what was hung up then has to hang: 24:00 of the last of the full days after it.
CREATE OR REPLACE FUNCTION hangs_until(of_district integer, hung_up_at timestamptz)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT civil_midnight(of_district, d.day + 1 + objection_days(of_district, d.day))
    FROM (SELECT civil_date(of_district, hung_up_at) AS day) AS d
$$;

-- Postings of a notice that count: not taken down before their time. A page of a later revision shows what
-- the page of an earlier one showed, but for what was corrected, and so hangs for both.
CREATE OR REPLACE FUNCTION counting_postings(of_district integer, of_number text)
RETURNS TABLE (region_code bigint, posted_at timestamptz) LANGUAGE sql STABLE ROWS 100 AS $$
    SELECT o.region_code, o.posted_at
    FROM public_notices AS n
    JOIN public_notices AS r ON r.district_id = of_district AND r.grain = n.grain
        AND r.begin_date = n.begin_date AND r.revision >= n.revision
    JOIN notice_postings AS o ON o.district_id = of_district AND o.number = r.number
    LEFT JOIN notice_takedowns AS d ON d.district_id = o.district_id AND d.posting_id = o.id
    WHERE n.district_id = of_district AND n.number = of_number
      AND (d.taken_down_at IS NULL OR d.taken_down_at >= hangs_until(of_district, o.posted_at))
$$;

-- How a notice stands on its boards: of how many pages that are new, how many hang, since when the last of
-- them does, and when the window for objections ends. One without such pages needs no board. more:
-- postings besides those stored, [{region_code, posted_at}].
CREATE OR REPLACE FUNCTION notice_standing(of_district integer, of_number text,
                                           more jsonb DEFAULT '[]')
RETURNS TABLE (pages bigint, posted_pages bigint, posted_at timestamptz, window_ends_at timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    drawn_up timestamptz := (SELECT n.drawn_up_at FROM public_notices AS n
                             WHERE n.district_id = of_district AND n.number = of_number);
BEGIN
    SELECT count(*), count(b.first_at), GREATEST(max(b.first_at), drawn_up)
    INTO pages, posted_pages, posted_at
    FROM notice_pages AS p
    LEFT JOIN (
        SELECT o.region_code, min(o.posted_at) AS first_at
        FROM (SELECT c.* FROM counting_postings(of_district, of_number) AS c
              UNION ALL
              SELECT m.*
              FROM jsonb_to_recordset(more) AS m(region_code bigint, posted_at timestamptz)) AS o
        GROUP BY o.region_code
    ) AS b USING (region_code)
    WHERE p.district_id = of_district AND p.number = of_number AND p.new_lines > 0;
    IF posted_pages < pages THEN
        posted_at := NULL;
    END IF;
    window_ends_at := hangs_until(of_district, posted_at);
    RETURN NEXT;
END
$$;

-- The notice that stands for a period: its last revision.
CREATE OR REPLACE FUNCTION standing_notice(of_district integer, of_grain text, begins date)
RETURNS SETOF public_notices LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT n.* FROM public_notices AS n
    WHERE n.district_id = of_district AND n.grain = of_grain AND n.begin_date = begins
    ORDER BY n.revision DESC LIMIT 1
$$;

-- What a locked period with a notice becomes now: null when it stays as it is. A revision hangs only where
-- it is new, so what stayed the same must have hung as long by an earlier one.
CREATE OR REPLACE FUNCTION noticed_state(period periods, n public_notices, moment timestamptz)
RETURNS text LANGUAGE sql STABLE AS $$
    SELECT NULLIF(CASE WHEN bool_and(COALESCE(s.window_ends_at <= moment, false))
                            AND NOT has_open_cases(n) THEN 'final'
                       WHEN bool_and(COALESCE(s.posted_at <= moment, false))
                            OR period.state = 'noticed' THEN 'noticed' END,
                  period.state)
    FROM public_notices AS r
    CROSS JOIN LATERAL notice_standing(r.district_id, r.number) AS s
    WHERE r.district_id = n.district_id AND r.grain = n.grain AND r.begin_date = n.begin_date
$$;

-- Periods whose notice hangs on all its boards become noticed; when all its cases are decided, what was
-- corrected is published in a revision; when its window has passed and no case is open, they are
-- final. Gives how many moved. Locked one by one; another process finds nothing left to do.
CREATE OR REPLACE FUNCTION advance_notices(of_district integer, moment timestamptz) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    period periods;
    n public_notices;
    moved integer := 0;
    becomes text;
BEGIN
    FOR period IN SELECT * FROM periods AS p
                  WHERE p.district_id = of_district AND p.grain IN ('quarter', 'year')
                    AND p.state IN ('settled', 'noticed')
                  ORDER BY p.begin_date, p.grain FOR UPDATE SKIP LOCKED LOOP
        SELECT * INTO n FROM standing_notice(of_district, period.grain, period.begin_date);
        CONTINUE WHEN n IS NULL;
        IF wants_revision(n) THEN
            n := revise_notice(n, moment);
            moved := moved + 1;
        END IF;
        becomes := noticed_state(period, n, moment);
        CONTINUE WHEN becomes IS NULL;
        UPDATE periods AS p
        SET state = becomes, noticed_at = COALESCE(p.noticed_at, (
                SELECT s.posted_at FROM notice_standing(of_district, n.number) AS s)),
            final_at = CASE becomes WHEN 'final' THEN moment END
        WHERE p.district_id = of_district AND p.grain = period.grain
          AND p.begin_date = period.begin_date;
        PERFORM release_embargoes(of_district, period.begin_date)
        WHERE becomes = 'final' AND period.grain = 'quarter';
        PERFORM award_stars(n, moment) WHERE becomes = 'final' AND period.grain = 'year';
        PERFORM note_step(of_district, 'advanceNotice', period.grain || '.' || becomes, n.number,
                          jsonb_build_object('begin_date', period.begin_date, 'notice', n.number),
                          moment);
        moved := moved + 1;
    END LOOP;
    RETURN moved;
END
$$;
