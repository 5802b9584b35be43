-- The quarterly notice: masked names, salted lines, trees of RFC 6962, each notice chained to the last.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(36);

-- Roots of the first n of eight leaves, as Certificate Transparency's implementations test them.
CREATE TEMP TABLE leaf AS
SELECT place, merkle_leaf(bytes) AS hash
FROM unnest(ARRAY['', '\x00', '\x10', '\x2021', '\x3031', '\x40414243', '\x5051525354555657',
                  '\x606162636465666768696a6b6c6d6e6f']::bytea[]) WITH ORDINALITY AS l (bytes, place);
CREATE FUNCTION pg_temp.first_leaves(n integer) RETURNS bytea[] LANGUAGE sql AS $$
    SELECT array_agg(hash ORDER BY place) FROM leaf WHERE place <= n
$$;
SELECT is(encode(merkle_root(pg_temp.first_leaves(v.n)), 'hex'), v.root, 'the root of ' || v.n)
FROM (VALUES
    (1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'),
    (2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'),
    (3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'),
    (4, 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'),
    (5, '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'),
    (6, '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'),
    (7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'),
    (8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328')) AS v(n, root);
SELECT is(encode(merkle_root('{}'), 'hex'),
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'the root of none');

-- Follows a path from a leaf.
CREATE FUNCTION pg_temp.climb(leaf bytea, path json) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    hash bytea := leaf;
    step record;
BEGIN
    FOR step IN SELECT s.value ->> 'side' AS side, decode(s.value ->> 'hash', 'hex') AS other
                FROM json_array_elements(path) WITH ORDINALITY AS s (value, place)
                ORDER BY s.place LOOP
        hash := sha256('\x01'::bytea || CASE step.side WHEN 'left' THEN step.other || hash
                                                       ELSE hash || step.other END);
    END LOOP;
    RETURN hash;
END
$$;
SELECT is((SELECT count(*) FROM generate_series(1, 8) AS n, generate_series(0, n - 1) AS i
           WHERE pg_temp.climb((pg_temp.first_leaves(n))[i + 1],
                               merkle_path(pg_temp.first_leaves(n), i))
                 = merkle_root(pg_temp.first_leaves(n))), 36::bigint,
    'every path leads to its root');
SELECT is(json_array_length(merkle_path(pg_temp.first_leaves(7), 6)), 2,
    'the last of an odd level goes up as it is');
SELECT is(merkle_path(pg_temp.first_leaves(1), 0)::text, '[]', 'one leaf needs no path');

SELECT is(masked_name(v.name), v.masked, v.name)
FROM (VALUES ('冯大才', '冯*才'), ('李四', '李*'), ('王', '王*'), ('欧阳建国', '欧**国')) AS v(name, masked);

-- Two quarters: two volunteers serve in the second and the third; one of them dies.
INSERT INTO periods (district_id, grain, begin_date, end_date, freezes_at, due_at)
VALUES (371402, 'month', '2014-09-01', '2014-10-01', '2014-10-09', '2014-10-09');
UPDATE persons SET name = CASE id WHEN pg_temp.tb_id(1) THEN '冯大才' ELSE '李四' END
WHERE id IN (pg_temp.tb_id(1), pg_temp.tb_id(2));
SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 60, '2014-06-02');
SELECT pg_temp.tb_serve(102, 2, 3, '2014-06-03', 90, '2014-06-02');
SELECT pg_temp.tb_week('2014-06-02', 901);
SELECT pg_temp.tb_month('2014-05-01', 902);
SELECT pg_temp.tb_month('2014-06-01', 903);
SELECT is_empty($$SELECT settle_quarter(371402, '2014-04-01', pg_temp.tb_at('2014-07-11 08:00'),
    pg_temp.tb_id(910), NULL)$$, 'an open quarter does not settle');
CREATE TEMP TABLE done AS SELECT * FROM pg_temp.tb_quarter('2014-04-01', 904);
SELECT results_eq('SELECT grain, records, minutes, statements FROM done',
    $$VALUES ('quarter', 2::bigint, 150::bigint, 2::bigint)$$, 'the run tells');
SELECT is_empty($$SELECT settle_quarter(371402, '2014-04-01', pg_temp.tb_at('2014-07-11 08:00'),
    pg_temp.tb_id(911), NULL)$$, 'settling twice does nothing');
SELECT results_eq('SELECT state, digest FROM periods WHERE grain = ''quarter''
    AND begin_date = ''2014-04-01''',
    'SELECT ''settled'', digest FROM public_notices', 'the quarter is sealed with the notice');
SELECT results_eq('SELECT number, begin_date, lines, previous_digest FROM public_notices',
    $$VALUES ('371402-2014Q2-1', '2014-04-01'::date, 2::bigint, decode(repeat('00', 32), 'hex'))$$,
    'the first notice');
SELECT results_eq('SELECT region_code, index, volunteer_number, masked_name, opening_minutes,
    deposited_minutes, closing_minutes, earned_minutes, star FROM notice_lines ORDER BY index',
    $$VALUES (371402001001, 0, '3714021', '冯*才', 0::bigint, 60::bigint, 60::bigint, 60::bigint, 0::smallint),
             (371402001001, 1, '3714022', '李*', 0, 90, 90, 90, 0::smallint)$$, 'its lines');
SELECT is((SELECT count(DISTINCT salt) FROM notice_lines), 2::bigint, 'each line has its salt');
SELECT results_eq('SELECT region_code, lines, root FROM notice_pages',
    $$SELECT 371402001001, 2::bigint,
             merkle_root(notice_line_leaves(371402, '371402-2014Q2-1', 371402001001))$$, 'its page');
SELECT is((SELECT root FROM public_notices),
    merkle_root(notice_page_leaves(371402, '371402-2014Q2-1')), 'its root');
SELECT throws_ok($$UPDATE notice_lines SET masked_name = '李四'$$, '23001', NULL,
    'a line never changes');
SELECT ok(notice_line_bytes(a) <> notice_line_bytes(b), 'what is published is in the bytes')
FROM notice_lines AS a
CROSS JOIN LATERAL (SELECT (jsonb_populate_record(a, v.change::jsonb)).*
                    FROM (VALUES ('{"closing_minutes": 61}'), ('{"masked_name": "冯*"}'),
                                 ('{"star": 1}'), ('{"region_code": 371402001002}'),
                                 ('{"earned_minutes": 61}')) AS v(change)) AS b
WHERE a.index = 0;

UPDATE persons SET died_on = '2014-08-01' WHERE id = pg_temp.tb_id(2);
SELECT pg_temp.tb_serve(103, 1, 3, '2014-07-08', 15, '2014-07-07');
SELECT pg_temp.tb_week('2014-07-07', 905);
SELECT pg_temp.tb_month('2014-07-01', 906);
SELECT pg_temp.tb_month('2014-08-01', 907);
SELECT pg_temp.tb_month('2014-09-01', 908);
SELECT isnt_empty($$SELECT * FROM pg_temp.tb_quarter('2014-07-01', 909)$$, 'the next quarter');
SELECT results_eq('SELECT volunteer_number, opening_minutes, deposited_minutes, closing_minutes
    FROM notice_lines WHERE number = ''371402-2014Q3-1''',
    $$VALUES ('3714021', 60::bigint, 15::bigint, 75::bigint)$$,
    'it opens with what the last one closed with; the dead are left out');
SELECT is((SELECT previous_digest FROM public_notices WHERE begin_date = '2014-07-01'),
    (SELECT digest FROM public_notices WHERE begin_date = '2014-04-01'), 'it names the last one');
SELECT isnt((SELECT salt FROM notice_lines WHERE number = '371402-2014Q3-1' AND index = 0),
    (SELECT salt FROM notice_lines WHERE number = '371402-2014Q2-1' AND index = 0),
    'nobody is followed from notice to notice by his salt');
SELECT results_eq('SELECT type FROM events WHERE type LIKE ''quarter%'' ORDER BY sequence',
    $$VALUES ('quarter.frozen'), ('quarter.settled'), ('quarter.frozen'), ('quarter.settled')$$,
    'each step leaves its event');
SELECT * FROM finish();
ROLLBACK;
