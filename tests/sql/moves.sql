-- Passbooks between two districts: sealed, out and in, once; each rule of the table broken once.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
\ir story/two_districts.sql
SELECT plan(34);

CREATE FUNCTION pg_temp.book(district integer, n integer) RETURNS bigint[] LANGUAGE sql AS $$
    SELECT ARRAY[posted, earned_minutes, line_no] FROM balances
    WHERE district_id = district AND account_id = pg_temp.tb_id(n)
$$;
INSERT INTO star_awards (district_id, id, volunteer_id, star, award_year, awarded_on, kind, evidence)
VALUES (371403, gen_random_uuid(), pg_temp.tb_id(9), 2, 2013, '2013-12-31', 'opening', 'x');

UPDATE balances SET floor_minutes = 1 WHERE account_id = pg_temp.tb_id(9);
SELECT is(pg_temp.tb_out(820, 371403, 9, 371402, pg_temp.tb_at('2014-07-12 10:00'))
          -> 'refused' ->> 'code', 'passbook_in_use', 'a book with a floor stays');
UPDATE balances SET floor_minutes = 0, pending_in = 1 WHERE account_id = pg_temp.tb_id(9);
SELECT is(pg_temp.tb_out(820, 371403, 9, 371402, pg_temp.tb_at('2014-07-12 10:00'))
          -> 'refused' -> 'args' ->> 'pending_minutes', '1', 'and one with something pending');
UPDATE balances SET pending_in = 0, embargoed = 2 WHERE account_id = pg_temp.tb_id(9);
SELECT is(pg_temp.tb_out(820, 371403, 9, 371402, pg_temp.tb_at('2014-07-12 10:00'))
          -> 'refused' -> 'args' ->> 'embargoed_minutes', '2', 'and one that waits for a notice');
UPDATE balances SET embargoed = 0 WHERE account_id = pg_temp.tb_id(9);
CREATE TEMP TABLE told AS
SELECT pg_temp.tb_out(820, 371403, 9, 371402, pg_temp.tb_at('2014-07-12 10:00')) AS statement;
SELECT is(pg_temp.book(371403, 9), ARRAY[0, 500, 2]::bigint[], 'out with a line');
SELECT is((SELECT state FROM passbooks WHERE district_id = 371403 AND id = pg_temp.tb_id(9)),
    'closed', 'and closed');
SELECT results_eq('SELECT a.kind, a.region_code, t.minutes FROM transfers AS t
    JOIN accounts AS a ON a.id = t.credit_account_id WHERE t.kind = ''clearing''',
    $$VALUES ('clearing', 371403000000, 500::bigint)$$, 'to the one clearing account');
SELECT is(move_seal(371403, move_bytes(pg_temp.tb_id(820), 371403, 371402, '3714039', 'person 1',
                                       500, 500, 2, '2014-07-12')),
    (SELECT statement ->> 'seal' FROM told), 'the seal is of what is told');
SELECT isnt(move_seal(371402, move_bytes(pg_temp.tb_id(820), 371403, 371402, '3714039', 'person 1',
                                         500, 500, 2, '2014-07-12')),
    (SELECT statement ->> 'seal' FROM told), 'with the key of the sender only');
SELECT is(move_seal(371499, ''), NULL, 'a district that is not here seals nothing');

SELECT is(pg_temp.tb_in(statement, 371402, 2, 830, pg_temp.tb_at('2014-07-13 10:00')),
    'move_seal_invalid', 'another name') FROM told;
SELECT is(pg_temp.tb_in(statement || '{"minutes": 501}', 371402, 1, 830,
                        pg_temp.tb_at('2014-07-13 10:00')), 'move_seal_invalid', 'a minute more')
FROM told;
SELECT is(pg_temp.tb_in(statement || '{"star": 3}', 371402, 1, 830,
                        pg_temp.tb_at('2014-07-13 10:00')), 'move_seal_invalid', 'another star')
FROM told;
SELECT is(pg_temp.tb_in(statement, 371402, 1, 830, pg_temp.tb_at('2014-07-13 10:00')), NULL,
    'accepted') FROM told;
SELECT is(pg_temp.tb_in(statement, 371402, 1, 840, pg_temp.tb_at('2014-07-13 10:00')), 'move_known',
    'once') FROM told;
SELECT is(pg_temp.book(371402, 1), ARRAY[500, 500, 1]::bigint[], 'minutes, and what was earned');
SELECT is(awarded_star(371402, pg_temp.tb_id(1), '2014-07-13'), 2, 'and the star');
SELECT is((SELECT count(*) FROM transfers WHERE kind = 'clearing' AND district_id = 371402),
    1::bigint, 'one transfer here');
SELECT is((SELECT count(DISTINCT id) FROM passbook_moves), 1::bigint, 'both sides have one id');

CREATE FUNCTION pg_temp.move(changes text) RETURNS text LANGUAGE sql AS $$
    SELECT 'INSERT INTO passbook_moves SELECT (jsonb_populate_record(m, ''{"id":
        "00000000-0000-7000-8000-000000000899"}''::jsonb || ' || quote_literal(changes)
        || '::jsonb)).* FROM passbook_moves AS m WHERE district_id = 371402'
$$;
SELECT throws_ok(pg_temp.move(v.changes), '23514',
    'new row for relation "passbook_moves" violates check constraint "passbook_moves__'
        || v.rule || '"', v.rule)
FROM (VALUES ('direction', '{"direction": "back", "other_passbook_number": null}'),
             ('other_is_other', '{"other_district": 371402}'),
             ('names_sender', '{"other_passbook_number": null}'),
             ('minutes_not_negative', '{"earned_minutes": -1}'), ('star', '{"star": 6}'),
             ('transfers_what_moves', '{"minutes": 0}')) AS v(rule, changes);
SELECT throws_ok($$INSERT INTO passbook_moves SELECT (jsonb_populate_record(m, '{"id":
    "00000000-0000-7000-8000-000000000899"}')).* FROM passbook_moves AS m
    WHERE district_id = 371403$$, '23505', NULL, 'a book leaves once');
SELECT throws_ok('UPDATE passbook_moves SET star = 0', '23001', NULL, 'a move never changes');

-- What the proofs of the ledger say of it, and after an owner's edit of either district. I02 and I10 are those that
-- know of moves (tests/sql/reconcile.sql has all, in one district).
\set I02 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I02.sql`
\set I10 `cat $(test -e sql/reconcile && echo sql || echo ../sql)/reconcile/I10.sql`
CREATE TEMP TABLE invariant (name text PRIMARY KEY, query text);
INSERT INTO invariant VALUES ('I02', :'I02'), ('I10', :'I10');
CREATE FUNCTION pg_temp.after_edit(invariant_name text, edit text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    body text := (SELECT query FROM invariant WHERE name = invariant_name);
    seen bigint;
BEGIN
    BEGIN
        ALTER TABLE passbook_moves DISABLE TRIGGER USER;
        EXECUTE edit;
        EXECUTE 'SELECT count(*) FROM (' || body || ') AS v' INTO seen USING NULL::integer;
        RAISE EXCEPTION USING ERRCODE = 'TB000', MESSAGE = seen::text;
    EXCEPTION WHEN SQLSTATE 'TB000' THEN
        RETURN seen;
    END;
END
$$;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT is(pg_temp.after_edit(name, 'SELECT 1'), 0::bigint, name || ' is silent on sound books')
FROM invariant ORDER BY name;
SELECT is(pg_temp.after_edit('I02', 'DELETE FROM passbook_moves WHERE direction = ''in'''), 1::bigint,
    'I02: earned elsewhere, without the statement');
SELECT ok(pg_temp.after_edit('I10', v.edit) > 0, 'I10: ' || v.what)
FROM (VALUES ('UPDATE passbook_moves SET minutes = minutes - 1', 'less than was moved'),
             ('UPDATE passbook_moves SET star = 5 WHERE direction = ''in''', 'a star on the way'),
             ('DELETE FROM passbook_moves WHERE direction = ''out''', 'taken over, and never let go'),
             ('DELETE FROM passbook_moves WHERE direction = ''in''', 'cleared without a move'),
             ('UPDATE passbooks SET state = ''open'' WHERE id = pg_temp.tb_id(9)',
              'a book that left and is open')) AS v(edit, what);
SELECT * FROM finish();
ROLLBACK;
