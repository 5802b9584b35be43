-- The public notice: its lines, its pages, what proves them.

DROP FUNCTION IF EXISTS notice_line_rows(integer, date, text, bytea); -- of a quarter only

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

-- 16 bytes that nobody can guess who does not know the notice's seed, and what of them is printed.
CREATE OR REPLACE FUNCTION notice_salt(seed bytea, account uuid) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT substr(sha256(convert_to('timebank.notice.salt.1', 'UTF8') || seed || uuid_send(account)),
                  1, 16)
$$;

CREATE OR REPLACE FUNCTION notice_line_code(salt bytea) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT substr(encode(sha256(convert_to('timebank.notice.code.1', 'UTF8') || salt), 'hex'), 1, 16)
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

-- What is published of a quarter or year: of each passbook with a statement in one of its months. Lines of a
-- page go by volunteer number. Salts are derived from the seed: nobody who does not know it can guess
-- one. A line opens with what was published last, so that one notice goes on where the one before ended,
-- with its revisions; corrected is what the other columns leave: corrections not published yet, moves
-- between districts, what lapsed. The star is the one worn at the end; of a year, the one that its appraisal decided.
CREATE OR REPLACE FUNCTION notice_line_rows(of_district integer, of_grain text, begins date,
                                            of_number text, seed bytea)
RETURNS SETOF notice_lines LANGUAGE sql STABLE ROWS 1000 AS $$
    WITH months AS (
        SELECT m.begin_date, q.end_date - 1 AS last_day
        FROM periods AS q
        JOIN periods AS m ON m.district_id = q.district_id AND m.grain = 'month'
            AND m.begin_date >= q.begin_date AND m.begin_date < q.end_date
        WHERE q.district_id = of_district AND q.grain = of_grain AND q.begin_date = begins
    ), totals AS (
        SELECT s.account_id, s.volunteer_id, max(m.last_day) AS last_day,
               (array_agg(s.region_code ORDER BY s.book_month DESC))[1] AS region_code,
               (array_agg(s.opening_minutes ORDER BY s.book_month))[1] AS opening,
               sum(s.opened_minutes + s.deposited_minutes)::bigint AS deposited,
               sum(s.withdrawn_minutes)::bigint AS withdrawn,
               sum(s.donated_minutes)::bigint AS donated,
               (array_agg(s.closing_minutes ORDER BY s.book_month DESC))[1] AS closing,
               (array_agg(s.earned_minutes ORDER BY s.book_month DESC))[1] AS earned
        FROM months AS m
        JOIN month_statements AS s ON s.district_id = of_district AND s.book_month = m.begin_date
        GROUP BY s.account_id, s.volunteer_id
    ), salted AS (
        SELECT t.*, notice_salt(seed, t.account_id) AS salt,
               COALESCE(p.closing_minutes, t.opening) AS published
        FROM totals AS t
        LEFT JOIN notice_lines AS p ON p.district_id = of_district AND p.account_id = t.account_id
            AND p.number = (SELECT n.number FROM public_notices AS n
                            WHERE n.district_id = of_district AND n.grain = of_grain
                              AND n.begin_date < begins
                            ORDER BY n.begin_date DESC, n.revision DESC LIMIT 1)
    )
    SELECT of_district, of_number, s.region_code,
           (row_number() OVER (PARTITION BY s.region_code
                               ORDER BY v.volunteer_number COLLATE "C") - 1)::integer,
           notice_line_code(s.salt), s.salt, s.account_id, v.volunteer_number, masked_name(n.name),
           s.published, s.deposited, s.withdrawn, s.donated,
           s.closing - s.published - s.deposited + s.withdrawn + s.donated, s.closing, s.earned,
           COALESCE(o.star, awarded_star(of_district, s.volunteer_id, s.last_day)::smallint), now(),
           true
    FROM salted AS s
    JOIN volunteers AS v ON v.district_id = of_district AND v.id = s.volunteer_id
    JOIN persons AS n ON n.district_id = of_district AND n.id = v.person_id
    LEFT JOIN (SELECT * FROM appraisal_outcomes(of_district, extract(year FROM begins)::integer)
               WHERE of_grain = 'year') AS o ON o.volunteer_id = s.volunteer_id
    WHERE n.died_on IS NULL
$$;
