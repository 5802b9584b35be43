-- Certificates keep their own rules whoever writes, and are never changed.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
\ir story/violates.sql
SELECT plan(38);

SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 60, '2014-06-02');
SELECT pg_temp.tb_serve(102, 1, 3, '2014-06-03', 90, '2014-06-02');
SELECT pg_temp.tb_serve(103, 1, 3, '2014-06-10', 45, '2014-06-09');
SELECT pg_temp.tb_week('2014-06-02', 901);
SELECT results_eq($$SELECT minutes, contents FROM service_of_period(371402, pg_temp.tb_id(1), '2014-06-02',
    '2014-06-10')$$, $$VALUES (150::bigint, '[{"category_code": "companionship", "category_name": null,
    "records": 2, "minutes": 150}]'::jsonb)$$, 'what is verified');
SELECT results_eq($$SELECT minutes FROM service_of_period(371402, pg_temp.tb_id(1), '2014-06-03',
    '2014-06-03')$$, 'VALUES (90::bigint)', 'of a day');
SELECT results_eq($$SELECT minutes, contents FROM service_of_period(371402, pg_temp.tb_id(1),
    '2014-06-04', '2014-06-30')$$, 'VALUES (NULL::bigint, NULL::jsonb)', 'of nothing');
SELECT is(star_title(371402, 3, '2014-06-01', '2014-08-01'), '3 stars', 'by the ladder of the day');
SELECT is(star_title(371402, 3, '2012-12-31', '2014-08-01'), '3 stars', 'from before the ladder');
SELECT is(star_title(371402, 3, '2012-12-31', '2013-08-01'), NULL, 'without any');
SELECT is((SELECT count(DISTINCT random_suffix()) FROM generate_series(1, 1000)), 1000::bigint,
    'no two of a thousand alike');
SELECT is((SELECT string_agg(DISTINCT c, '' ORDER BY c)
           FROM (SELECT random_suffix() AS suffix FROM generate_series(1, 200)) AS r,
               regexp_split_to_table(r.suffix, '') AS c),
    '0123456789ABCDEFGHJKMNPQRSTVWXYZ', 'of 32 characters, each of them');
SELECT is((SELECT count(*) FROM generate_series(1, 200) AS n WHERE length(random_suffix()) = 8),
    200::bigint, 'always eight');

INSERT INTO star_awards (district_id, id, volunteer_id, star, award_year, awarded_on, kind, evidence)
VALUES (371402, pg_temp.tb_id(401), pg_temp.tb_id(1), 1, 2013, '2013-12-31', 'opening', 'x');
INSERT INTO certificate_requests (district_id, id, volunteer_id, kind, period_from, period_to, via,
                                  entered_by, requested_at)
VALUES (371402, pg_temp.tb_id(501), pg_temp.tb_id(1), 'service', '2014-06-01', '2014-06-30', 'app',
        pg_temp.tb_id(1), now());
INSERT INTO certificates (district_id, id, number, kind, volunteer_id, volunteer_number, name,
    request_id, period_from, period_to, minutes, contents, region_code, issuer, handler_id,
    handler_name, issued_on, entered_by, issued_at)
SELECT 371402, pg_temp.tb_id(511), '371402-ZM2014-000001-0123ABCD', 'service', pg_temp.tb_id(1), 'x', 'x',
       pg_temp.tb_id(501), '2014-06-01', '2014-06-30', 150, '[{}]', 371402001001, 'x',
       pg_temp.tb_id(5), 'x', '2014-07-01', pg_temp.tb_id(7), now();
INSERT INTO certificate_revocations VALUES
    (371402, pg_temp.tb_id(511), 'x', pg_temp.tb_id(5), pg_temp.tb_id(7), now());
INSERT INTO certificate_declines VALUES
    (371402, pg_temp.tb_id(501), 'x', pg_temp.tb_id(5), pg_temp.tb_id(7), now());

SELECT pg_temp.violates(pg_temp.edited('certificate_requests', 'true', v.edit), v.name)
FROM (VALUES ('{"kind": "x"}', 'certificate_requests__fits_kind'),
             ('{"period_to": "2014-05-31"}', 'certificate_requests__fits_kind'),
             ('{"period_to": null}', 'certificate_requests__fits_kind'),
             ('{"kind": "star"}', 'certificate_requests__fits_kind'),
             ('{"kind": "star", "period_to": null, "period_from": null}',
              'certificate_requests__fits_kind'),
             ('{"via": "post"}', 'certificate_requests__via')) AS v (edit, name);
SELECT pg_temp.violates(pg_temp.edited('certificates', 'true',
    ('{"number": "371402-ZM2014-000002-0123ABCD", "request_id": null}'::jsonb || v.edit)::text), v.name)
FROM (VALUES ('{"number": "371402-ZM2014-000001-0123ABCD"}'::jsonb, 'certificates__number_once'),
             (jsonb_build_object('request_id', pg_temp.tb_id(501)), 'certificates__request_once'),
             ('{"number": "371402-ZM2014-000002-0123ABCI"}', 'certificates__number_form'),
             ('{"number": "371402-ZM2014-000002"}', 'certificates__number_form'),
             ('{"kind": "x"}', 'certificates__fits_kind'),
             ('{"kind": "star"}', 'certificates__fits_kind'),
             ('{"minutes": 0}', 'certificates__fits_kind'),
             ('{"minutes": null}', 'certificates__fits_kind'),
             ('{"contents": []}', 'certificates__fits_kind'),
             ('{"period_from": "2014-07-01"}', 'certificates__fits_kind'),
             ('{"star": 1}', 'certificates__fits_kind'),
             ('{"kind": "star", "star": 1, "title": "x", "award_year": 2013, "minutes": null,
                "period_from": null, "period_to": null, "contents": []}', 'certificates__fits_kind'),
             (jsonb_build_object('award_id', pg_temp.tb_id(401)), 'certificates__fits_kind'))
    AS v (edit, name);
SELECT throws_ok(format(v.edit, v.name), '23001', NULL, v.name)
FROM (VALUES ('UPDATE %I SET recorded_at = now()', 'certificate_requests'),
             ('UPDATE %I SET reason = ''y''', 'certificate_declines'),
             ('UPDATE %I SET name = ''y''', 'certificates'),
             ('DELETE FROM %I', 'certificate_revocations')) AS v (edit, name);
SET ROLE timebank_service;
SELECT throws_ok(format('UPDATE %I SET recorded_at = now()', v.name), '42501', NULL,
    v.name || ' may not be changed by the service')
FROM (VALUES ('feedback'), ('complaints'), ('complaint_decisions'), ('badge_movements'),
             ('badge_handovers'), ('certificates')) AS v (name);
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
