-- The quarterly notice: its lines, its pages, what proves them.

-- 冯*才, 李*: the first character and, of three or more, the last.
CREATE OR REPLACE FUNCTION masked_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN length(name) < 3 THEN left(name, 1) || '*'
                ELSE left(name, 1) || repeat('*', length(name) - 2) || right(name, 1) END
$$;

-- With its length before it.
CREATE OR REPLACE FUNCTION counted_bytes(value text) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT int4send(octet_length(value)) || convert_to(value, 'UTF8')
$$;

-- The bytes of a line, of which its leaf is made: the word, 16 bytes of salt, then what is published, texts
-- with their length before them, numbers of 8 bytes (the star of 4), big-endian.
CREATE OR REPLACE FUNCTION notice_line_bytes(l notice_lines) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT convert_to('timebank.notice.line.1', 'UTF8') || l.salt || counted_bytes(l.number)
        || int8send(l.region_code) || counted_bytes(l.volunteer_number)
        || counted_bytes(l.masked_name) || int8send(l.opening_minutes)
        || int8send(l.deposited_minutes) || int8send(l.withdrawn_minutes)
        || int8send(l.donated_minutes) || int8send(l.corrected_minutes)
        || int8send(l.closing_minutes) || int8send(l.earned_minutes) || int4send(l.star)
$$;

-- The bytes of a page in the tree of the notice.
CREATE OR REPLACE FUNCTION notice_page_bytes(region bigint, lines bigint, root bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT convert_to('timebank.notice.page.1', 'UTF8') || int8send(region) || int8send(lines)
        || root
$$;

CREATE OR REPLACE FUNCTION notice_digest(number text, root bytea, previous bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sha256(convert_to('timebank.notice.1', 'UTF8') || counted_bytes(number) || root
        || previous)
$$;

-- The leaves of a page, and the pages' own, in their order.
CREATE OR REPLACE FUNCTION notice_line_leaves(of_district integer, of_number text, region bigint)
RETURNS bytea[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT ARRAY(SELECT merkle_leaf(notice_line_bytes(l)) FROM notice_lines AS l
                 WHERE l.district_id = of_district AND l.number = of_number
                   AND l.region_code = region
                 ORDER BY l.index)
$$;

CREATE OR REPLACE FUNCTION notice_page_leaves(of_district integer, of_number text)
RETURNS bytea[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT ARRAY(SELECT merkle_leaf(notice_page_bytes(p.region_code, p.lines, p.root))
                 FROM notice_pages AS p
                 WHERE p.district_id = of_district AND p.number = of_number
                 ORDER BY p.index)
$$;

-- What is published of a quarter: of each passbook with a statement in one of its months. Lines of a page
-- go by volunteer number. Salts are derived from the seed: nobody who does not know it can guess one.
CREATE OR REPLACE FUNCTION notice_line_rows(of_district integer, quarter date, of_number text,
                                            seed bytea)
RETURNS SETOF notice_lines LANGUAGE sql STABLE ROWS 1000 AS $$
    WITH months AS (
        SELECT m.begin_date, q.end_date - 1 AS last_day
        FROM periods AS q
        JOIN periods AS m ON m.district_id = q.district_id AND m.grain = 'month'
            AND m.begin_date >= q.begin_date AND m.begin_date < q.end_date
        WHERE q.district_id = of_district AND q.grain = 'quarter' AND q.begin_date = quarter
    ), totals AS (
        SELECT s.account_id, s.volunteer_id, max(m.last_day) AS last_day,
               (array_agg(s.region_code ORDER BY s.book_month DESC))[1] AS region_code,
               (array_agg(s.opening_minutes ORDER BY s.book_month))[1] AS opening,
               sum(s.opened_minutes + s.deposited_minutes) AS deposited,
               sum(s.withdrawn_minutes) AS withdrawn,
               sum(s.donated_minutes) AS donated,
               sum(s.corrected_minutes + s.moved_minutes - s.retired_minutes) AS corrected,
               (array_agg(s.closing_minutes ORDER BY s.book_month DESC))[1] AS closing,
               max(s.earned_minutes) AS earned
        FROM months AS m
        JOIN month_statements AS s ON s.district_id = of_district AND s.book_month = m.begin_date
        GROUP BY s.account_id, s.volunteer_id
    ), salted AS (
        SELECT t.*, substr(sha256(convert_to('timebank.notice.salt.1', 'UTF8') || seed
                                  || uuid_send(t.account_id)), 1, 16) AS salt
        FROM totals AS t
    )
    SELECT of_district, of_number, s.region_code,
           (row_number() OVER (PARTITION BY s.region_code
                               ORDER BY v.volunteer_number COLLATE "C") - 1)::integer,
           substr(encode(sha256(convert_to('timebank.notice.code.1', 'UTF8') || s.salt), 'hex'),
                  1, 16),
           s.salt, s.account_id, v.volunteer_number, masked_name(n.name), s.opening,
           s.deposited::bigint, s.withdrawn::bigint, s.donated::bigint, s.corrected::bigint,
           s.closing, s.earned, awarded_star(of_district, s.volunteer_id, s.last_day)::smallint,
           now()
    FROM salted AS s
    JOIN volunteers AS v ON v.district_id = of_district AND v.id = s.volunteer_id
    JOIN persons AS n ON n.district_id = of_district AND n.id = v.person_id
    WHERE n.died_on IS NULL
$$;

-- As the district has set it on a day, else what the daemon knows as the default.
CREATE OR REPLACE FUNCTION objection_days(of_district integer, on_date date) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT (COALESCE(policy_value(of_district, 'objection_days', of_district::bigint * 1000000,
                                  on_date), k.default_value) #>> '{}')::integer
    FROM policy_kinds() AS k
    WHERE k.name = 'objection_days'
$$;

-- How a notice stands on its boards: of how many pages, how many hang, since when the last of them does, and
-- when the window for objections ends: 24:00 of the n-th full day after that. One without pages needs no
-- board. more: postings besides those stored, [{region_code, posted_at}].
CREATE OR REPLACE FUNCTION notice_standing(of_district integer, of_number text,
                                           more jsonb DEFAULT '[]')
RETURNS TABLE (pages bigint, posted_pages bigint, posted_at timestamptz, window_ends_at timestamptz)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT count(*), count(b.first_at), GREATEST(max(b.first_at), min(n.drawn_up_at))
    INTO pages, posted_pages, posted_at
    FROM public_notices AS n
    JOIN notice_pages AS p ON p.district_id = n.district_id AND p.number = n.number
    CROSS JOIN LATERAL (
        SELECT min(o.at) AS first_at
        FROM (SELECT o.posted_at AS at FROM notice_postings AS o
              WHERE o.district_id = p.district_id AND o.number = p.number
                AND o.region_code = p.region_code
              UNION ALL
              SELECT m.posted_at
              FROM jsonb_to_recordset(more) AS m(region_code bigint, posted_at timestamptz)
              WHERE m.region_code = p.region_code) AS o
    ) AS b
    WHERE n.district_id = of_district AND n.number = of_number;
    IF pages = 0 THEN
        posted_at := (SELECT n.drawn_up_at FROM public_notices AS n
                      WHERE n.district_id = of_district AND n.number = of_number);
    END IF;
    IF posted_pages < pages THEN
        posted_at := NULL;
    END IF;
    window_ends_at := civil_midnight(of_district, civil_date(of_district, posted_at) + 1
        + objection_days(of_district, civil_date(of_district, posted_at)));
    RETURN NEXT;
END
$$;

-- Quarters whose notice hangs on all its boards become noticed, and final when its window has passed. Gives
-- how many moved. Locked one by one; another process finds nothing left to do.
CREATE OR REPLACE FUNCTION advance_notices(of_district integer, moment timestamptz) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    period periods;
    board record;
    moved integer := 0;
    becomes text;
BEGIN
    FOR period IN SELECT * FROM periods AS p
                  WHERE p.district_id = of_district AND p.grain = 'quarter'
                    AND p.state IN ('settled', 'noticed')
                  ORDER BY p.begin_date FOR UPDATE SKIP LOCKED LOOP
        SELECT s.*, n.number INTO board
        FROM public_notices AS n
        CROSS JOIN LATERAL notice_standing(n.district_id, n.number) AS s
        WHERE n.district_id = of_district AND n.quarter = period.begin_date
        ORDER BY n.revision DESC LIMIT 1;
        becomes := CASE WHEN board.window_ends_at <= moment THEN 'final'
                        WHEN board.posted_at <= moment THEN 'noticed' END;
        CONTINUE WHEN becomes IS NULL OR becomes = period.state;
        UPDATE periods AS p
        SET state = becomes, noticed_at = COALESCE(p.noticed_at, board.posted_at),
            final_at = CASE becomes WHEN 'final' THEN moment END
        WHERE p.district_id = of_district AND p.grain = 'quarter'
          AND p.begin_date = period.begin_date;
        PERFORM note_step(of_district, 'advanceNotice', 'quarter.' || becomes, board.number,
                          jsonb_build_object('quarter', period.begin_date, 'notice', board.number),
                          moment);
        moved := moved + 1;
    END LOOP;
    RETURN moved;
END
$$;
