-- Orders to settle and what came of them are evidence with few words.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(6);
INSERT INTO settlement_orders (district_id, id, grain, dry_run, ordered_by, ordered_at)
VALUES (371402, pg_temp.tb_id(801), 'week', false, pg_temp.tb_id(7), now());
INSERT INTO settlement_order_results (district_id, order_id, outcome, steps, finished_at)
VALUES (371402, pg_temp.tb_id(801), 'done', '[]', now());
SELECT throws_ok($$INSERT INTO settlement_orders (district_id, id, grain, dry_run, ordered_by,
    ordered_at) VALUES (371402, pg_temp.tb_id(802), 'day', false, pg_temp.tb_id(7), now())$$,
    '23514', NULL, 'settlement_orders__grain');
SELECT throws_ok($$INSERT INTO settlement_order_results (district_id, order_id, outcome, steps,
    finished_at) VALUES (371402, pg_temp.tb_id(801), 'waiting', '[]', now())$$,
    '23514', NULL, 'settlement_order_results__outcome');
SELECT throws_ok($$INSERT INTO settlement_order_results (district_id, order_id, outcome, steps,
    finished_at) VALUES (371402, pg_temp.tb_id(801), 'busy', '[]', now())$$,
    '23505', NULL, 'one result an order');
SELECT throws_ok($$INSERT INTO settlement_order_results (district_id, order_id, outcome, steps,
    finished_at) VALUES (371402, pg_temp.tb_id(803), 'done', '[]', now())$$,
    '23503', NULL, 'a result of an order');
SELECT throws_ok('DELETE FROM settlement_orders', '23001', NULL, 'orders stay');
SELECT throws_ok('UPDATE settlement_order_results SET outcome = ''failed''', '23001', NULL,
    'results stay');
SELECT * FROM finish();
ROLLBACK;
