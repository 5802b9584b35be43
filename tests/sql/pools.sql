-- Time pools: given to, held of, paying for a service, emptied; what somebody leaves behind.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(46);

SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 240, '2014-06-02');
SELECT pg_temp.tb_serve(102, 2, 3, '2014-06-03', 90, '2014-06-02');
SELECT pg_temp.tb_week('2014-06-02', 901);
SELECT pg_temp.tb_pool(401), pg_temp.tb_pool(402);
CREATE FUNCTION pg_temp.minutes_of(n integer) RETURNS bigint[] LANGUAGE sql AS $$
    SELECT ARRAY[posted, held, earned_minutes, line_no] FROM balances
    WHERE account_id = pg_temp.tb_id(n)
$$;

-- Donations: available minutes only.
SELECT is(pg_temp.tb_donate(501, 1, 401, 241, pg_temp.tb_at('2014-06-12 10:00')),
    'balance_insufficient', 'a minute more than there is');
SELECT is(pg_temp.tb_withdraw(201, 1, 2, 40), NULL, 'forty are held');
SELECT is(pg_temp.tb_donate(501, 1, 401, 201, pg_temp.tb_at('2014-06-12 10:00')),
    'balance_insufficient', 'what is held is not given away');
SELECT is(pg_temp.tb_donate(501, 1, 401, 150, pg_temp.tb_at('2014-06-12 10:00')), NULL, 'given');
SELECT is(pg_temp.minutes_of(1), ARRAY[90, 40, 240, 2]::bigint[],
    'one line; what was earned stays');
SELECT is(pg_temp.minutes_of(401), ARRAY[150, 0, 0, 0]::bigint[],
    'received, not earned, and no line');
SELECT results_eq('SELECT line_no, minutes, balance_minutes FROM passbook_lines
    WHERE transfer_id = pg_temp.tb_id(501)', $$VALUES (2, -150::bigint, 90::bigint)$$,
    'the line with the balance after it');
SELECT results_eq('SELECT kind, region_code, book_week, book_month FROM transfers
    WHERE id = pg_temp.tb_id(501)',
    $$VALUES ('donation', 371402001001, NULL::date, '2014-06-01'::date)$$,
    'booked in the month of its day');
SELECT is(pg_temp.tb_donate(502, 1, 401, 50, pg_temp.tb_at('2014-06-12 10:01')), NULL,
    'all that is left');
SELECT is(pg_temp.tb_donate(503, 1, 401, 1, pg_temp.tb_at('2014-06-12 10:02')),
    'balance_insufficient', 'then nothing');
UPDATE passbooks SET state = 'lost' WHERE id = pg_temp.tb_id(2);
SELECT is(pg_temp.tb_donate(504, 2, 401, 1, pg_temp.tb_at('2014-06-12 10:03')),
    'passbook_not_open', 'a lost book gives nothing');
UPDATE passbooks SET state = 'open' WHERE id = pg_temp.tb_id(2);
UPDATE time_pools SET closed_on = '2014-06-12', close_reason = 'merged'
WHERE id = pg_temp.tb_id(402);
SELECT is(pg_temp.tb_donate(505, 2, 402, 1, pg_temp.tb_at('2014-06-12 10:04')),
    'time_pool_closed', 'a closed pool takes nothing');
SELECT is(move_rest(371402, pg_temp.tb_id(506), pg_temp.tb_id(2), pg_temp.tb_id(402),
                    pg_temp.tb_at('2014-06-12 10:05')), NULL, 'nor what is left behind');

-- Each rule of the tables, broken once.
CREATE FUNCTION pg_temp.donation(changes text) RETURNS text LANGUAGE sql AS $$
    SELECT 'INSERT INTO donations SELECT (jsonb_populate_record(d, ''{"id":
        "00000000-0000-7000-8000-000000000599"}''::jsonb || ' || quote_literal(changes)
        || '::jsonb)).* FROM donations AS d WHERE id = pg_temp.tb_id(501)'
$$;
SELECT throws_ok(pg_temp.donation(v.changes), '23514',
    'new row for relation "donations" violates check constraint "donations__' || v.rule || '"', v.rule)
FROM (VALUES ('minutes_in_range', '{"minutes": 0}'), ('minutes_in_range', '{"minutes": 5256001}'),
             ('via', '{"via": "letter", "method": "paper", "document": "x"}'),
             ('method', '{"method": "code", "witness_id":
               "00000000-0000-7000-8000-000000000003"}'), ('consent', '{"via": "counter"}'),
             ('consent', '{"method": "paper"}'),
             ('consent', '{"method": "verbal", "document": "x"}'),
             ('witness_is_third', '{"method": "verbal",
               "witness_id": "00000000-0000-7000-8000-000000000001"}')) AS v(rule, changes);
SELECT throws_ok(pg_temp.donation('{"minutes": 2}'), '23505',
    'duplicate key value violates unique constraint "donations__transfer_once"', 'one a transfer');
SELECT throws_ok('UPDATE donations SET minutes = 1', '23001', NULL, 'a donation never changes');
SELECT throws_ok($$UPDATE time_pools SET closed_on = '2014-06-12'
    WHERE id = pg_temp.tb_id(401)$$, '23514', NULL, 'a pool is not closed without a reason');
SELECT throws_ok($$UPDATE time_pools SET closed_on = '2014-05-14', close_reason = 'x'
    WHERE id = pg_temp.tb_id(401)$$, '23514', NULL, 'nor before it was opened');
SELECT throws_ok($$INSERT INTO time_pools (district_id, id, account_id, region_code, name, purpose,
    opened_on) SELECT district_id, gen_random_uuid(), pg_temp.tb_id(1), region_code, name, purpose,
    opened_on FROM time_pools WHERE id = pg_temp.tb_id(401)$$, '23505',
    'duplicate key value violates unique constraint "time_pools__name_taken"',
    'one open pool of a name');
SELECT lives_ok($$INSERT INTO time_pools (district_id, id, account_id, region_code, name, purpose,
    opened_on) SELECT district_id, gen_random_uuid(), pg_temp.tb_id(2), region_code, name, purpose,
    opened_on FROM time_pools WHERE id = pg_temp.tb_id(402)$$, 'a closed one''s name is free');
SELECT throws_ok($$INSERT INTO time_pools (district_id, id, account_id, region_code, name, purpose,
    opened_on) SELECT district_id, gen_random_uuid(), account_id, region_code, 'other', purpose,
    opened_on FROM time_pools WHERE id = pg_temp.tb_id(401)$$, '23505',
    'duplicate key value violates unique constraint "time_pools__account_once"',
    'each has its own account');
DELETE FROM time_pools WHERE account_id = pg_temp.tb_id(2);

-- Holds of a pool: as many as fit, voided, and captured with an overrun by the week's settlement.
SELECT is(pg_temp.tb_pool_pays(601, 401, 2, 120), NULL, 'the pool holds');
SELECT is(pg_temp.tb_pool_pays(602, 401, 2, 81), 'balance_insufficient', 'not more than it has');
SELECT is(pg_temp.tb_pool_pays(603, 401, 2, 80), NULL, 'to the last minute');
SELECT is(void_hold(371402, pg_temp.tb_id(603), pg_temp.tb_at('2014-06-12 12:00')), NULL, 'voided');
SELECT is(pg_temp.minutes_of(401), ARRAY[200, 120, 0, 0]::bigint[], 'and given back');
SELECT pg_temp.tb_serve(103, 2, 3, '2014-06-13', 230, '2014-06-09',
                        assignment => pg_temp.tb_id(601));
SELECT freeze_week(371402, '2014-06-09', pg_temp.tb_at('2014-06-16 00:00'), '\x01');
SELECT pg_temp.tb_close('2014-06-09', 371402001001, pg_temp.tb_at('2014-06-17 10:00'));
CREATE TEMP TABLE tried AS SELECT * FROM dry_settle_week(371402, '2014-06-09');
CREATE TEMP TABLE done AS SELECT * FROM settle_week(371402, '2014-06-09',
    pg_temp.tb_at('2014-06-19 00:00'), pg_temp.tb_id(902));
SELECT is((SELECT digest FROM done), (SELECT digest FROM tried), 'dry run and run agree');
SELECT results_eq('SELECT kind, minutes FROM transfers WHERE record_id = pg_temp.tb_id(103)
    ORDER BY kind', $$VALUES ('capture', 200::bigint), ('overrun', 30)$$,
    'the pool pays what it has, the rest is issued');
SELECT is(pg_temp.minutes_of(401), ARRAY[0, 0, 0, 0]::bigint[], 'the pool is empty, without a line');
SELECT is(pg_temp.minutes_of(2), ARRAY[320, 0, 320, 3]::bigint[], 'who served is credited in full');
SELECT is((SELECT count(*) FROM passbook_lines WHERE account_id = pg_temp.tb_id(401)), 0::bigint,
    'a pool has no lines');

-- What is left behind: available minutes only, to a pool or the sink.
SELECT is(move_rest(371402, pg_temp.tb_id(507), pg_temp.tb_id(1), NULL,
                    pg_temp.tb_at('2014-06-20 10:00')), 0::bigint, 'held minutes stay');
SELECT is(void_hold(371402, pg_temp.tb_id(201), pg_temp.tb_at('2014-06-20 10:01')), NULL, 'freed');
SELECT is(move_rest(371402, pg_temp.tb_id(507), pg_temp.tb_id(1), NULL,
                    pg_temp.tb_at('2014-06-20 10:02')), 40::bigint, 'the rest lapses');
SELECT is(move_rest(371402, pg_temp.tb_id(508), pg_temp.tb_id(2), pg_temp.tb_id(401),
                    pg_temp.tb_at('2014-06-20 10:03')), 320::bigint, 'or goes to a pool');

-- The month's and the quarter's totals.
SELECT pg_temp.tb_month('2014-05-01', 910);
SELECT pg_temp.tb_month('2014-06-01', 911);
SELECT results_eq('SELECT deposited_minutes, withdrawn_minutes, donated_minutes, retired_minutes,
    closing_minutes, earned_minutes FROM month_statements WHERE book_month = ''2014-06-01''
    ORDER BY volunteer_id',
    $$VALUES (240::bigint, 0::bigint, 200::bigint, 40::bigint, 0::bigint, 240::bigint),
             (320, 0, 320, 0, 0, 320)$$, 'what was given is told');
SELECT results_eq('SELECT donated_minutes, captured_minutes, issued_minutes, passbooks, closing_minutes
    FROM region_statements WHERE book_month = ''2014-06-01'' AND region_code = 371402001001',
    $$VALUES (520::bigint, 200::bigint, 360::bigint, 2::bigint, 0::bigint)$$,
    'of the community too, with what the pool paid; a pool is no passbook');
SELECT pg_temp.tb_quarter('2014-04-01', 912);
SELECT results_eq('SELECT deposited_minutes, donated_minutes, corrected_minutes, closing_minutes
    FROM notice_lines ORDER BY volunteer_number',
    $$VALUES (240::bigint, 200::bigint, -40::bigint, 0::bigint), (320, 320, 0, 0)$$,
    'and in the notice');
SELECT is((SELECT sum(posted) FROM balances), 320::numeric, 'the pool has it');
SELECT * FROM finish();
ROLLBACK;
