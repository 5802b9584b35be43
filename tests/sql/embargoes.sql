-- Deposits that become available with the final notice of their quarter.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(34);

-- posted, embargoed, available
CREATE FUNCTION pg_temp.book(n integer) RETURNS bigint[] LANGUAGE sql AS $$
    SELECT ARRAY[posted, embargoed, available_minutes(b)] FROM balances AS b
    WHERE account_id = pg_temp.tb_id(n)
$$;

-- By default a deposit can be used at once.
SELECT ok(NOT is_embargoed(371402, '2014-06-02'), 'nothing is embargoed by default');
SELECT pg_temp.tb_rule('availability', '"after_notice"', '2014-06-09');
SELECT pg_temp.tb_rule('availability', '"on_verification"', '2014-07-14');
SELECT ok(is_embargoed(371402, '2014-06-09') AND NOT is_embargoed(371402, '2014-06-02'),
    'the rule of a week is that of its last day');
SELECT ok(NOT is_embargoed(371402, '1999-01-04'), 'a week that does not exist has no rule');
SELECT is(quarter_of(371402, '2014-06-01'), '2014-04-01'::date, 'June is of the second quarter');
SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 100, '2014-06-02');
SELECT pg_temp.tb_serve(102, 2, 3, '2014-06-02', 80, '2014-06-02');
SELECT pg_temp.tb_week('2014-06-02', 901);
SELECT is(pg_temp.book(1), ARRAY[100, 0, 100]::bigint[], 'available');

-- Whatever a week credits for service waits: deposits, what a hold pays, an overrun.
SELECT is(pg_temp.tb_withdraw(201, 1, 2, 90), NULL, 'a hold of 90');
SELECT pg_temp.tb_serve(103, 1, 3, '2014-06-09', 40, '2014-06-09');
SELECT pg_temp.tb_serve(104, 2, 3, '2014-06-10', 130, '2014-06-09',
                        assignment => pg_temp.tb_id(201));
SELECT freeze_week(371402, '2014-06-09', pg_temp.tb_at('2014-06-16 00:00'), '\x01');
SELECT pg_temp.tb_close('2014-06-09', 371402001001, pg_temp.tb_at('2014-06-17 10:00'));
CREATE TEMP TABLE tried AS SELECT * FROM dry_settle_week(371402, '2014-06-09');
CREATE TEMP TABLE done AS SELECT * FROM settle_week(371402, '2014-06-09',
    pg_temp.tb_at('2014-06-19 00:00'), pg_temp.tb_id(902));
SELECT is((SELECT digest FROM done), (SELECT digest FROM tried), 'dry run and run agree');
SELECT is(pg_temp.book(1), ARRAY[40, 40, 0]::bigint[], 'paid 100 of what was his, 40 wait');
SELECT is(pg_temp.book(2), ARRAY[210, 130, 80]::bigint[], 'captured 100 and overrun 30 wait');
SELECT results_eq('SELECT t.kind, e.minutes, e.quarter FROM embargoes AS e
    JOIN transfers AS t ON t.id = e.transfer_id ORDER BY e.minutes',
    $$VALUES ('overrun', 30::bigint, '2014-04-01'::date), ('deposit', 40, '2014-04-01'),
             ('capture', 100, '2014-04-01')$$, 'a row of each');
SELECT is(pg_temp.tb_withdraw(202, 1, 2, 1), 'balance_insufficient', 'nothing of it is held');
SELECT pg_temp.tb_pool(401);
SELECT is(pg_temp.tb_donate(402, 2, 401, 81, pg_temp.tb_at('2014-06-20 10:00')),
    'balance_insufficient', 'nor given away');
SELECT is(pg_temp.tb_donate(402, 2, 401, 80, pg_temp.tb_at('2014-06-20 10:00')), NULL,
    'what was available before is');
SELECT is(move_rest(371402, pg_temp.tb_id(403), pg_temp.tb_id(2), NULL,
                    pg_temp.tb_at('2014-06-20 10:01')), 0::bigint, 'nor does it lapse');

-- With a cap as well, what waits is above it until it is available.
SELECT pg_temp.tb_rule('storage_cap_minutes', '60', '2014-06-16');
SELECT pg_temp.tb_serve(105, 2, 3, '2014-06-16', 5, '2014-06-16');
SELECT pg_temp.tb_week('2014-06-16', 903);
SELECT is(pg_temp.book(2), ARRAY[135, 135, 0]::bigint[], 'nothing of it lapses');
SELECT pg_temp.tb_rule('storage_cap_minutes', '"none"', '2014-06-23');

-- A week of both quarters: each deposit waits for its own.
SELECT pg_temp.tb_serve(106, 1, 3, '2014-06-30', 7, '2014-06-30');
SELECT pg_temp.tb_serve(107, 1, 3, '2014-07-01', 11, '2014-06-30');
SELECT pg_temp.tb_week('2014-06-30', 904);
SELECT results_eq('SELECT quarter, sum(minutes)::bigint FROM embargoes
    WHERE account_id = pg_temp.tb_id(1) GROUP BY quarter ORDER BY quarter',
    $$VALUES ('2014-04-01'::date, 47::bigint), ('2014-07-01', 11)$$, 'by the book month');
SELECT pg_temp.tb_serve(108, 1, 3, '2014-07-14', 13, '2014-07-14');
SELECT pg_temp.tb_week('2014-07-07', 905);
SELECT pg_temp.tb_week('2014-07-14', 906);
SELECT is(pg_temp.book(1), ARRAY[71, 58, 13]::bigint[], 'a later rule leaves what waits as it is');

-- A reversed deposit waits no more: its own minutes are found, and not freed again.
CREATE TEMP TABLE reversed AS
SELECT id, embargoed_minutes(371402, id) AS minutes FROM transfers
WHERE kind = 'deposit' AND minutes = 7;
SELECT is((SELECT minutes FROM reversed), 7::bigint, 'what a correction takes out');
SELECT correct_record((371402, pg_temp.tb_id(501), pg_temp.tb_id(106), 7, 0, 'seen', NULL,
    pg_temp.tb_id(5), pg_temp.tb_id(5), pg_temp.tb_at('2014-07-25 10:00'), now()));
SELECT is(embargoed_minutes(371402, (SELECT id FROM reversed)), 0::bigint, 'once');
SELECT is(embargoed_minutes(371402, pg_temp.tb_id(402)), 0::bigint, 'a donation never was');
-- What replaces a waiting deposit waits for the same notice.
SELECT correct_record((371402, pg_temp.tb_id(502), pg_temp.tb_id(105), 5, 4, 'seen', NULL,
    pg_temp.tb_id(5), pg_temp.tb_id(5), pg_temp.tb_at('2014-07-25 10:00'), now()));
SELECT results_eq($$SELECT quarter, minutes FROM embargoes WHERE transfer_id IN
    (SELECT id FROM transfers WHERE kind = 'replacement')$$,
    $$VALUES ('2014-04-01'::date, 4::bigint)$$, 'a replacement waits as its deposit did');

-- The notice: drawn up, posted, final.
SELECT pg_temp.tb_month('2014-05-01', 910);
SELECT pg_temp.tb_month('2014-06-01', 911);
SELECT pg_temp.tb_quarter('2014-04-01', 912);
SELECT is(advance_notices(371402, pg_temp.tb_at('2014-07-20 10:00')), 0, 'it does not hang');
INSERT INTO notice_postings (district_id, id, number, region_code, place, posted_at, posted_by,
                             entered_by)
SELECT district_id, gen_random_uuid(), number, region_code, 'board',
       pg_temp.tb_at('2014-07-21 10:00'), pg_temp.tb_id(4), pg_temp.tb_id(4) FROM notice_pages;
SELECT is(advance_notices(371402, pg_temp.tb_at('2014-07-21 10:00')), 1, 'noticed');
SELECT is(pg_temp.book(2), ARRAY[134, 134, 0]::bigint[], 'nothing is free yet');
SELECT is(advance_notices(371402, pg_temp.tb_at('2014-07-28 23:59:59')), 0, 'not a second early');
SELECT is(advance_notices(371402, pg_temp.tb_at('2014-07-29 00:00')), 1, 'final');
SELECT is(pg_temp.book(2), ARRAY[134, 0, 134]::bigint[], 'free');
SELECT is(pg_temp.book(1), ARRAY[64, 11, 53]::bigint[], 'the next quarter''s wait on');
SELECT is(advance_notices(371402, pg_temp.tb_at('2014-07-29 00:01')), 0, 'once');
SELECT is(embargoed_minutes(371402, (SELECT transfer_id FROM embargoes WHERE minutes = 5)),
    0::bigint, 'after the notice a correction takes out nothing');
SELECT is((SELECT sum(embargoed) FROM balances), 11::numeric, 'all in all');
SELECT throws_ok('UPDATE embargoes SET minutes = 1', '23001', NULL, 'an embargo never changes');
SELECT throws_ok($$INSERT INTO embargoes (district_id, transfer_id, account_id, quarter, minutes)
    VALUES (371402, pg_temp.tb_id(402), pg_temp.tb_id(1), '2014-04-01', 0)$$, '23514',
    'new row for relation "embargoes" violates check constraint "embargoes__minutes_positive"',
    'nor is one of nothing');
SELECT throws_ok($$INSERT INTO embargoes (district_id, transfer_id, account_id, quarter, minutes)
    SELECT district_id, transfer_id, account_id, quarter, minutes FROM embargoes LIMIT 1$$, '23505',
    NULL, 'one a transfer');
SELECT * FROM finish();
ROLLBACK;
