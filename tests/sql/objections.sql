-- From an objection to the revision: what was corrected is published once, and the next notice goes on from
-- there.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(41);

INSERT INTO persons (district_id, id, name) VALUES (371402, pg_temp.tb_id(8), 'person 8');
INSERT INTO users (district_id, id, person_id)
VALUES (371402, pg_temp.tb_id(8), pg_temp.tb_id(8));
INSERT INTO periods (district_id, grain, begin_date, end_date, freezes_at, due_at)
SELECT 371402, 'month', m::date, (m + interval '1 month')::date, m + interval '40 days',
       m + interval '40 days'
FROM generate_series('2014-09-01'::timestamp, '2014-12-01', interval '1 month') AS m
UNION ALL
SELECT 371402, 'quarter', '2014-10-01', '2015-01-01', '2015-01-10', '2015-01-10';

CREATE FUNCTION pg_temp.tb_refused(number text, line text, region bigint, at timestamptz)
RETURNS text LANGUAGE sql AS $$
    SELECT objection_refusal(371402, number, line, region, at, 0, 999999999999) ->> 'code'
$$;
CREATE FUNCTION pg_temp.tb_object(n integer, number text, line text, at timestamptz) RETURNS text
LANGUAGE sql AS $$
    SELECT file_objection((371402, NULL, pg_temp.tb_id(n), number, NULL, line, NULL, 'too much',
        '\x00', NULL, 'web', NULL, at, NULL, now()))
$$;
CREATE FUNCTION pg_temp.tb_uphold(of_case text, record integer, becomes bigint, at timestamptz)
RETURNS text LANGUAGE sql AS $$
    SELECT decide_objection(o, 'upheld', 'seen again', jsonb_build_array(jsonb_build_object(
        'record_id', pg_temp.tb_id(record), 'minutes', becomes)), pg_temp.tb_id(8),
        pg_temp.tb_id(8), at)
    FROM objections AS o WHERE o.case_number = of_case
$$;
CREATE FUNCTION pg_temp.tb_post(n integer, of_number text, at timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO notice_postings (district_id, id, number, region_code, place, posted_at, posted_by,
                                 entered_by)
    VALUES (371402, pg_temp.tb_id(n), of_number, 371402001001, 'gate', at, pg_temp.tb_id(4),
            pg_temp.tb_id(7))
$$;
CREATE FUNCTION pg_temp.tb_state(quarter date) RETURNS text LANGUAGE sql AS $$
    SELECT state FROM periods WHERE grain = 'quarter' AND begin_date = quarter
$$;
CREATE FUNCTION pg_temp.tb_line(of_number text, volunteer text) RETURNS text LANGUAGE sql AS $$
    SELECT line_code FROM notice_lines WHERE number = of_number AND volunteer_number = volunteer
$$;

SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 60, '2014-06-02');
SELECT pg_temp.tb_serve(102, 2, 3, '2014-06-03', 90, '2014-06-02');
SELECT pg_temp.tb_week('2014-06-02', 901);
SELECT pg_temp.tb_month('2014-05-01', 902);
SELECT pg_temp.tb_month('2014-06-01', 903);
SELECT pg_temp.tb_quarter('2014-04-01', 904);

SELECT is(pg_temp.tb_refused('371402-2014Q3-1', NULL, 371402001001, pg_temp.tb_at('2014-07-12 08:00')),
    'not_found', 'there is no such notice');
SELECT is(pg_temp.tb_refused('371402-2014Q2-1', NULL, NULL, pg_temp.tb_at('2014-07-12 08:00')),
    'objection_names_nothing', 'neither line nor page');
SELECT is(pg_temp.tb_refused('371402-2014Q2-1', 'ffffffffffffffff', NULL,
    pg_temp.tb_at('2014-07-12 08:00')), 'objection_line_unknown', 'a line that is not there');
SELECT is(pg_temp.tb_refused('371402-2014Q2-1', NULL, 371402001002,
    pg_temp.tb_at('2014-07-12 08:00')), 'objection_line_unknown', 'a page that is not there');
SELECT is(pg_temp.tb_refused('371402-2014Q2-1', NULL, 371402001001,
    pg_temp.tb_at('2014-07-12 08:00')), NULL, 'before all pages hang objections are taken');
SELECT pg_temp.tb_post(301, '371402-2014Q2-1', pg_temp.tb_at('2014-07-12 10:00'));
SELECT is(pg_temp.tb_refused('371402-2014Q2-1', NULL, 371402001001,
    pg_temp.tb_at('2014-07-19 23:59:59')), NULL, 'in the last second of the seventh full day too');
SELECT is(pg_temp.tb_refused('371402-2014Q2-1', NULL, 371402001001,
    pg_temp.tb_at('2014-07-20 00:00')), 'window_closed', 'and not a second later');
INSERT INTO notice_takedowns VALUES (371402, pg_temp.tb_id(301), pg_temp.tb_at('2014-07-19 23:00'),
    pg_temp.tb_id(4), pg_temp.tb_id(7));
SELECT is((SELECT posted_pages FROM notice_standing(371402, '371402-2014Q2-1')), 0::bigint,
    'a page that was taken down too early never hung');
SELECT pg_temp.tb_post(302, '371402-2014Q2-1', pg_temp.tb_at('2014-07-13 10:00'));
SELECT is((SELECT window_ends_at FROM notice_standing(371402, '371402-2014Q2-1')),
    pg_temp.tb_at('2014-07-21 00:00'), 'the next posting counts');

SELECT is(pg_temp.tb_object(401, '371402-2014Q2-1', pg_temp.tb_line('371402-2014Q2-1', '3714021'),
    pg_temp.tb_at('2014-07-20 23:59:59')), '371402-YY2014-0001', 'a case');
SELECT is(advance_notices(371402, pg_temp.tb_at('2014-07-25 00:00')), 1, 'the window has passed');
SELECT is(pg_temp.tb_state('2014-04-01'), 'noticed', 'but with an open case nothing is final');
SELECT is(pg_temp.tb_uphold('371402-YY2014-0001', 101, 45, pg_temp.tb_at('2014-07-25 09:00')),
    'upheld', 'it is upheld');
SELECT is((SELECT objection_state(o) FROM objections AS o), 'upheld', 'and closed');
SELECT is(advance_notices(371402, pg_temp.tb_at('2014-07-25 10:00')), 1, 'a revision');
SELECT results_eq('SELECT number, revision, sequence, lines FROM public_notices ORDER BY sequence',
    $$VALUES ('371402-2014Q2-1', 1::smallint, 1, 2::bigint), ('371402-2014Q2-2', 2::smallint, 2, 2)$$,
    'the first one stays');
SELECT is((SELECT previous_digest FROM public_notices WHERE sequence = 2),
    (SELECT digest FROM public_notices WHERE sequence = 1), 'chained to it');
SELECT results_eq($$SELECT volunteer_number, deposited_minutes, corrected_minutes, closing_minutes,
    earned_minutes, is_new FROM notice_lines WHERE number = '371402-2014Q2-2' ORDER BY index$$,
    $$VALUES ('3714021', 60::bigint, -15::bigint, 45::bigint, 45::bigint, true),
             ('3714022', 90, 0, 90, 90, false)$$, 'its lines');
SELECT is(pg_temp.tb_line('371402-2014Q2-2', '3714022'), pg_temp.tb_line('371402-2014Q2-1', '3714022'),
    'what did not change is proved by the code that was printed');
SELECT isnt(pg_temp.tb_line('371402-2014Q2-2', '3714021'),
    pg_temp.tb_line('371402-2014Q2-1', '3714021'), 'what did has another one');
SELECT results_eq('SELECT pages, posted_pages FROM notice_standing(371402, ''371402-2014Q2-2'')',
    'VALUES (1::bigint, 0::bigint)', 'the changed page has to hang');
SELECT is(advance_notices(371402, pg_temp.tb_at('2014-08-25 00:00')), 0, 'until then nothing moves');
SELECT is(pg_temp.tb_refused('371402-2014Q2-2', pg_temp.tb_line('371402-2014Q2-2', '3714022'), NULL,
    pg_temp.tb_at('2014-07-26 08:00')), 'objection_to_unchanged', 'the other line stood before');
SELECT pg_temp.tb_post(303, '371402-2014Q2-2', pg_temp.tb_at('2014-07-26 10:00'));
SELECT is(pg_temp.tb_object(402, '371402-2014Q2-2', pg_temp.tb_line('371402-2014Q2-2', '3714021'),
    pg_temp.tb_at('2014-08-01 08:00')), '371402-YY2014-0002', 'another case, of the revision');

-- The next quarter is drawn up while that case is open.
SELECT pg_temp.tb_serve(103, 1, 3, '2014-07-08', 15, '2014-07-07');
SELECT pg_temp.tb_week('2014-07-07', 905);
SELECT pg_temp.tb_month(m::date, 910 + extract(month FROM m)::integer)
FROM generate_series('2014-07-01'::timestamp, '2014-09-01', interval '1 month') AS m;
SELECT pg_temp.tb_quarter('2014-07-01', 909);
SELECT results_eq($$SELECT opening_minutes, deposited_minutes, corrected_minutes, closing_minutes
    FROM notice_lines WHERE number = '371402-2014Q3-1' AND volunteer_number = '3714021'$$,
    'VALUES (45::bigint, 15::bigint, 0::bigint, 60::bigint)',
    'it opens with the revision, and tells the correction no second time');
SELECT is((SELECT corrected_minutes FROM month_statements
           WHERE book_month = '2014-07-01' AND volunteer_id = pg_temp.tb_id(1)), -15::bigint,
    'though it was booked in that quarter');

SELECT is(pg_temp.tb_uphold('371402-YY2014-0002', 101, 30, pg_temp.tb_at('2014-10-12 09:00')),
    'upheld', 'upheld later');
SELECT is(advance_notices(371402, pg_temp.tb_at('2014-10-12 10:00')), 1, 'a third revision');
SELECT results_eq($$SELECT number, previous_digest = lag(digest) OVER (ORDER BY sequence)
    FROM public_notices ORDER BY sequence$$,
    $$VALUES ('371402-2014Q2-1', NULL::boolean), ('371402-2014Q2-2', true), ('371402-2014Q3-1', true),
             ('371402-2014Q2-3', true)$$, 'the chain goes by the time of drawing up');
SELECT results_eq($$SELECT corrected_minutes, closing_minutes FROM notice_lines
    WHERE number = '371402-2014Q2-3' AND volunteer_number = '3714021'$$,
    'VALUES (-30::bigint, 30::bigint)', 'with both corrections');
SELECT pg_temp.tb_post(304, '371402-2014Q2-3', pg_temp.tb_at('2014-10-13 10:00'));
SELECT is(advance_notices(371402, pg_temp.tb_at('2014-10-20 23:59')), 0, 'the window is open');
SELECT is(advance_notices(371402, pg_temp.tb_at('2014-10-21 00:00')), 1, 'and ends');
SELECT is(pg_temp.tb_state('2014-04-01'), 'final', 'final');
SELECT pg_temp.tb_month(m::date, 910 + extract(month FROM m)::integer)
FROM generate_series('2014-10-01'::timestamp, '2014-12-01', interval '1 month') AS m;
SELECT pg_temp.tb_quarter('2014-10-01', 930);
SELECT results_eq($$SELECT opening_minutes, deposited_minutes, corrected_minutes, closing_minutes
    FROM notice_lines WHERE number = '371402-2014Q4-1' AND volunteer_number = '3714021'$$,
    'VALUES (60::bigint, 0::bigint, -15::bigint, 45::bigint)',
    'what the last notice did not know yet is corrected in the next one');

-- A correction of spent minutes keeps the case open until it is approved, and opens it again when not.
SELECT is(pg_temp.tb_object(403, '371402-2014Q4-1', pg_temp.tb_line('371402-2014Q4-1', '3714022'),
    pg_temp.tb_at('2015-01-12 08:00')), '371402-YY2015-0001', 'numbers begin anew each year');
UPDATE balances SET held = 90 WHERE account_id = pg_temp.tb_id(2);
SELECT is(pg_temp.tb_uphold('371402-YY2015-0001', 102, 10, pg_temp.tb_at('2014-12-20 09:00')),
    'upheld', 'upheld, of spent minutes');
SELECT is((SELECT objection_state(o) FROM objections AS o WHERE o.id = pg_temp.tb_id(403)),
    'awaiting_approval', 'it waits');
SELECT is((SELECT has_open_cases(n) FROM public_notices AS n WHERE n.number = '371402-2014Q4-1'), true,
    'and is open');
SELECT is(decide_correction(c, false, 'no', pg_temp.tb_id(4), pg_temp.tb_id(7),
    pg_temp.tb_at('2014-12-21 09:00')), 'declined', 'declined')
FROM ledger_corrections AS c WHERE c.case_number = '371402-YY2015-0001';
SELECT is((SELECT objection_state(o) FROM objections AS o WHERE o.id = pg_temp.tb_id(403)), 'open',
    'it is open again');
SELECT throws_ok($$DELETE FROM objections$$, '23001', NULL, 'a case never goes');
SELECT * FROM finish();
ROLLBACK;
