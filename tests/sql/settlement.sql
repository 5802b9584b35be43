-- The story of three weeks: registered, frozen, closed, settled; carried; captured and overrun.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(46);

-- Week 1: four clean records, one of them in the other community, and one at the same address.
SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 60, '2014-06-02');
SELECT pg_temp.tb_serve(102, 1, 3, '2014-06-03', 90, '2014-06-02');
SELECT pg_temp.tb_serve(103, 2, 3, '2014-06-03', 240, '2014-06-02');
SELECT pg_temp.tb_serve(104, 1, 6, '2014-06-04', 30, '2014-06-02');
SELECT pg_temp.tb_serve(105, 2, 3, '2014-05-31', 45, '2014-06-02');

SELECT is_empty($$SELECT *
    FROM freeze_week(371402, '2014-06-02', pg_temp.tb_at('2014-06-08 23:59:59'), NULL)$$,
    'a week does not freeze before Sunday 24:00');
SELECT results_eq($$SELECT records, flagged, communities
    FROM freeze_week(371402, '2014-06-02', pg_temp.tb_at('2014-06-09 00:00'), '\x01')$$,
    $$VALUES (5::bigint, 1::bigint, 1::bigint)$$, 'freezing flags and makes the worklist');
SELECT is_empty($$SELECT *
    FROM freeze_week(371402, '2014-06-02', pg_temp.tb_at('2014-06-09 00:01'), NULL)$$,
    'freezing twice does nothing');
SELECT results_eq('SELECT record_id, rule FROM record_flags',
    $$VALUES (pg_temp.tb_id(104), 'same_address')$$,
    'the neighbour of the same address is flagged');
SELECT is((SELECT count(*) FROM worklist_records(371402, '2014-06-02', 371402001001)
    WHERE is_drawn),
    1::bigint, 'of four clean records one is drawn');
SELECT is((SELECT count(*) FROM worklist_records(371402, '2014-06-02', 371402001001)
    WHERE is_drawn AND flags <> '{}'), 0::bigint, 'a flagged one is never drawn');

CREATE TEMP TABLE digest AS SELECT worklist_digest(371402, '2014-06-02', 371402001001) AS before;
INSERT INTO voids (district_id, record_id, reason, voided_by, entered_by, voided_at)
VALUES (371402, pg_temp.tb_id(105), 'typed twice', pg_temp.tb_id(5), pg_temp.tb_id(7), now());
UPDATE balances SET pending_in = pending_in - 45 WHERE account_id = pg_temp.tb_id(2);
DELETE FROM time_claims WHERE record_id = pg_temp.tb_id(105);
SELECT isnt(worklist_digest(371402, '2014-06-02', 371402001001), (SELECT before FROM digest),
    'a voided record changes the worklist''s digest');

SELECT is_empty($$SELECT * FROM verified_records(371402, '2014-06-02')$$,
    'nothing is verified before the close');
SELECT pg_temp.tb_close('2014-06-02', 371402001001, pg_temp.tb_at('2014-06-10 10:00'));
SELECT pg_temp.tb_decide(102, 'reduce', 80, '2014-06-02', pg_temp.tb_at('2014-06-10 11:00'));
SELECT set_eq('SELECT record_id, minutes FROM verified_records(371402, ''2014-06-02'')',
    $$VALUES (pg_temp.tb_id(101), 60::bigint), (pg_temp.tb_id(102), 80),
        (pg_temp.tb_id(103), 240)$$,
    'the close accepts the clean ones, a decision goes before it');
SELECT results_eq('SELECT record_id, reason FROM undecided_records(371402, ''2014-06-02'')',
    $$VALUES (pg_temp.tb_id(104), 'not_decided')$$, 'the flagged one waits for a decision');

SELECT is_empty($$SELECT *
    FROM settle_week(371402, '2014-06-02', pg_temp.tb_at('2014-06-11 23:59:59'),
                     pg_temp.tb_id(901))$$,
    'a week does not settle before Wednesday 24:00');
CREATE TEMP TABLE tried AS SELECT * FROM dry_settle_week(371402, '2014-06-02');
CREATE TEMP TABLE done AS
SELECT * FROM settle_week(371402, '2014-06-02', pg_temp.tb_at('2014-06-12 00:00'),
                          pg_temp.tb_id(901));
SELECT results_eq('SELECT records, deposits, captures, minutes, carried FROM done',
    $$VALUES (3::bigint, 2::bigint, 0::bigint, 380::bigint, 1::bigint)$$,
    'the run tells what it did');
SELECT is((SELECT digest FROM done), (SELECT digest FROM tried),
    'the dry run gave the same digest');
SELECT is((SELECT digest FROM periods WHERE begin_date = '2014-06-02' AND grain = 'week'),
    (SELECT digest FROM tried), 'the week is sealed with it');
SELECT is_empty($$SELECT *
    FROM settle_week(371402, '2014-06-02', pg_temp.tb_at('2014-06-12 00:01'), pg_temp.tb_id(902))$$,
    'settling twice does nothing');
SELECT results_eq('SELECT posted, pending_in, earned_minutes, line_no FROM balances
    ORDER BY account_id',
    $$VALUES (140::bigint, 30::bigint, 140::bigint, 1), (240, 0, 240, 1)$$,
    'balances: deposited once, the undecided stays pending');
SELECT results_eq('SELECT account_id, line_no, minutes, balance_minutes FROM passbook_lines
    ORDER BY 1, 2',
    $$VALUES (pg_temp.tb_id(1), 1, 140::bigint, 140::bigint), (pg_temp.tb_id(2), 1, 240, 240)$$,
    'one line a volunteer, community and month');
SELECT is((SELECT count(*) FROM transfers WHERE substr(id::text, 15, 1) <> '8'), 0::bigint,
    'settlement ids are derived ones');
SELECT results_eq('SELECT record_id, from_week, to_week, reason FROM carries',
    $$VALUES (pg_temp.tb_id(104), '2014-06-02'::date, '2014-06-09'::date, 'not_decided')$$,
    'the undecided one is carried into the next open week');
SELECT results_eq('SELECT type FROM events ORDER BY sequence',
    $$VALUES ('week.frozen'), ('week.settled')$$, 'each step leaves its event');
SELECT is((SELECT count(*) FROM audit), 2::bigint, 'and its audit row');

-- Week 2: 104 again; a withdrawal of 60 that takes 50; one of 100 that takes 260, more than he has.
SELECT is(pg_temp.tb_withdraw(201, 1, 2, 141), 'balance_insufficient',
    'no hold beyond the balance');
SELECT is(place_hold(371402, gen_random_uuid(), pg_temp.tb_id(1), pg_temp.tb_id(201), 60, now(),
    NULL),
    NULL, 'the same assignment with less is held');
SELECT is(place_hold(371402, gen_random_uuid(), pg_temp.tb_id(1), pg_temp.tb_id(201), 1, now(),
    NULL),
    'assignment_has_hold', 'one hold an assignment');
SELECT is(pg_temp.tb_withdraw(202, 2, 1, 100), NULL, 'the other one holds too');
SELECT is(pg_temp.tb_withdraw(203, 1, 1, 10), 'payer_is_server', 'nobody pays himself');
SELECT is(pg_temp.tb_withdraw(204, 1, 2, 70), NULL, 'a third is held');
SELECT is(pg_temp.tb_withdraw(205, 1, 2, 11), 'balance_insufficient', 'all holds count');
SELECT results_eq('SELECT held FROM balances ORDER BY account_id', $$VALUES (130::bigint), (100)$$,
    'held minutes');
SELECT is(void_hold(371402, pg_temp.tb_id(204), now()), NULL, 'a hold is voided');
SELECT is(void_hold(371402, pg_temp.tb_id(204), now()), 'hold_is_closed', 'but once');
SELECT is(pg_temp.tb_withdraw(206, 1, 2, 20), NULL, 'a hold nobody will serve');

SELECT pg_temp.tb_serve(106, 2, 3, '2014-06-12', 50, '2014-06-09',
                        assignment => pg_temp.tb_id(201));
SELECT pg_temp.tb_serve(107, 1, 3, '2014-06-13', 260, '2014-06-09',
                        assignment => pg_temp.tb_id(202));
SELECT pg_temp.tb_serve(108, 2, 3, '2014-06-14', 15, '2014-06-09', 371402001002);
SELECT is(expire_holds(371402, pg_temp.tb_at('2014-07-01 00:00')), 1::bigint,
    'only the unserved hold expires');
SELECT is((SELECT state FROM holds WHERE assignment_id = pg_temp.tb_id(206)), 'expired', 'it did');
SELECT results_eq($$SELECT records, flagged, communities
    FROM freeze_week(371402, '2014-06-09', pg_temp.tb_at('2014-06-16 00:00'), '\x01')$$,
    $$VALUES (4::bigint, 2::bigint, 2::bigint)$$, 'the carried record is in the next worklist');
SELECT results_eq('SELECT record_id, rule FROM record_flags ORDER BY 1',
    $$VALUES (pg_temp.tb_id(104), 'same_address'), (pg_temp.tb_id(108), 'outside_region')$$,
    'a recipient from elsewhere is flagged');
SELECT pg_temp.tb_close('2014-06-09', 371402001001, pg_temp.tb_at('2014-06-17 10:00'));
SELECT pg_temp.tb_decide(104, 'accept', 30, '2014-06-09', pg_temp.tb_at('2014-06-17 11:00'));
CREATE TEMP TABLE tried_2 AS SELECT * FROM dry_settle_week(371402, '2014-06-09');
CREATE TEMP TABLE done_2 AS
SELECT * FROM settle_week(371402, '2014-06-09', pg_temp.tb_at('2014-06-19 00:00'),
                          pg_temp.tb_id(903));
SELECT results_eq('SELECT records, deposits, captures, minutes, carried FROM done_2',
    $$VALUES (3::bigint, 1::bigint, 2::bigint, 340::bigint, 1::bigint)$$, 'captures and a deposit');
SELECT is((SELECT digest FROM done_2), (SELECT digest FROM tried_2), 'the same digest again');
SELECT results_eq($$SELECT kind, debit_account_id = pg_temp.tb_id(2), minutes FROM transfers
    WHERE record_id = pg_temp.tb_id(107) ORDER BY kind$$,
    $$VALUES ('capture', true, 240::bigint), ('overrun', false, 20)$$,
    'the payer pays the hold and what he had available, the rest is issued');
SELECT results_eq('SELECT state, captured_minutes FROM holds
    WHERE assignment_id IN (pg_temp.tb_id(201), pg_temp.tb_id(202)) ORDER BY assignment_id',
    $$VALUES ('captured', 50::bigint), ('captured', 100)$$, 'the holds are captured');
SELECT results_eq('SELECT posted, held, pending_in, earned_minutes FROM balances
    ORDER BY account_id',
    $$VALUES (380::bigint, 0::bigint, 0::bigint, 430::bigint), (50, 0, 15, 290)$$,
    'both are credited in full, the rest of the hold is released');
SELECT results_eq('SELECT record_id, reason FROM carries WHERE from_week = ''2014-06-09''',
    $$VALUES (pg_temp.tb_id(108), 'not_closed')$$,
    'a community without a close carries everything');
SELECT is_empty('SELECT account_id FROM passbook_lines l
    WHERE balance_minutes <> (SELECT sum(minutes) FROM passbook_lines e
    WHERE e.account_id = l.account_id AND e.line_no <= l.line_no)',
    'each line has the balance after it');

-- A month that is not open any more: booked in the oldest open one, as its own deposit.
UPDATE periods SET state = 'frozen', frozen_at = pg_temp.tb_at('2014-06-19 00:00')
WHERE grain = 'month' AND begin_date = '2014-05-01';
SELECT pg_temp.tb_serve(109, 1, 3, '2014-05-20', 25, '2014-06-16');
SELECT pg_temp.tb_serve(110, 1, 3, '2014-07-01', 35, '2014-06-16');
SELECT freeze_week(371402, '2014-06-16', pg_temp.tb_at('2014-06-23 00:00'), NULL);
SELECT pg_temp.tb_close('2014-06-16', 371402001001, pg_temp.tb_at('2014-06-24 10:00'));
SELECT settle_week(371402, '2014-06-16', pg_temp.tb_at('2014-06-26 00:00'), pg_temp.tb_id(904));
SELECT results_eq($$SELECT book_month, minutes FROM transfers WHERE book_week = '2014-06-16'
    ORDER BY 1$$,
    $$VALUES ('2014-06-01'::date, 25::bigint), ('2014-07-01', 35)$$,
    'a service of a closed month counts in the oldest open one');
SELECT is(booking_month(371402, '2014-06-30'), '2014-06-01'::date,
    'its own month while that is open');

-- A week with nothing in it settles too, and a trial in a read-only transaction takes no lock.
SELECT freeze_week(371402, '2014-06-23', pg_temp.tb_at('2014-06-30 00:00'), NULL);
UPDATE installation SET standing_clock = pg_temp.tb_at('2014-07-03 00:00');
SELECT results_eq($$SELECT records, minutes, carried FROM settle_week(371402, '2014-06-23',
    NULL, pg_temp.tb_id(905))$$,
    $$VALUES (0::bigint, 0::bigint, 1::bigint)$$, 'by the standing clock, with only a carry in it');
SELECT * FROM finish();
ROLLBACK;
