-- A cap on what a passbook stores: the deposit is made in full and counts; what is above lapses in the same run.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(34);

CREATE FUNCTION pg_temp.cap(value text, since date) RETURNS void LANGUAGE sql AS $$
    SELECT pg_temp.tb_rule('storage_cap_minutes', value, since)
$$;
CREATE FUNCTION pg_temp.book(n integer) RETURNS bigint[] LANGUAGE sql AS $$
    SELECT ARRAY[posted, held, earned_minutes, line_no] FROM balances
    WHERE account_id = pg_temp.tb_id(n)
$$;
-- A frozen and closed week, tried and settled; its digest, if both agree.
CREATE FUNCTION pg_temp.settled(week date, run integer) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    tried record;
    done record;
BEGIN
    PERFORM freeze_week(371402, week, pg_temp.tb_at((week + 7)::text), '\x01');
    PERFORM pg_temp.tb_close(week, w.region_code, pg_temp.tb_at((week + 8)::text))
    FROM worklists AS w WHERE w.book_week = week;
    SELECT * INTO tried FROM dry_settle_week(371402, week);
    SELECT records, deposits, captures, minutes, carried, digest INTO done
    FROM settle_week(371402, week, pg_temp.tb_at((week + 10)::text), pg_temp.tb_id(run));
    RETURN CASE WHEN tried = done THEN done.digest END;
END
$$;

-- Without a cap nothing lapses. The rule of a week is that of its Sunday.
SELECT is((storage_cap(371402, '2014-06-02')).cap, NULL, 'none by default');
SELECT pg_temp.cap('120', '2014-06-09');
SELECT is((storage_cap(371402, '2014-06-02')).cap, NULL, 'none on the Sunday before the rule');
SELECT is((storage_cap(371402, '2014-06-09')).cap, 120::bigint, 'the rule begins');
SELECT pg_temp.cap('100', '2014-06-15');
SELECT is((storage_cap(371402, '2014-06-09')).cap, 100::bigint, 'Sunday''s rule is the week''s');
SELECT pg_temp.cap('"none"', '2014-07-07');
SELECT is((storage_cap(371402, '2014-07-07')).cap, NULL, 'and it ends');
SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 150, '2014-06-02');
SELECT pg_temp.tb_serve(102, 2, 3, '2014-06-02', 90, '2014-06-02');
SELECT ok(pg_temp.settled('2014-06-02', 901) IS NOT NULL, 'a week before the cap');
SELECT is((SELECT count(*) FROM accounts WHERE kind = 'sink'), 0::bigint, 'has no sink');
SELECT is(pg_temp.book(1), ARRAY[150, 0, 150, 1]::bigint[], 'above the later cap');

-- To the minute: 100 stays, 101 loses one. Who serves nothing keeps what he has.
SELECT pg_temp.tb_serve(103, 2, 3, '2014-06-09', 10, '2014-06-09');
CREATE TEMP TABLE sealed AS SELECT pg_temp.settled('2014-06-09', 902) AS digest;
SELECT is(pg_temp.book(2), ARRAY[100, 0, 100, 2]::bigint[], 'exactly the cap');
SELECT is(pg_temp.book(1), ARRAY[150, 0, 150, 1]::bigint[], 'who serves nothing loses nothing');
SELECT pg_temp.tb_serve(104, 2, 3, '2014-06-16', 1, '2014-06-16');
SELECT is(pg_temp.tb_withdraw(201, 1, 2, 120), NULL, '120 of 150 are held');
SELECT pg_temp.tb_serve(105, 1, 3, '2014-06-16', 20, '2014-06-16');
SELECT ok(pg_temp.settled('2014-06-16', 903) IS NOT NULL, 'dry run and run agree');
SELECT is(pg_temp.book(2), ARRAY[100, 0, 101, 4]::bigint[], 'a minute above lapses, and counts');
SELECT results_eq('SELECT line_no, l.minutes, balance_minutes, t.kind FROM passbook_lines AS l
    JOIN transfers AS t ON t.id = l.transfer_id WHERE account_id = pg_temp.tb_id(2) AND line_no > 2
    ORDER BY line_no',
    $$VALUES (3, 1::bigint, 101::bigint, 'deposit'), (4, -1, 100, 'retirement')$$,
    'in full first, on a line of its own then');
SELECT is(pg_temp.book(1), ARRAY[120, 120, 170, 3]::bigint[],
    'of 70 above only the 50 that are not held');
SELECT results_eq('SELECT book_week, book_month, t.region_code, a.kind, a.region_code, t.minutes
    FROM transfers AS t JOIN accounts AS a ON a.id = t.credit_account_id
    WHERE t.kind = ''retirement'' ORDER BY t.minutes',
    $$VALUES ('2014-06-16'::date, '2014-06-01'::date, 371402001001, 'sink', 371402001001,
              1::bigint),
             ('2014-06-16', '2014-06-01', 371402001001, 'sink', 371402001001, 50)$$,
    'to the one sink of the region');
SELECT is((SELECT count(*) FROM transfers WHERE kind = 'retirement'
           AND id = week_transfer_id(371402, '2014-06-16', 'retirement', debit_account_id,
                                     credit_account_id, '2014-06-01', NULL)), 2::bigint,
    'with derived ids');
SELECT is((SELECT minutes FROM settlement_runs WHERE begin_date = '2014-06-16'), 21::bigint,
    'the run tells what was served');

-- A hold that is captured pays first; what the payer had above goes afterwards, as far as he serves too.
SELECT pg_temp.tb_serve(106, 2, 3, '2014-06-23', 60, '2014-06-23',
                        assignment => pg_temp.tb_id(201));
SELECT pg_temp.tb_serve(107, 1, 3, '2014-06-24', 90, '2014-06-23');
SELECT ok(pg_temp.settled('2014-06-23', 904) IS NOT NULL, 'dry run and run agree again');
SELECT is(pg_temp.book(1), ARRAY[100, 0, 260, 6]::bigint[],
    'paid 60, deposited 90, the hold released: 150 − 100 lapse');
SELECT is(pg_temp.book(2), ARRAY[100, 0, 161, 6]::bigint[], 'who was paid is capped too');

-- A floor is kept.
UPDATE balances SET floor_minutes = 90 WHERE account_id = pg_temp.tb_id(2);
SELECT pg_temp.cap('60', '2014-06-30');
SELECT pg_temp.tb_serve(108, 2, 3, '2014-06-30', 5, '2014-06-30');
SELECT ok(pg_temp.settled('2014-06-30', 905) IS NOT NULL, 'a week with another cap');
SELECT is(pg_temp.book(2), ARRAY[90, 0, 166, 8]::bigint[], 'not below the floor');
UPDATE balances SET floor_minutes = 0 WHERE account_id = pg_temp.tb_id(2);

-- A later rule changes nothing of the past.
SELECT pg_temp.cap('6000', '2014-06-01');
SELECT is((SELECT digest FROM periods WHERE grain = 'week' AND begin_date = '2014-06-09'),
    (SELECT digest FROM sealed), 'the digest stays');
SELECT pg_temp.tb_serve(109, 1, 3, '2014-07-08', 300, '2014-07-07');
SELECT ok(pg_temp.settled('2014-07-07', 906) IS NOT NULL, 'a week after the cap');
SELECT is(pg_temp.book(1), ARRAY[400, 0, 560, 7]::bigint[], 'stores what it earns');

-- The month's and the quarter's totals.
SELECT pg_temp.tb_month('2014-05-01', 910);
SELECT pg_temp.tb_month('2014-06-01', 911);
SELECT results_eq('SELECT deposited_minutes, withdrawn_minutes, retired_minutes, closing_minutes,
    earned_minutes FROM month_statements WHERE book_month = ''2014-06-01'' ORDER BY volunteer_id',
    $$VALUES (260::bigint, 60::bigint, 100::bigint, 100::bigint, 260::bigint),
             (166, 0, 61, 105, 166)$$, 'what lapsed is told');
SELECT is((SELECT retired_minutes FROM region_statements
           WHERE book_month = '2014-06-01' AND region_code = 371402001001), 161::bigint,
    'of the community too');
SELECT pg_temp.tb_quarter('2014-04-01', 912);
SELECT results_eq('SELECT deposited_minutes, withdrawn_minutes, corrected_minutes, closing_minutes
    FROM notice_lines ORDER BY volunteer_number',
    $$VALUES (260::bigint, 60::bigint, -100::bigint, 100::bigint), (166, 0, -61, 105)$$,
    'and in the notice');

-- Values.
SELECT is(policy_value_fault(v.value::jsonb, k.value_schema), v.fault, v.value)
FROM policy_kinds() AS k, (VALUES ('"none"', NULL), ('60', NULL), ('59', '/value'),
                                  ('"all"', '/value'), ('60.5', '/value')) AS v(value, fault)
WHERE k.name = 'storage_cap_minutes';
SELECT * FROM finish();
ROLLBACK;
