-- The months: a week that straddles two, a late record, totals of passbooks, teams and regions, the
-- seal of each month on the one before.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(27);

-- June: two services in one community and one in the other, of the same volunteer; the last week
-- has a day of each month.
SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 60, '2014-06-02');
SELECT pg_temp.tb_serve(102, 2, 3, '2014-06-03', 90, '2014-06-02');
SELECT pg_temp.tb_week('2014-06-02', 901);
SELECT pg_temp.tb_withdraw(201, 1, 2, 50);
SELECT pg_temp.tb_serve(103, 2, 3, '2014-06-10', 40, '2014-06-09', assignment => pg_temp.tb_id(201));
SELECT pg_temp.tb_week('2014-06-09', 902);
SELECT pg_temp.tb_week('2014-06-16', 903);
SELECT pg_temp.tb_week('2014-06-23', 904);
SELECT pg_temp.tb_serve(104, 1, 3, '2014-06-30', 45, '2014-06-30');
SELECT pg_temp.tb_serve(105, 1, 3, '2014-07-01', 30, '2014-06-30');
SELECT pg_temp.tb_week('2014-06-30', 905);
SELECT pg_temp.tb_team(301, ARRAY[101, 104, 105]);

SELECT results_eq('SELECT book_month, minutes FROM transfers WHERE book_week = ''2014-06-30''
    ORDER BY 1', $$VALUES ('2014-06-01'::date, 45::bigint), ('2014-07-01', 30)$$,
    'a week that straddles two months pays into each its own');
SELECT is_empty($$SELECT * FROM freeze_period(371402, 'month', '2014-06-01',
    pg_temp.tb_at('2014-07-11 07:59'))$$, 'a month does not freeze early');
SELECT is_empty($$SELECT * FROM settle_month(371402, '2014-06-01',
    pg_temp.tb_at('2014-07-11 08:00'), pg_temp.tb_id(910))$$,
    'an open month does not settle');
SELECT isnt_empty($$SELECT * FROM pg_temp.tb_month('2014-05-01', 909)$$, 'May settles, empty');
SELECT results_eq($$SELECT freeze_period(371402, 'month', '2014-06-01', pg_temp.tb_at('2014-07-11 08:00'))$$,
    $$VALUES ('2014-06-01'::date)$$, 'June freezes');
SELECT is_empty($$SELECT freeze_period(371402, 'month', '2014-06-01', pg_temp.tb_at('2014-07-11 08:01'))$$,
    'freezing twice does nothing');
SELECT is(booking_month(371402, '2014-06-30'), '2014-07-01'::date,
    'what comes for a frozen month is booked in the oldest open one');
CREATE TEMP TABLE tried AS SELECT * FROM dry_settle_month(371402, '2014-06-01');
CREATE TEMP TABLE done AS SELECT * FROM settle_month(371402, '2014-06-01',
    pg_temp.tb_at('2014-07-11 08:00'), pg_temp.tb_id(910));
SELECT results_eq('SELECT records, deposits, captures, minutes, statements FROM done',
    $$VALUES (4::bigint, 3::bigint, 1::bigint, 235::bigint, 6::bigint)$$, 'the run tells');
SELECT is((SELECT digest FROM done), (SELECT digest FROM tried),
    'the dry run gave the same digest');
SELECT is((SELECT digest FROM periods WHERE grain = 'month' AND begin_date = '2014-06-01'),
    (SELECT digest FROM tried), 'the month is sealed with it');
SELECT is_empty($$SELECT * FROM settle_month(371402, '2014-06-01',
    pg_temp.tb_at('2014-07-11 08:01'), pg_temp.tb_id(911))$$, 'settling twice does nothing');
SELECT results_eq($$SELECT volunteer_id, region_code, opening_minutes, deposited_minutes,
    withdrawn_minutes, closing_minutes, earned_minutes, records FROM month_statements
    WHERE book_month = '2014-06-01' ORDER BY 1$$,
    $$VALUES (pg_temp.tb_id(1), 371402001001, 0::bigint, 105::bigint, 40::bigint, 65::bigint,
              105::bigint, 2::bigint),
             (pg_temp.tb_id(2), 371402001001, 0, 130, 0, 130, 130, 2)$$,
    'the statements of June');
SELECT results_eq($$SELECT team_id, records, volunteers, record_minutes FROM team_statements
    WHERE book_month = '2014-06-01'$$,
    $$VALUES (pg_temp.tb_id(301), 2::bigint, 1::bigint, 105::bigint)$$, 'the team in June');
SELECT results_eq($$SELECT region_code, records, volunteers, record_minutes, issued_minutes,
    captured_minutes, passbooks, closing_minutes FROM region_statements
    WHERE book_month = '2014-06-01' ORDER BY 1$$,
    $$SELECT code, 4::bigint, 2::bigint, 235::bigint, 195::bigint, 40::bigint, 2::bigint,
             195::bigint
      FROM (VALUES (371402000000), (371402001000), (371402001001)) AS v(code)$$,
    'the community in June, and those above it');
SELECT throws_ok($$UPDATE month_statements SET closing_minutes = 0, deposited_minutes = 0$$,
    '23001', NULL, 'a statement never changes');

-- July: one of June comes late; the volunteer serves in the other community too.
SELECT pg_temp.tb_serve(106, 1, 3, '2014-06-28', 20, '2014-07-07');
SELECT pg_temp.tb_serve(107, 1, 3, '2014-07-08', 15, '2014-07-07', 371402001002);
SELECT pg_temp.tb_week('2014-07-07', 912);
SELECT is((SELECT count(*) FROM carries), 1::bigint, 'a flagged one is carried');
SELECT results_eq('SELECT record_id, region_code, minutes, booked_late
    FROM month_records(371402, ''2014-07-01'') ORDER BY 1',
    $$VALUES (pg_temp.tb_id(105), 371402001001, 30::bigint, false),
             (pg_temp.tb_id(106), 371402001001, 20, true)$$,
    'July has its own records and the late one of June');
SELECT results_eq('SELECT record_id FROM month_records(371402, ''2014-06-01'') ORDER BY 1',
    $$SELECT pg_temp.tb_id(n) FROM generate_series(101, 104) AS n$$,
    'June''s records stay June''s');
CREATE TEMP TABLE july AS SELECT * FROM pg_temp.tb_month('2014-07-01', 990);
SELECT results_eq('SELECT records, minutes FROM july', $$VALUES (2::bigint, 50::bigint)$$,
    'July settles');
SELECT results_eq($$SELECT opening_minutes, deposited_minutes, closing_minutes, earned_minutes,
    records FROM month_statements
    WHERE book_month = '2014-07-01' AND volunteer_id = pg_temp.tb_id(1)$$,
    $$VALUES (65::bigint, 50::bigint, 115::bigint, 155::bigint, 2::bigint)$$,
    'July opens with what June closed with');
SELECT results_eq($$SELECT opening_minutes, deposited_minutes, closing_minutes, records
    FROM month_statements WHERE book_month = '2014-07-01' AND volunteer_id = pg_temp.tb_id(2)$$,
    $$VALUES (130::bigint, 0::bigint, 130::bigint, 0::bigint)$$,
    'who did nothing has a statement too, as long as he has minutes');
SELECT is((SELECT booked_late FROM region_statements
           WHERE book_month = '2014-07-01' AND region_code = 371402001001), 1::bigint,
    'the late one is told');
SELECT results_eq($$SELECT sum(deposited_minutes - withdrawn_minutes)::bigint
    FROM month_statements$$, 'SELECT sum(posted)::bigint FROM balances',
    'all statements add up to the balances');
SELECT is((SELECT digest FROM july), month_digest(371402, '2014-07-01'),
    'the digest is that of the rows');
ALTER TABLE periods DISABLE TRIGGER USER;
UPDATE periods SET digest = sha256('') WHERE grain = 'month' AND begin_date = '2014-06-01';
SELECT isnt((SELECT digest FROM july), month_digest(371402, '2014-07-01'),
    'with another June it would be another');
SELECT set_eq('SELECT region_levels(371402001001)',
    ARRAY[371402001001, 371402001000, 371402000000], 'a community, its subdistrict, the district');
SELECT set_eq('SELECT region_levels(371402000000)', ARRAY[371402000000], 'the district is on top');
SELECT * FROM finish();
ROLLBACK;
