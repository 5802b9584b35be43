-- Idempotency keys are kept 30 days, of their own district.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\set forget `cat $(test -e sql/settlement && echo sql || echo ../sql)/settlement/forget_keys.sql`
PREPARE forget AS :forget;
SELECT plan(2);

INSERT INTO districts (district_id, name, time_zone, founded_on)
VALUES (371402, '德城区', 'Asia/Shanghai', '2014-01-01'), (371403, '陵城区', 'Asia/Shanghai', '2014-01-01');
INSERT INTO idempotency_keys (district_id, actor, key, operation, fingerprint, batch_id,
                              contract_version, recorded_at)
SELECT d, 'public', k, 'x', '\x00', gen_random_uuid(), '1', now() - age
FROM (VALUES (371402, 'old', interval '30 days 1 second'),
             (371402, 'young', interval '29 days 23 hours'),
             (371403, 'other', interval '31 days')) AS v(d, k, age);

SELECT results_eq('EXECUTE forget(371402)', ARRAY[1::bigint], 'one is over 30 days');
SELECT set_eq('SELECT key FROM idempotency_keys', ARRAY['young', 'other'],
    'younger ones and those of other districts stay');
SELECT * FROM finish();
ROLLBACK;
