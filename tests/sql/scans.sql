-- Scans: each rule of their tables broken once, and evidence that nobody changes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(12);
SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 60, '2014-06-02');

CREATE FUNCTION pg_temp.scan(hash bytea, type text, bytes bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO scans (district_id, sha256, media_type, bytes, uploaded_by, uploaded_at)
    SELECT 371402, hash, type, bytes, id, '2014-05-15 11:00+08' FROM users
    WHERE district_id = 371402 ORDER BY id LIMIT 1
$$;
CREATE FUNCTION pg_temp.sign(record uuid, how text, hash bytea) RETURNS void LANGUAGE sql AS $$
    INSERT INTO attestations (district_id, id, record_id, attester_id, capacity, method, minutes,
                              scan_sha256, entered_by, attested_at)
    SELECT district_id, gen_random_uuid(), record, pg_temp.tb_id(2), capacity, how, minutes, hash, entered_by,
           attested_at
    FROM attestations WHERE district_id = 371402 LIMIT 1
$$;

SELECT lives_ok($$SELECT pg_temp.scan(sha256('a'), 'image/png', 5242880)$$, '5 MiB is a scan');
SELECT throws_like($$SELECT pg_temp.scan(sha256('b'), 'image/png', 5242881)$$, '%scans__bytes%',
    'a byte more is none');
SELECT throws_like($$SELECT pg_temp.scan(sha256('b'), 'image/png', 0)$$, '%scans__bytes%', 'nor is nothing');
SELECT throws_like($$SELECT pg_temp.scan(sha256('b'), 'image/gif', 1)$$, '%scans__media_type%',
    'nor another type');
SELECT throws_like($$SELECT pg_temp.scan('\x00', 'image/png', 1)$$, '%scans__sha256%',
    'a name is a whole hash');
SELECT throws_like($$SELECT pg_temp.scan(sha256('a'), 'image/png', 1)$$, '%scans_pkey%', 'once in a district');
SELECT throws_like(
    $$SELECT pg_temp.sign((SELECT min(record_id::text)::uuid FROM attestations), 'code', sha256('a'))$$,
    '%attestations__scan_on_paper%', 'a code has no scan');
SELECT throws_like(
    $$SELECT pg_temp.sign((SELECT min(record_id::text)::uuid FROM attestations), 'paper', sha256('c'))$$,
    '%attestations__scan"%', 'a signature names a scan that is there');

SELECT throws_like($$UPDATE scans SET bytes = 1$$, '%insert-only%', 'a scan is never changed');
SELECT throws_like($$DELETE FROM scan_uploads$$, '%insert-only%', 'nor who brought it');
SELECT ok(NOT has_table_privilege('timebank_service', 'scans', 'UPDATE')
          AND NOT has_table_privilege('timebank_service', 'scans', 'DELETE'),
    'the service may not either');
SELECT ok(NOT has_table_privilege('timebank_service', 'scan_uploads', 'UPDATE')
          AND NOT has_table_privilege('timebank_service', 'scan_uploads', 'DELETE'),
    'nor change who brought one');
SELECT * FROM finish();
ROLLBACK;
