-- Every query of the reconciliation is silent on sound books and speaks after an owner's edit.
-- Run from the root of the source or from tests/.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
CREATE TEMP TABLE invariant (name text PRIMARY KEY, query text);
\set I01 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I01.sql`
\set I02 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I02.sql`
\set I03 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I03.sql`
\set I04 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I04.sql`
\set I05 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I05.sql`
\set I06 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I06.sql`
\set I07 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I07.sql`
\set I08 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I08.sql`
\set I09 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I09.sql`
\set I10 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I10.sql`
\set I11 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I11.sql`
\set I12 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I12.sql`
\set I13 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I13.sql`
\set I15 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I15.sql`
\set I16 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I16.sql`
INSERT INTO invariant VALUES ('I01', :'I01'), ('I02', :'I02'), ('I03', :'I03'), ('I04', :'I04'),
    ('I05', :'I05'), ('I06', :'I06'), ('I07', :'I07'), ('I08', :'I08'), ('I09', :'I09'),
    ('I10', :'I10'), ('I11', :'I11'), ('I12', :'I12'), ('I13', :'I13'), ('I15', :'I15'),
    ('I16', :'I16');

-- The violations that a query finds, of one district and of all alike.
CREATE FUNCTION pg_temp.violations(invariant_name text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    body text := (SELECT query FROM invariant WHERE name = invariant_name);
    of_one bigint;
    of_all bigint;
BEGIN
    EXECUTE 'SELECT count(*) FROM (' || body || ') AS v' INTO of_one USING 371402;
    EXECUTE 'SELECT count(*) FROM (' || body || ') AS v' INTO of_all USING NULL::integer;
    RETURN CASE WHEN of_one = of_all THEN of_one ELSE -1 END;
END
$$;

-- What the owner of the tables can always do: no triggers, no foreign keys.
CREATE FUNCTION pg_temp.drop_guards() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    guard record;
BEGIN
    FOR guard IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
                 WHERE contype = 'f' AND connamespace = 'public'::regnamespace LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', guard.name, guard.conname);
    END LOOP;
    FOR guard IN SELECT DISTINCT tgrelid::regclass AS name FROM pg_trigger
                 WHERE NOT tgisinternal LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', guard.name);
    END LOOP;
END
$$;

-- What such an edit makes of an invariant; the edit is undone.
CREATE FUNCTION pg_temp.after_edit(invariant_name text, VARIADIC edits text[]) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    edit text;
    seen bigint;
BEGIN
    BEGIN
        PERFORM pg_temp.drop_guards();
        FOREACH edit IN ARRAY edits LOOP
            EXECUTE edit;
        END LOOP;
        seen := pg_temp.violations(invariant_name);
        RAISE EXCEPTION USING ERRCODE = 'TB000', MESSAGE = seen::text;
    EXCEPTION WHEN SQLSTATE 'TB000' THEN
        RETURN seen;
    END;
END
$$;

SELECT plan(109);

-- Four settled weeks with deposits, of which one retires what is above a cap and one embargoes, one frozen; one hold
-- captured, two open, one voided; two corrections, one with a deficit; a pool that was given to and holds; what was
-- left lapsed; two settled months and their quarter, with an objection and the final revision.
SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 60, '2014-06-02');
SELECT pg_temp.tb_serve(102, 1, 3, '2014-06-03', 90, '2014-06-02');
SELECT pg_temp.tb_serve(103, 2, 3, '2014-06-03', 240, '2014-06-02');
SELECT pg_temp.tb_serve(104, 1, 6, '2014-06-04', 30, '2014-06-02');
SELECT freeze_week(371402, '2014-06-02', pg_temp.tb_at('2014-06-09 00:00'), '\x01');
SELECT pg_temp.tb_close('2014-06-02', 371402001001, pg_temp.tb_at('2014-06-10 10:00'));
SELECT settle_week(371402, '2014-06-02', pg_temp.tb_at('2014-06-12 00:00'), pg_temp.tb_id(901));
SELECT pg_temp.tb_withdraw(201, 1, 2, 50);
SELECT pg_temp.tb_withdraw(202, 2, 1, 40);
SELECT pg_temp.tb_withdraw(203, 1, 2, 20);
SELECT void_hold(371402, pg_temp.tb_id(203), pg_temp.tb_at('2014-06-12 09:00'));
SELECT pg_temp.tb_pool(401);
SELECT pg_temp.tb_donate(402, 2, 401, 60, pg_temp.tb_at('2014-06-12 10:00'));
SELECT pg_temp.tb_pool_pays(403, 401, 2, 45);
SELECT move_rest(371402, pg_temp.tb_id(404), pg_temp.tb_id(1), NULL,
                 pg_temp.tb_at('2014-06-12 11:00'));
SELECT pg_temp.tb_serve(105, 2, 3, '2014-06-12', 50, '2014-06-09',
                        assignment => pg_temp.tb_id(201));
SELECT pg_temp.tb_serve(106, 1, 3, '2014-06-13', 70, '2014-06-09');
SELECT freeze_week(371402, '2014-06-09', pg_temp.tb_at('2014-06-16 00:00'), '\x01');
SELECT pg_temp.tb_close('2014-06-09', 371402001001, pg_temp.tb_at('2014-06-17 10:00'));
SELECT pg_temp.tb_decide(104, 'accept', 30, '2014-06-09', pg_temp.tb_at('2014-06-17 11:00'));
SELECT settle_week(371402, '2014-06-09', pg_temp.tb_at('2014-06-19 00:00'), pg_temp.tb_id(902));
-- A visit was shorter; and of a record some minutes are taken back that are held already.
INSERT INTO persons (district_id, id, name)
SELECT 371402, pg_temp.tb_id(n), 'person ' || n FROM generate_series(8, 9) AS n;
INSERT INTO users (district_id, id, person_id)
SELECT 371402, pg_temp.tb_id(n), pg_temp.tb_id(n) FROM generate_series(8, 9) AS n;
SELECT correct_record((371402, pg_temp.tb_id(401), pg_temp.tb_id(105), 50, 20, 'seen', NULL,
    pg_temp.tb_id(8), pg_temp.tb_id(8), pg_temp.tb_at('2014-06-20 10:00'), now()));
SELECT pg_temp.tb_withdraw(204, 2, 1, posted - held) FROM balances
WHERE account_id = pg_temp.tb_id(2);
SELECT correct_record((371402, pg_temp.tb_id(402), pg_temp.tb_id(103), 240, 200, 'seen', NULL,
    pg_temp.tb_id(8), pg_temp.tb_id(8), pg_temp.tb_at('2014-06-20 10:00'), now()));
SELECT decide_correction(c, true, 'known', pg_temp.tb_id(9), pg_temp.tb_id(9),
                         pg_temp.tb_at('2014-06-20 11:00'))
FROM ledger_corrections AS c WHERE c.id = pg_temp.tb_id(402);
SELECT pg_temp.tb_serve(107, 1, 3, '2014-06-17', 15, '2014-06-16');
SELECT freeze_week(371402, '2014-06-16', pg_temp.tb_at('2014-06-23 00:00'), '\x01');
SELECT pg_temp.tb_rule('storage_cap_minutes', '60', '2014-06-16');
SELECT pg_temp.tb_close('2014-06-16', 371402001001, pg_temp.tb_at('2014-06-24 10:00'));
SELECT settle_week(371402, '2014-06-16', pg_temp.tb_at('2014-06-26 00:00'), pg_temp.tb_id(906));
SELECT pg_temp.tb_week('2014-06-23', 907);
SELECT pg_temp.tb_rule('availability', '"after_notice"', '2014-06-30');
SELECT pg_temp.tb_serve(109, 1, 3, '2014-07-01', 35, '2014-06-30');
SELECT pg_temp.tb_week('2014-06-30', 908);
SELECT freeze_week(371402, '2014-07-07', pg_temp.tb_at('2014-07-14 00:00'), '\x01');
SELECT pg_temp.tb_team(301, ARRAY[101, 102]);
SELECT pg_temp.tb_month('2014-05-01', 903);
SELECT pg_temp.tb_month('2014-06-01', 904);
SELECT pg_temp.tb_quarter('2014-04-01', 905);
-- An objection to the notice is upheld, its revision final.
INSERT INTO notice_postings (district_id, id, number, region_code, place, posted_at, posted_by,
                             entered_by)
VALUES (371402, pg_temp.tb_id(501), '371402-2014Q2-1', 371402001001, 'gate',
        pg_temp.tb_at('2014-07-12 09:00'), pg_temp.tb_id(4), pg_temp.tb_id(7));
SELECT file_objection((371402, NULL, pg_temp.tb_id(501), l.number, NULL, l.line_code, NULL, 'less',
    '\x00', NULL, 'web', NULL, pg_temp.tb_at('2014-07-13 09:00'), NULL, now()))
FROM notice_lines AS l WHERE l.account_id = pg_temp.tb_id(1);
SELECT decide_objection(o, 'upheld', 'seen', jsonb_build_array(jsonb_build_object('record_id',
    pg_temp.tb_id(102), 'minutes', 80)), pg_temp.tb_id(8), pg_temp.tb_id(8),
    pg_temp.tb_at('2014-07-14 09:00')) FROM objections AS o;
SELECT advance_notices(371402, pg_temp.tb_at('2014-07-14 10:00'));
INSERT INTO notice_postings (district_id, id, number, region_code, place, posted_at, posted_by,
                             entered_by)
SELECT district_id, pg_temp.tb_id(502), '371402-2014Q2-2', region_code, place,
       pg_temp.tb_at('2014-07-15 09:00'), posted_by, entered_by FROM notice_postings;
SELECT advance_notices(371402, pg_temp.tb_at('2014-07-23 00:00'));
SELECT pg_temp.tb_serve(108, 2, 3, '2014-07-15', 25, '2014-07-14');

SET CONSTRAINTS ALL IMMEDIATE;
SELECT is(pg_temp.violations(name), 0::bigint, name || ' is silent on sound books')
FROM invariant ORDER BY name;

SELECT ok(pg_temp.after_edit('I01', 'ALTER TABLE transfers DROP CONSTRAINT transfers__two_accounts',
    'UPDATE transfers SET debit_account_id = credit_account_id WHERE kind = ''capture''') > 0,
    'I01: both sides one account');
SELECT ok(pg_temp.after_edit('I01',
    'UPDATE transfers SET debit_account_id = gen_random_uuid()') > 0,
    'I01: an account that does not exist');
SELECT ok(pg_temp.after_edit('I02', 'UPDATE balances SET posted = posted + 1') > 0,
    'I02: a minute given away');
SELECT ok(pg_temp.after_edit('I02', 'UPDATE transfers SET minutes = minutes + 1') > 0,
    'I02: a transfer edited');
SELECT ok(pg_temp.after_edit('I02',
    'UPDATE balances SET earned_minutes = earned_minutes + 6000') > 0,
    'I02: a star given away');
CREATE FUNCTION pg_temp.rounding(record integer, minutes integer) RETURNS text LANGUAGE sql AS $$
    SELECT format('INSERT INTO roundings (district_id, record_id, account_id, book_week, book_month,
        minutes, rounded_at) VALUES (371402, %L, %L, ''2014-06-02'', ''2014-06-01'', %s, now())',
        pg_temp.tb_id(record), pg_temp.tb_id(1), minutes)
$$;
SELECT ok(pg_temp.after_edit('I02', pg_temp.rounding(101, 5)) > 0, 'I02: a rounding that nobody earned');
SELECT ok(pg_temp.after_edit('I09', pg_temp.rounding(101, 5)) > 0, 'I09: a rounding added');
SELECT ok(pg_temp.after_edit('I12', pg_temp.rounding(101, 5)) > 0, 'I12: a rounding of none');
SELECT ok(pg_temp.after_edit('I12', 'UPDATE periods SET credit_step_minutes = 60
    WHERE grain = ''week'' AND begin_date = ''2014-06-02''') > 0, 'I12: roundings that are missing');
SELECT ok(pg_temp.after_edit('I03', 'UPDATE balances SET held = 0') > 0, 'I03: a hold forgotten');
SELECT ok(pg_temp.after_edit('I03', 'UPDATE balances SET pending_in = pending_in + 1') > 0,
    'I03: pending minutes without a record');
SELECT ok(pg_temp.after_edit('I03', 'UPDATE balances SET embargoed = 1
    WHERE floor_minutes = 0') > 0, 'I03: an embargo');
SELECT ok(pg_temp.after_edit('I03', 'UPDATE balances SET embargoed = 0') > 0,
    'I03: deposits freed before their notice');
SELECT is(pg_temp.after_edit('I03', 'DELETE FROM embargoes'), 1::bigint,
    'I03: an embargo without its row');
SELECT ok(pg_temp.after_edit('I03', 'UPDATE periods
    SET state = ''final'', frozen_at = now(), settled_at = now(), digest = ''''
    WHERE grain = ''quarter'' AND begin_date = ''2014-07-01''') > 0, 'I03: a final notice that frees nothing');
SELECT ok(pg_temp.after_edit('I03', 'UPDATE embargoes SET minutes = minutes + 1',
    'UPDATE balances SET embargoed = embargoed + 1 WHERE embargoed > 0') > 0,
    'I03: more embargoed than was credited');
SELECT ok(pg_temp.after_edit('I03', 'UPDATE embargoes SET quarter = ''2014-04-01''') > 0,
    'I03: embargoed for another quarter');
SELECT ok(pg_temp.after_edit('I03', 'INSERT INTO transfers (district_id, id, debit_account_id,
    credit_account_id, minutes, kind, region_code, book_month, reverses_id, correction_id,
    corrected_kind, posted_at)
    SELECT t.district_id, gen_random_uuid(), t.credit_account_id, t.debit_account_id, t.minutes,
    ''reversal'', t.region_code, ''2014-07-01'', t.id, pg_temp.tb_id(401), t.kind, now()
    FROM transfers AS t JOIN embargoes AS e ON e.transfer_id = t.id') > 0,
    'I03: reversed, and still embargoed');
SELECT ok(pg_temp.after_edit('I04', 'ALTER TABLE balances DROP CONSTRAINT balances__floor',
    'UPDATE balances SET held = posted + 1') > 0, 'I04: below the floor');
SELECT ok(pg_temp.after_edit('I04', 'UPDATE balances SET floor_minutes = floor_minutes - 1
    WHERE floor_minutes < 0') > 0, 'I04: a floor deeper than was approved');
SELECT ok(pg_temp.after_edit('I04', 'DELETE FROM ledger_deficits') > 0,
    'I04: a deficit that nobody approved');
SELECT ok(pg_temp.after_edit('I04', 'UPDATE balances SET posted = posted + 1
    WHERE floor_minutes < 0') > 0, 'I04: a floor that did not come up');
SELECT is(pg_temp.after_edit('I04', 'INSERT INTO badge_movements (district_id, id, kind, star, quantity,
    from_region, to_region, moved_on, reason, moved_by, entered_by, moved_at)
    SELECT 371402, gen_random_uuid(), kind, 2, quantity, from_region, to_region, ''2014-06-01'', ''x'',
    pg_temp.tb_id(5), pg_temp.tb_id(7), now() FROM (VALUES
    (''receive'', 5, NULL, 371402000000), (''transfer'', 5, 371402000000, 371402001000),
    (''lost'', 6, 371402001000, NULL)) AS v (kind, quantity, from_region, to_region)'), 1::bigint,
    'I04: more badges lost than there were');
SELECT ok(pg_temp.after_edit('I05', 'UPDATE passbook_lines SET line_no = 99
    WHERE line_no = (SELECT max(line_no) FROM passbook_lines)') > 0, 'I05: a gap');
SELECT ok(pg_temp.after_edit('I05', 'UPDATE passbook_lines SET balance_minutes = balance_minutes + 1
    WHERE line_no = 1') > 0, 'I05: a running balance edited');
SELECT ok(pg_temp.after_edit('I05', 'DELETE FROM passbook_lines WHERE line_no = 2') > 0,
    'I05: a line torn out');
SELECT ok(pg_temp.after_edit('I05', 'UPDATE balances SET line_no = line_no + 1') > 0,
    'I05: a line that was never printed');
SELECT is(pg_temp.after_edit('I05', 'INSERT INTO passbook_lines SELECT district_id,
    credit_account_id, 1, id, minutes, minutes FROM transfers WHERE kind = ''donation'''), 1::bigint,
    'I05: a line of a pool');
SELECT ok(pg_temp.after_edit('I06', 'UPDATE transfers SET kind = ''deposit''
    WHERE kind = ''capture''') > 0,
    'I06: a captured hold without its transfer');
SELECT ok(pg_temp.after_edit('I06', 'UPDATE holds SET state = ''voided'', captured_minutes = NULL
    WHERE state = ''captured''') > 0, 'I06: a voided hold with a transfer');
SELECT ok(pg_temp.after_edit('I06', 'ALTER TABLE holds DROP CONSTRAINT holds__one_of_assignment',
    'UPDATE holds SET assignment_id = (SELECT max(assignment_id::text)::uuid FROM holds)') > 0,
    'I06: two holds of one assignment');
SELECT ok(pg_temp.after_edit('I07', 'INSERT INTO transfers (district_id, id, debit_account_id,
    credit_account_id, minutes, kind, region_code, book_month, reverses_id, correction_id,
    corrected_kind, posted_at)
    SELECT district_id, gen_random_uuid(), debit_account_id, credit_account_id, minutes,
    ''reversal'', region_code, ''2014-07-01'', id, pg_temp.tb_id(401), ''deposit'', now()
    FROM transfers WHERE kind = ''replacement''') > 0,
    'I07: a reversal in the direction of its original');
SELECT ok(pg_temp.after_edit('I07', 'DROP INDEX transfers__reversed_once',
    'INSERT INTO transfers (district_id, id, debit_account_id, credit_account_id, minutes, kind,
    region_code, book_month, reverses_id, correction_id, corrected_kind, posted_at)
    SELECT district_id, gen_random_uuid(), credit_account_id, debit_account_id, minutes,
    ''reversal'', region_code, ''2014-07-01'', id, pg_temp.tb_id(401), ''deposit'', now()
    FROM transfers, generate_series(1, 2) WHERE kind = ''replacement''') > 0, 'I07: reversed twice');
SELECT ok(pg_temp.after_edit('I07', 'DELETE FROM transfers WHERE kind = ''reversal''
    AND corrected_kind = ''deposit''') > 0, 'I07: replaced beside what still stands');
SELECT ok(pg_temp.after_edit('I07', 'DROP INDEX transfers__replaced_once',
    'UPDATE transfers SET replaces_id = (SELECT replaces_id FROM transfers
    WHERE kind = ''replacement'' LIMIT 1) WHERE kind = ''replacement''') > 0,
    'I07: a transfer replaced twice');
SELECT ok(pg_temp.after_edit('I07', 'UPDATE ledger_correction_postings SET minutes = minutes + 1') > 0,
    'I07: a record that stands for more than was decided');
SELECT ok(pg_temp.after_edit('I07', 'UPDATE transfers SET minutes = minutes + 1
    WHERE kind = ''replacement'' AND corrected_kind = ''capture''') > 0,
    'I07: a replacement of other minutes');
SELECT ok(pg_temp.after_edit('I08', 'UPDATE registrations SET registered_at = ''2014-07-01''
    WHERE book_week = ''2014-06-02''') > 0, 'I08: registered into a frozen week');
SELECT ok(pg_temp.after_edit('I08', 'UPDATE registrations SET book_week = ''2015-06-01''') > 0,
    'I08: registered into a week that does not exist');
SELECT ok(pg_temp.after_edit('I08', 'UPDATE periods SET frozen_at = ''2014-06-11''
    WHERE grain = ''month'' AND begin_date = ''2014-06-01''') > 0,
    'I08: a transfer in a frozen month');
SELECT ok(pg_temp.after_edit('I08', 'UPDATE decisions SET decided_at = ''2014-07-01''') > 0,
    'I08: decided after the settlement');
SELECT ok(pg_temp.after_edit('I08', 'UPDATE decisions SET decision = ''return'', minutes = 0,
    before_freeze = true') > 0, 'I08: a decision on a frozen week disguised as an early return');
SELECT is(pg_temp.after_edit('I08', 'DELETE FROM objection_decisions'), 1::bigint,
    'I08: a final quarter with an open case');
SELECT is(pg_temp.after_edit('I08', 'UPDATE objection_decisions SET decided_at = ''2014-08-01'''),
    1::bigint, 'I08: a case decided after the quarter was final');
SELECT ok(pg_temp.after_edit('I09', 'UPDATE transfers SET minutes = minutes + 1
    WHERE kind = ''capture''') > 0, 'I09: a transfer of a sealed week');
SELECT ok(pg_temp.after_edit('I09', 'UPDATE periods SET digest = sha256('''')
    WHERE grain = ''week'' AND digest IS NOT NULL') > 0, 'I09: the digest of a week');
SELECT ok(pg_temp.after_edit('I09', 'UPDATE month_statements SET earned_minutes = earned_minutes + 1
    WHERE book_month = ''2014-06-01''') > 0, 'I09: a statement of a sealed month');
SELECT ok(pg_temp.after_edit('I09', 'UPDATE region_statements SET volunteers = volunteers + 1
    WHERE region_code = 371402001000') > 0, 'I09: a subdistrict''s total');
SELECT ok(pg_temp.after_edit('I09', 'DELETE FROM team_statements') > 0, 'I09: a team''s total');
SELECT is(pg_temp.after_edit('I09', 'UPDATE transfers SET replaces_id = NULL, corrected_kind = ''overrun''
    WHERE kind = ''replacement'' AND corrected_kind = ''capture'''), 1::bigint,
    'I09: what a correction replaced');
SELECT is(pg_temp.after_edit('I09', 'UPDATE periods SET digest = sha256('''')
    WHERE grain = ''month'' AND begin_date = ''2014-05-01'''), 2::bigint,
    'I09: the digest of a month breaks the next one too');
SELECT is(pg_temp.after_edit('I09', 'ALTER TABLE notice_lines DROP CONSTRAINT notice_lines__add_up',
    'UPDATE notice_lines SET closing_minutes = closing_minutes + 1 WHERE index = 0'), 2::bigint,
    'I09: a line of a notice');
SELECT ok(pg_temp.after_edit('I09', 'UPDATE notice_lines SET salt = substr(sha256(salt), 1, 16)') > 0,
    'I09: the salt of a line');
SELECT ok(pg_temp.after_edit('I09', 'UPDATE notice_pages SET root = sha256(root)') > 0,
    'I09: the root of a page');
SELECT ok(pg_temp.after_edit('I09', 'UPDATE public_notices SET root = sha256(root)') > 0,
    'I09: the root of a notice');
SELECT ok(pg_temp.after_edit('I09', 'UPDATE public_notices SET previous_digest = sha256('''')') > 0,
    'I09: the notice before');
SELECT is(pg_temp.after_edit('I09', 'UPDATE periods SET digest = sha256(digest)
    WHERE grain = ''quarter'' AND digest IS NOT NULL'), 1::bigint, 'I09: the digest of a quarter');
SELECT is(pg_temp.after_edit('I09', 'DELETE FROM notice_lines', 'DELETE FROM notice_pages',
    'DELETE FROM public_notices'), 1::bigint, 'I09: a quarter without its notice');
SELECT ok(pg_temp.after_edit('I10', 'UPDATE balances SET posted = posted + 1') > 0,
    'I10: minutes that nobody issued');
SELECT ok(pg_temp.after_edit('I09', 'UPDATE transfers SET minutes = minutes + 1
    WHERE kind = ''retirement'' AND book_week = ''2014-06-16''') > 0,
    'I09: a retirement of a sealed week');
SELECT ok(pg_temp.after_edit('I10', 'DELETE FROM transfers WHERE kind = ''retirement''') > 0,
    'I10: what lapsed forgotten');
SELECT ok(pg_temp.after_edit('I10', 'DELETE FROM transfers WHERE kind = ''deposit''') > 0,
    'I10: an issue forgotten');
SELECT ok(pg_temp.after_edit('I10', 'UPDATE transfers SET region_code = 371402001002
    WHERE kind = ''deposit''') > 0, 'I10: issued by one community for another');
SELECT ok(pg_temp.after_edit('I02', 'UPDATE balances SET posted = posted - 1
    WHERE account_id = pg_temp.tb_id(401)') > 0, 'I02: a minute taken from a pool');
SELECT ok(pg_temp.after_edit('I03', 'UPDATE balances SET held = held - 1
    WHERE account_id = pg_temp.tb_id(401)') > 0, 'I03: a minute of a pool''s hold');
SELECT ok(pg_temp.after_edit('I10', 'DROP INDEX accounts__one_of_region',
    'UPDATE accounts SET kind = v.kind FROM (VALUES ' || v.kinds
    || ') AS v(was, kind) WHERE accounts.kind = v.was') > 0, 'I10: ' || v.what)
FROM (VALUES ('(''pool'', ''sink'')', 'given to a sink'),
             ('(''sink'', ''pool'')', 'lapsed into a pool'),
             ('(''issuance'', ''clearing'')', 'deposited without being issued')) AS v(kinds, what);
SELECT ok(pg_temp.after_edit('I10', 'UPDATE balances SET posted = posted - 10
    WHERE account_id = pg_temp.tb_id(401)') > 0, 'I10: a pool''s inflow lost');
SELECT ok(pg_temp.after_edit('I11', 'UPDATE donations SET minutes = minutes + 1') > 0,
    'I11: more donated than was moved');
SELECT ok(pg_temp.after_edit('I11', 'UPDATE donations SET transfer_id = pg_temp.tb_id(404)') > 0,
    'I11: the donation of another transfer');
SELECT ok(pg_temp.after_edit('I11',
    'INSERT INTO idempotency_keys (district_id, actor, key, operation,
    fingerprint, batch_id, contract_version, subject_id, completed) VALUES (371402, ''a'', ''k'',
    ''createOpeningBalance'', '''', gen_random_uuid(), ''0'', gen_random_uuid()::text, true)') > 0,
    'I11: a stored success without its transfer');
SELECT is(pg_temp.after_edit('I11', 'DELETE FROM ledger_corrections',
    'INSERT INTO idempotency_keys (district_id, actor, key, operation, fingerprint, batch_id,
    contract_version, subject_id, completed) SELECT 371402, ''a'', o, o, '''', gen_random_uuid(), ''0'',
    pg_temp.tb_id(402)::text, true FROM (VALUES (''createLedgerCorrection''),
    (''decideLedgerCorrection'')) AS v (o)', 'DELETE FROM ledger_correction_postings'), 2::bigint,
    'I11: stored corrections that nothing shows');
-- A sheet of one line, the record 101 of 60 minutes, under a key.
CREATE TEMP TABLE sheet_edit AS SELECT ARRAY[
    'INSERT INTO idempotency_keys (district_id, actor, key, operation,
    fingerprint, batch_id, contract_version, subject_id, completed) VALUES (371402, ''a'', ''s'',
    ''createServiceSheet'', '''', gen_random_uuid(), ''0'', pg_temp.tb_id(601)::text, true)',
    'INSERT INTO service_sheets (district_id, id, region_code, sheet_number, category_code,
    recipient_kind, place, content, service_date, attestation, registrar_id, lines_count, minutes,
    entered_by, entered_at) VALUES (371402, pg_temp.tb_id(601), 371402001001, ''S'',
    ''companionship'', ''public'', ''p'', ''c'', ''2014-06-02'', ''{}'', pg_temp.tb_id(5), 1, 60,
    pg_temp.tb_id(7), now())',
    'INSERT INTO service_sheet_lines VALUES (371402, pg_temp.tb_id(601), 1, pg_temp.tb_id(101))']
    AS edits;
SELECT is(pg_temp.after_edit('I11', VARIADIC edits), 0::bigint, 'I11: a sheet with its line')
FROM sheet_edit;
SELECT ok(pg_temp.after_edit('I11', VARIADIC edits[:2]) > 0, 'I11: a sheet without its line')
FROM sheet_edit;
SELECT ok(pg_temp.after_edit('I11', VARIADIC
              edits || 'UPDATE service_sheets SET minutes = minutes + 1'::text) > 0,
    'I11: a sheet of another total')
FROM sheet_edit;
SELECT ok(pg_temp.after_edit('I12', 'UPDATE month_statements
    SET deposited_minutes = deposited_minutes + 1, closing_minutes = closing_minutes + 1') > 0,
    'I12: a statement with a minute more');
SELECT ok(pg_temp.after_edit('I12', 'DELETE FROM month_statements
    WHERE account_id = pg_temp.tb_id(2)') > 0, 'I12: a statement torn out');
SELECT ok(pg_temp.after_edit('I12', 'UPDATE team_statements SET records = records - 1') > 0,
    'I12: a team with a record less');
SELECT ok(pg_temp.after_edit('I12', 'UPDATE region_statements SET record_minutes = 0') > 0,
    'I12: what a community organised');
SELECT ok(pg_temp.after_edit('I12', 'UPDATE region_statements SET closing_minutes = 0') > 0,
    'I12: what a community''s passbooks hold');
SELECT ok(pg_temp.after_edit('I12', 'UPDATE service_records SET team_id = NULL') > 0,
    'I12: a record taken from its team');
SELECT is(pg_temp.after_edit('I12', 'ALTER TABLE notice_lines DROP CONSTRAINT notice_lines__add_up',
    'UPDATE notice_lines SET closing_minutes = closing_minutes + 1 WHERE number LIKE ''%-1'''), 4::bigint,
    'I12: lines that do not close as their months, nor as the revision goes on');
SELECT is(pg_temp.after_edit('I12', 'DELETE FROM notice_corrections'), 1::bigint,
    'I12: a revised line without its correction');
SELECT ok(pg_temp.after_edit('I13', 'CREATE TABLE stray (id uuid PRIMARY KEY)') > 0,
    'I13: a key without the district');
SELECT ok(pg_temp.after_edit('I13', 'CREATE TABLE stray (district_id integer NOT NULL, id uuid,
    other integer, UNIQUE (district_id, id),
    FOREIGN KEY (other, id) REFERENCES persons (district_id, id))') > 0,
    'I13: a reference into another district');
SELECT ok(pg_temp.after_edit('I15', 'UPDATE registrations SET registrar_id = pg_temp.tb_id(1)
    WHERE volunteer_id = pg_temp.tb_id(1)') > 0, 'I15: the server registered');
SELECT ok(pg_temp.after_edit('I15',
    'UPDATE worklist_closes SET verifier_id = pg_temp.tb_id(5)') > 0,
    'I15: the registrar closed the week');
SELECT ok(pg_temp.after_edit('I15', 'UPDATE ledger_corrections SET decided_by = pg_temp.tb_id(4)') > 0,
    'I15: the verifier corrected');
SELECT ok(pg_temp.after_edit('I16', 'DELETE FROM time_claims
    WHERE record_id = pg_temp.tb_id(101)') > 0,
    'I16: a living record without its claim');
SELECT ok(pg_temp.after_edit('I16',
    'ALTER TABLE time_claims DROP CONSTRAINT time_claims__no_overlap',
    'UPDATE time_claims SET during = ''[2014-06-01,2014-07-01)''') > 0, 'I16: overlapping claims');
SELECT ok(pg_temp.after_edit('I16', 'INSERT INTO voids (district_id, record_id, reason, voided_by,
    entered_by, voided_at) VALUES (371402, pg_temp.tb_id(108), ''x'', pg_temp.tb_id(5),
    pg_temp.tb_id(7), now())') > 0, 'I16: the claim of a voided record');
SELECT ok(pg_temp.after_edit('I16', 'DELETE FROM assignment_claims') > 0,
    'I16: a living record without its assignment');
SELECT ok(pg_temp.after_edit('I16', 'UPDATE assignment_claims SET record_id = pg_temp.tb_id(106)') > 0,
    'I16: an assignment held by a record of none');
SELECT * FROM finish();
ROLLBACK;
