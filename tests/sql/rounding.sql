-- Rounding: credited in whole steps, down; stars count all; run, dry run and proofs agree.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(26);
CREATE FUNCTION pg_temp.tb_rounding(value text, since date) RETURNS void LANGUAGE sql AS $$
    INSERT INTO policies (district_id, id, name, region_code, value, source, valid_from)
    VALUES (371402, gen_random_uuid(), 'rounding', 371402000000, to_jsonb(value), 'test', since)
$$;

-- The district is founded without the policy; from 9 June it counts half hours.
SELECT pg_temp.tb_rounding('half_hour_down', '2014-06-09');
SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 75, '2014-06-02');
SELECT pg_temp.tb_week('2014-06-02', 901);
SELECT results_eq('SELECT posted, earned_minutes FROM balances WHERE account_id = pg_temp.tb_id(1)',
    $$VALUES (75::bigint, 75::bigint)$$, 'a week before the policy is not rounded');
SELECT is((SELECT credit_step_minutes FROM periods WHERE grain = 'week' AND begin_date = '2014-06-02'),
    1::smallint, 'its step is a minute');

-- 60 and 89 of the first; 29 of the second, which is nothing; two withdrawals of 45 that he pays: one
-- takes 40, the other 20. A flagged one is reduced to 59.
SELECT pg_temp.tb_serve(102, 1, 3, '2014-06-09', 60, '2014-06-09');
SELECT pg_temp.tb_serve(103, 1, 3, '2014-06-10', 89, '2014-06-09');
SELECT pg_temp.tb_serve(104, 2, 3, '2014-06-10', 29, '2014-06-09', 371402001002);
SELECT pg_temp.tb_withdraw(201, 1, 2, 45);
SELECT pg_temp.tb_serve(105, 2, 3, '2014-06-11', 40, '2014-06-09', assignment => pg_temp.tb_id(201));
SELECT pg_temp.tb_withdraw(202, 1, 2, 30);
SELECT pg_temp.tb_serve(106, 2, 3, '2014-06-12', 20, '2014-06-09', assignment => pg_temp.tb_id(202));
SELECT pg_temp.tb_serve(107, 1, 6, '2014-06-12', 90, '2014-06-09');
SELECT freeze_week(371402, '2014-06-09', pg_temp.tb_at('2014-06-16 00:00'), '\x01');
SELECT is((SELECT credit_step_minutes FROM periods WHERE grain = 'week' AND begin_date = '2014-06-09'),
    30::smallint, 'the step is set when the week freezes');
SELECT pg_temp.tb_rounding('none', '2014-06-09');
SELECT throws_ok($$UPDATE periods SET credit_step_minutes = 1
    WHERE grain = 'week' AND begin_date = '2014-06-09'$$, '23001', NULL, 'and is not changed then');
SELECT throws_ok($$UPDATE periods SET credit_step_minutes = 20
    WHERE grain = 'week' AND begin_date = '2014-07-28'$$, '23514', NULL, 'steps are 1, 15, 30 or 60');
SELECT pg_temp.tb_close('2014-06-09', 371402001001, pg_temp.tb_at('2014-06-17 10:00'));
SELECT pg_temp.tb_close('2014-06-09', 371402001002, pg_temp.tb_at('2014-06-17 10:00'));
SELECT pg_temp.tb_decide(104, 'accept', 29, '2014-06-09', pg_temp.tb_at('2014-06-17 11:00'));
SELECT pg_temp.tb_decide(107, 'reduce', 59, '2014-06-09', pg_temp.tb_at('2014-06-17 11:00'));
SELECT set_eq($$SELECT record_id, registered_minutes, minutes, earned_minutes
    FROM verified_records(371402, '2014-06-09')$$,
    $$VALUES (pg_temp.tb_id(102), 60::bigint, 60::bigint, 60::bigint),
        (pg_temp.tb_id(103), 89, 60, 89), (pg_temp.tb_id(104), 29, 0, 29),
        (pg_temp.tb_id(105), 40, 30, 40), (pg_temp.tb_id(106), 20, 0, 20),
        (pg_temp.tb_id(107), 90, 30, 59)$$, 'each record once, down, at its verification');
SELECT set_eq($$SELECT record_id, verified_minutes FROM service_record_states
    WHERE book_week = '2014-06-09'$$,
    $$VALUES (pg_temp.tb_id(102), 60::bigint), (pg_temp.tb_id(103), 60), (pg_temp.tb_id(104), 0),
        (pg_temp.tb_id(105), 30), (pg_temp.tb_id(106), 0), (pg_temp.tb_id(107), 30)$$,
    'the records say what is credited');

CREATE TEMP TABLE tried AS SELECT * FROM dry_settle_week(371402, '2014-06-09');
CREATE TEMP TABLE done AS
SELECT * FROM settle_week(371402, '2014-06-09', pg_temp.tb_at('2014-06-19 00:00'), pg_temp.tb_id(902));
SELECT results_eq('SELECT records, deposits, captures, minutes, carried FROM done',
    $$VALUES (6::bigint, 1::bigint, 1::bigint, 180::bigint, 0::bigint)$$,
    'six records, of which two are credited nothing');
SELECT results_eq('SELECT records, deposits, captures, minutes, carried, digest FROM done',
    'SELECT * FROM tried', 'the dry run said so, with the same digest');
SELECT results_eq('SELECT posted, held, pending_in, earned_minutes, line_no FROM balances
    ORDER BY account_id', $$VALUES (195::bigint, 0::bigint, 0::bigint, 283::bigint, 3),
        (30, 0, 0, 89, 1)$$,
    'debit and credit alike are rounded, what was earned is not, nothing is left pending or held');
SELECT set_eq('SELECT record_id, account_id, minutes, book_month FROM roundings',
    $$VALUES (pg_temp.tb_id(103), pg_temp.tb_id(1), 29::bigint, '2014-06-01'::date),
        (pg_temp.tb_id(104), pg_temp.tb_id(2), 29, '2014-06-01'),
        (pg_temp.tb_id(105), pg_temp.tb_id(2), 10, '2014-06-01'),
        (pg_temp.tb_id(106), pg_temp.tb_id(2), 20, '2014-06-01'),
        (pg_temp.tb_id(107), pg_temp.tb_id(1), 29, '2014-06-01')$$, 'what was left out is kept');
SELECT set_eq('SELECT assignment_id, state, captured_minutes FROM holds',
    $$VALUES (pg_temp.tb_id(201), 'captured', 30::bigint), (pg_temp.tb_id(202), 'voided', NULL)$$,
    'the payer pays what is credited; of nothing the hold is voided');
SELECT is((SELECT count(*) FROM entries WHERE minutes = 0), 0::bigint, 'no empty entry');
SELECT throws_ok($$UPDATE roundings SET minutes = 1$$, '23001', NULL, 'roundings are evidence');
SELECT throws_ok($$INSERT INTO roundings (district_id, record_id, account_id, book_week, book_month,
    minutes, rounded_at) VALUES (371402, pg_temp.tb_id(102), pg_temp.tb_id(1), '2014-06-09',
    '2014-06-01', 60, now())$$, '23514', NULL, 'less than the longest step');
SELECT throws_ok($$INSERT INTO roundings (district_id, record_id, account_id, book_week, book_month,
    minutes, rounded_at) VALUES (371402, pg_temp.tb_id(102), pg_temp.tb_id(1), '2014-06-09',
    '2014-06-01', 0, now())$$, '23514', NULL, 'and more than nothing');

-- June: what was credited nothing is a record all the same.
SELECT pg_temp.tb_week('2014-06-16', 903);
SELECT pg_temp.tb_week('2014-06-23', 904);
SELECT pg_temp.tb_serve(108, 2, 3, '2014-06-30', 44, '2014-06-30');
SELECT pg_temp.tb_rounding('quarter_hour_down', '2014-06-30');
SELECT pg_temp.tb_week('2014-06-30', 905);
SELECT isnt_empty($$SELECT * FROM pg_temp.tb_month('2014-05-01', 909)$$, 'May settles');
CREATE TEMP TABLE tried_month AS SELECT digest FROM dry_settle_month(371402, '2014-06-01');
CREATE TEMP TABLE month AS SELECT * FROM pg_temp.tb_month('2014-06-01', 910);
SELECT is((SELECT digest FROM month), (SELECT digest FROM tried_month), 'June as the dry run said');
SELECT set_eq('SELECT account_id, deposited_minutes, withdrawn_minutes, closing_minutes,
        earned_minutes, records FROM month_statements WHERE book_month = ''2014-06-01''',
    $$VALUES (pg_temp.tb_id(1), 225::bigint, 30::bigint, 195::bigint, 283::bigint, 4::bigint),
        (pg_temp.tb_id(2), 60, 0, 60, 133, 4)$$,
    'the statements of June close with the balances, and with all that was earned');
SELECT results_eq($$SELECT records, record_minutes, issued_minutes, captured_minutes
    FROM region_statements WHERE book_month = '2014-06-01' AND region_code = 371402000000$$,
    $$VALUES (8::bigint, 285::bigint, 255::bigint, 30::bigint)$$,
    'the minutes of its records are those issued and captured');
SELECT results_eq('SELECT sum(earned_minutes), sum(posted) FROM balances',
    $$SELECT sum(earned_minutes), sum(closing_minutes) FROM month_statements
        WHERE book_month = '2014-06-01'$$, 'and all add up');

-- Nothing at all in a month but a rounding: a statement, without a transfer.
SELECT pg_temp.tb_rounding('hour_down', '2014-07-07');
SELECT pg_temp.tb_serve(109, 2, 3, '2014-07-08', 59, '2014-07-07');
SELECT pg_temp.tb_week('2014-07-07', 906);
SELECT results_eq($$SELECT records, deposits, minutes FROM settlement_runs WHERE id = pg_temp.tb_id(906)$$,
    $$VALUES (1::bigint, 0::bigint, 0::bigint)$$, 'a week of one record, credited nothing');
SELECT is_empty($$SELECT * FROM transfers WHERE book_week = '2014-07-07'$$, 'it has no transfer');
SELECT is((SELECT earned_minutes FROM balances WHERE account_id = pg_temp.tb_id(2)), 192::bigint,
    'stars count it');
SELECT set_eq($$SELECT record_id, minutes FROM month_records(371402, '2014-07-01')$$,
    $$VALUES (pg_temp.tb_id(109), 0::bigint)$$, 'it is a record of July');
SELECT results_eq($$SELECT earned_minutes, closing_minutes, records
    FROM month_statement_rows(371402, '2014-07-01') WHERE account_id = pg_temp.tb_id(2)$$,
    $$VALUES (192::bigint, 60::bigint, 1::bigint)$$, 'with its statement');
SELECT * FROM finish();
ROLLBACK;
