-- Correcting what was booked: of a deposit that stands for two records, of a capture with its overrun, of
-- minutes that were spent.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(39);

-- Person 8 decides for the subdistrict, 9 for the district.
INSERT INTO persons (district_id, id, name)
SELECT 371402, pg_temp.tb_id(n), 'person ' || n FROM generate_series(8, 9) AS n;
INSERT INTO users (district_id, id, person_id)
SELECT 371402, pg_temp.tb_id(n), pg_temp.tb_id(n) FROM generate_series(8, 9) AS n;
CREATE FUNCTION pg_temp.tb_correct(n integer, record integer, becomes bigint) RETURNS text
LANGUAGE sql AS $$
    SELECT correct_record((371402, pg_temp.tb_id(n), pg_temp.tb_id(record), s.earned_minutes, becomes,
        'seen again', NULL, pg_temp.tb_id(8), pg_temp.tb_id(8), pg_temp.tb_at('2014-06-20 10:00'),
        now())::ledger_corrections)
    FROM service_record_states AS s WHERE s.record_id = pg_temp.tb_id(record)
$$;
CREATE FUNCTION pg_temp.tb_decide_correction(n integer, approved boolean) RETURNS text
LANGUAGE sql AS $$
    SELECT decide_correction(c, approved, 'talked to him', pg_temp.tb_id(9), pg_temp.tb_id(9),
                             pg_temp.tb_at('2014-06-21 10:00'))
    FROM ledger_corrections AS c WHERE c.id = pg_temp.tb_id(n)
$$;
CREATE FUNCTION pg_temp.tb_refusal(record integer, minutes bigint) RETURNS text LANGUAGE sql AS $$
    SELECT correction_refusal(371402, pg_temp.tb_id(record), minutes) ->> 'code'
$$;
CREATE FUNCTION pg_temp.tb_balances() RETURNS TABLE (posted bigint, earned bigint, floor bigint)
LANGUAGE sql AS $$
    SELECT b.posted, b.earned_minutes, b.floor_minutes FROM balances AS b ORDER BY b.account_id
$$;

-- One deposit of 90 for two records; the next week two visits are paid by holds of 50 and 40: the first took
-- 40, the second 60, of which 20 are an overrun.
SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 60, '2014-06-02');
SELECT pg_temp.tb_serve(102, 1, 3, '2014-06-03', 30, '2014-06-02');
SELECT pg_temp.tb_serve(103, 2, 3, '2014-06-04', 90, '2014-06-02');
SELECT is(pg_temp.tb_refusal(101, 30), 'record_not_booked', 'what is not booked is decided on');
SELECT pg_temp.tb_week('2014-06-02', 901);
SELECT pg_temp.tb_withdraw(201, 1, 2, 50);
SELECT pg_temp.tb_withdraw(202, 1, 2, 40);
SELECT pg_temp.tb_serve(104, 2, 3, '2014-06-10', 40, '2014-06-09', assignment => pg_temp.tb_id(201));
SELECT pg_temp.tb_serve(105, 2, 3, '2014-06-11', 60, '2014-06-09', assignment => pg_temp.tb_id(202));
SELECT pg_temp.tb_week('2014-06-09', 902);
SELECT results_eq('SELECT * FROM pg_temp.tb_balances()',
    $$VALUES (10::bigint, 90::bigint, 0::bigint), (190, 190, 0)$$, 'before any correction');

SELECT is(pg_temp.tb_refusal(101, 60), 'correction_changes_nothing', 'to the same minutes');
SELECT is(pg_temp.tb_refusal(101, 61), 'correction_over_attested', 'to more than was attested');
SELECT is(pg_temp.tb_refusal(101, 59), NULL, 'a minute less');
SELECT is(pg_temp.tb_correct(301, 104, 25), 'posted', 'a visit was shorter');
SELECT results_eq('SELECT * FROM pg_temp.tb_balances()',
    $$VALUES (25::bigint, 90::bigint, 0::bigint), (175, 175, 0)$$,
    'the payer has them back, and has earned no more by that');
SELECT results_eq($$SELECT kind, corrected_kind, minutes, hold_id = pg_temp.tb_id(201),
    record_id = pg_temp.tb_id(104), book_month FROM transfers
    WHERE correction_id = pg_temp.tb_id(301) ORDER BY kind DESC$$,
    $$VALUES ('reversal', 'capture', 40::bigint, true, true, '2014-06-01'::date),
             ('replacement', 'capture', 25, true, true, '2014-06-01')$$, 'mirror and replacement');
SELECT results_eq($$SELECT line_no, minutes, balance_minutes FROM passbook_lines
    WHERE account_id = pg_temp.tb_id(1) ORDER BY line_no$$,
    $$VALUES (1, 90::bigint, 90::bigint), (2, -40, 50), (3, -40, 10), (4, 40, 50), (5, -25, 25)$$,
    'both are lines of the payer''s book');
SELECT is(pg_temp.tb_correct(302, 105, 50), 'posted', 'ten minutes of an overrun');
SELECT results_eq('SELECT * FROM pg_temp.tb_balances()',
    $$VALUES (25::bigint, 90::bigint, 0::bigint), (165, 165, 0)$$, 'do not concern the payer');
SELECT is(pg_temp.tb_correct(303, 105, 30), 'posted', 'less than was held');
SELECT results_eq('SELECT * FROM pg_temp.tb_balances()',
    $$VALUES (35::bigint, 90::bigint, 0::bigint), (145, 145, 0)$$, 'the overrun goes first');
SELECT is(pg_temp.tb_correct(304, 105, 60), 'posted', 'and all of it after all');
SELECT results_eq('SELECT * FROM pg_temp.tb_balances()',
    $$VALUES (25::bigint, 90::bigint, 0::bigint), (175, 175, 0)$$,
    'the payer pays what he held, the rest is issued again');
SELECT results_eq($$SELECT root_kind, minutes FROM record_payments(371402, pg_temp.tb_id(105))
    ORDER BY 1$$, $$VALUES ('capture', 40::bigint), ('overrun', 20)$$, 'as at first');
SELECT is((SELECT verified_minutes FROM service_record_states WHERE record_id = pg_temp.tb_id(105)),
    60::bigint, 'the record stands for its last correction');

-- The 90 minutes of the deposit were spent but for 25; the record of 60 was never served.
SELECT is(pg_temp.tb_correct(305, 101, 0), 'awaiting_approval', 'spent minutes need an approval');
SELECT is((SELECT deficit_minutes FROM ledger_corrections_of(371402, ARRAY[pg_temp.tb_id(305)])),
    35::bigint, 'for what is missing');
SELECT results_eq('SELECT * FROM pg_temp.tb_balances()',
    $$VALUES (25::bigint, 90::bigint, 0::bigint), (175, 175, 0)$$, 'nothing has moved');
SELECT is(pg_temp.tb_refusal(101, 30), 'ledger_correction_open', 'one at a time');
SELECT is(pg_temp.tb_decide_correction(305, false), 'declined', 'declined');
SELECT results_eq('SELECT * FROM pg_temp.tb_balances()',
    $$VALUES (25::bigint, 90::bigint, 0::bigint), (175, 175, 0)$$, 'nothing has moved');
SELECT is(pg_temp.tb_refusal(101, 0), NULL, 'it may be decided again');
SELECT is(pg_temp.tb_correct(306, 101, 0), 'awaiting_approval', 'once more');
SELECT is(pg_temp.tb_decide_correction(306, true), 'posted', 'approved');
SELECT results_eq('SELECT * FROM pg_temp.tb_balances()',
    $$VALUES (-35::bigint, 30::bigint, -35::bigint), (175, 175, 0)$$, 'below zero, and no star for it');
SELECT results_eq($$SELECT kind, minutes FROM transfers
    WHERE correction_id = pg_temp.tb_id(306) ORDER BY kind DESC$$,
    $$VALUES ('reversal', 90::bigint), ('replacement', 30)$$, 'the other record stays paid');
SELECT is(pg_temp.tb_withdraw(203, 1, 2, 1), 'balance_insufficient', 'nothing is left to be spent');
SELECT is((SELECT ledger_correction_state(c) FROM ledger_corrections AS c
           WHERE c.id = pg_temp.tb_id(306)), 'posted', 'it is booked');

-- What is earned makes up for it before anything can be spent.
SELECT pg_temp.tb_serve(106, 1, 3, '2014-06-16', 20, '2014-06-16');
SELECT pg_temp.tb_week('2014-06-16', 903);
SELECT results_eq('SELECT * FROM pg_temp.tb_balances()',
    $$VALUES (-15::bigint, 50::bigint, -15::bigint), (175, 175, 0)$$, 'the floor comes up with it');
SELECT is(pg_temp.tb_withdraw(204, 1, 2, 1), 'balance_insufficient', 'still nothing to be spent');
SELECT pg_temp.tb_serve(107, 1, 3, '2014-06-24', 50, '2014-06-23');
SELECT pg_temp.tb_week('2014-06-23', 904);
SELECT results_eq('SELECT * FROM pg_temp.tb_balances()',
    $$VALUES (35::bigint, 100::bigint, 0::bigint), (175, 175, 0)$$, 'and is back at zero');
SELECT is(pg_temp.tb_withdraw(205, 1, 2, 36), 'balance_insufficient', 'above it is the limit');
SELECT is(pg_temp.tb_withdraw(206, 1, 2, 35), NULL, 'up to it all can be spent');

-- June adds up with what was corrected in it.
SELECT pg_temp.tb_week('2014-06-30', 905);
SELECT pg_temp.tb_month('2014-05-01', 906);
CREATE TEMP TABLE tried AS SELECT * FROM dry_settle_month(371402, '2014-06-01');
SELECT pg_temp.tb_month('2014-06-01', 907);
SELECT is((SELECT digest FROM tried), month_digest(371402, '2014-06-01'),
    'dry run and run seal the same');
SELECT results_eq($$SELECT deposited_minutes, withdrawn_minutes, corrected_minutes, closing_minutes,
    earned_minutes FROM month_statements ORDER BY account_id$$,
    $$VALUES (160::bigint, 80::bigint, -45::bigint, 35::bigint, 100::bigint),
             (190, 0, -15, 175, 175)$$, 'the statements of June');
SELECT results_eq($$SELECT issued_minutes, captured_minutes FROM region_statements
    WHERE region_code = 371402001001$$, $$VALUES (210::bigint, 65::bigint)$$,
    'what was corrected is not issued');
SELECT throws_ok($$UPDATE ledger_corrections SET minutes = 1$$, '23001', NULL,
    'a correction never changes');
SELECT * FROM finish();
ROLLBACK;
