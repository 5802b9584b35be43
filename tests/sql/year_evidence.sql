-- What the year's clock stands on: feedback and complaints keep their own rules whoever writes, and are
-- never changed. Each named constraint is violated once.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
\ir story/violates.sql
SELECT plan(41);

SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 60, '2014-06-02');
SELECT pg_temp.tb_serve(102, 1, 3, '2014-06-03', 60, '2014-06-02');
SELECT pg_temp.tb_serve(103, 1, 3, '2014-06-04', 60, '2014-06-02');
SELECT pg_temp.tb_serve(104, 2, 3, '2014-06-05', 60, '2014-06-02');
SELECT pg_temp.tb_serve(105, 1, 3, '2014-06-10', 60, '2014-06-09');

-- One row of feedback: of a record, by a giver.
CREATE FUNCTION pg_temp.tb_rate(record integer, giver integer, rating integer, revision integer,
                                given timestamptz DEFAULT pg_temp.tb_at('2014-06-11 08:00'))
RETURNS void LANGUAGE sql AS $$
    INSERT INTO feedback (district_id, id, record_id, giver_id, revision, rating, via, closes_at,
                          entered_by, given_at)
    VALUES (371402, gen_random_uuid(), pg_temp.tb_id(record), pg_temp.tb_id(giver), revision,
            rating, 'phone', pg_temp.tb_at('2014-07-05 00:00'), pg_temp.tb_id(7), given)
$$;
SELECT pg_temp.tb_rate(101, 3, 1, 1);
SELECT pg_temp.tb_rate(101, 3, 5, 2, pg_temp.tb_at('2014-06-12 08:00'));
SELECT pg_temp.tb_rate(102, 3, 4, 1);
SELECT pg_temp.tb_rate(103, 3, 4, 1);
SELECT pg_temp.tb_rate(104, 3, 2, 1);
SELECT pg_temp.tb_rate(105, 3, 1, 1);

SELECT is_empty($$SELECT * FROM feedback_of_year(371402, 2014, pg_temp.tb_at('2014-12-31 00:00'))$$,
    'what is not verified does not count');
SELECT pg_temp.tb_week('2014-06-02', 901);
SELECT results_eq($$SELECT * FROM feedback_of_year(371402, 2014, pg_temp.tb_at('2014-12-31 00:00'))
    ORDER BY volunteer_id$$,
    $$VALUES (pg_temp.tb_id(1), 3::bigint, 13::bigint), (pg_temp.tb_id(2), 1::bigint, 2::bigint)$$,
    'the latest of each giver about each verified record');
SELECT results_eq($$SELECT * FROM feedback_of_year(371402, 2014, pg_temp.tb_at('2014-06-11 08:00'))
    ORDER BY volunteer_id$$,
    $$VALUES (pg_temp.tb_id(1), 3::bigint, 9::bigint), (pg_temp.tb_id(2), 1::bigint, 2::bigint)$$,
    'as it stood before it was changed');
SELECT is_empty($$SELECT * FROM feedback_of_year(371402, 2013, pg_temp.tb_at('2014-12-31 00:00'))
    UNION ALL SELECT * FROM feedback_of_year(371402, 2015, pg_temp.tb_at('2014-12-31 00:00'))$$,
    'other years have none');
SELECT results_eq('SELECT * FROM feedback_years(371402, pg_temp.tb_id(1), false)',
    'VALUES (2014, 3::bigint, 13::bigint)', 'the office sees all of it');
SELECT results_eq('SELECT * FROM feedback_years(371402, pg_temp.tb_id(1), true)',
    'VALUES (2014, 3::bigint, 13::bigint)', 'who served sees three');
SELECT is_empty('SELECT * FROM feedback_years(371402, pg_temp.tb_id(2), true)', 'and never one');
SELECT is(mean_hundredths(13, 3), 433, '4.333…');
SELECT is(mean_hundredths(14, 3), 467, '4.666…, half up');
SELECT is(mean_hundredths(NULL, 0), NULL::integer, 'no mean of none');

CREATE FUNCTION pg_temp.tb_edit(edit text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.edited('feedback', 'revision = 2', ('{"revision": 9}'::jsonb || edit::jsonb)::text)
$$;
SELECT pg_temp.violates(pg_temp.tb_edit(v.edit), v.name)
FROM (VALUES ('{"revision": 1}', 'feedback__revision_once'),
             ('{"revision": 0}', 'feedback__revision_positive'),
             ('{"rating": 6}', 'feedback__rating_in_range'),
             ('{"rating": 0}', 'feedback__rating_in_range'),
             ('{"grade": "satisfied", "rating": 3}', 'feedback__grade_is_rating'),
             ('{"grade": "good"}', 'feedback__grade_is_rating'),
             ('{"via": "post"}', 'feedback__via'),
             ('{"given_at": "2014-07-05T00:00:00+08:00"}', 'feedback__in_time')) AS v (edit, name);
SELECT throws_ok('UPDATE feedback SET rating = 5', '23001', NULL, 'feedback is never changed');
SELECT throws_ok('DELETE FROM feedback', '23001', NULL, 'nor deleted');

-- Cases 1 to 4, all but the last upheld; the second is set aside.
CREATE FUNCTION pg_temp.tb_complain(n integer, volunteer integer, decision text, decided text)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO complaints (district_id, id, case_number, volunteer_id, record_id, region_code,
        complainant_id, matter, content, via, due_at, entered_by, filed_at)
    VALUES (371402, pg_temp.tb_id(n), 'case ' || n, pg_temp.tb_id(volunteer), pg_temp.tb_id(101),
            371402001001, pg_temp.tb_id(3), 'manner', 'x', 'phone', pg_temp.tb_at('2014-07-01 00:00'),
            pg_temp.tb_id(7), pg_temp.tb_at('2014-06-12 08:00'));
    INSERT INTO complaint_decisions (district_id, complaint_id, decision, reason, decided_by,
                                     decided_as, entered_by, decided_at)
    SELECT 371402, pg_temp.tb_id(n), decision, 'x', pg_temp.tb_id(7), 'subdistrict_admin',
           pg_temp.tb_id(7), pg_temp.tb_at(decided)
    WHERE decision IS NOT NULL
$$;
SELECT pg_temp.tb_complain(301, 1, 'uphold', '2014-12-31 23:59');
SELECT pg_temp.tb_complain(302, 2, 'uphold', '2014-06-20 08:00');
SELECT pg_temp.tb_complain(303, 1, 'uphold', '2015-01-01 00:00');
SELECT pg_temp.tb_complain(304, 2, 'dismiss', '2014-06-20 08:00');
SELECT pg_temp.tb_complain(305, 1, NULL, NULL);
INSERT INTO complaint_reversals (district_id, complaint_id, reason, set_aside_by, entered_by,
                                 set_aside_at)
VALUES (371402, pg_temp.tb_id(302), 'x', pg_temp.tb_id(6), pg_temp.tb_id(7),
        pg_temp.tb_at('2014-07-01 08:00'));
SELECT results_eq($$SELECT * FROM upheld_complaints_of_year(371402, 2014,
    pg_temp.tb_at('2015-02-01 00:00'))$$, 'VALUES (pg_temp.tb_id(1), 1::bigint)',
    'upheld in the year, and not set aside');
SELECT results_eq($$SELECT * FROM upheld_complaints_of_year(371402, 2014,
    pg_temp.tb_at('2014-06-30 00:00'))$$, 'VALUES (pg_temp.tb_id(2), 1::bigint)',
    'as it stood in June');
SELECT results_eq($$SELECT * FROM upheld_complaints_of_year(371402, 2015,
    pg_temp.tb_at('2015-02-01 00:00'))$$, 'VALUES (pg_temp.tb_id(1), 1::bigint)',
    'the first minute of the next year');
SELECT results_eq($$SELECT * FROM appraisal_feedback(371402, 2014,
    pg_temp.tb_at('2014-12-31 23:59:59')) ORDER BY volunteer_id$$,
    $$VALUES (pg_temp.tb_id(1), 3::bigint, 13::bigint, 1::bigint),
             (pg_temp.tb_id(2), 1::bigint, 2::bigint, 0::bigint)$$, 'what the gate looks at');
SELECT results_eq($$SELECT * FROM appraisal_feedback(371402, 2015,
    pg_temp.tb_at('2015-12-31 23:59:59'))$$,
    $$VALUES (pg_temp.tb_id(1), 0::bigint, 0::bigint, 1::bigint)$$, 'a complaint without feedback');

CREATE FUNCTION pg_temp.tb_case(edit text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.edited('complaints', 'case_number = ''case 301''',
                          ('{"case_number": "case 9"}'::jsonb || edit::jsonb)::text)
$$;
SELECT pg_temp.violates(pg_temp.tb_case(v.edit), v.name)
FROM (VALUES ('{"case_number": "case 302"}', 'complaints__case_number_once'),
             ('{"complainant_name": "x"}', 'complaints__one_complainant'),
             ('{"complainant_id": null}', 'complaints__one_complainant'),
             ('{"matter": "x"}', 'complaints__matter'),
             ('{"via": "post"}', 'complaints__via')) AS v (edit, name);
SELECT pg_temp.violates(format('INSERT INTO complaint_decisions (district_id, complaint_id, decision,
    reason, decided_by, decided_as, entered_by, decided_at) VALUES (371402, pg_temp.tb_id(305), %L, ''x'',
    pg_temp.tb_id(%s), %L, pg_temp.tb_id(7), now())', v.decision, v.person, v.role), v.name)
FROM (VALUES ('accept', 7, 'district_admin', 'complaint_decisions__decision'),
             ('uphold', 7, 'community_secretary', 'complaint_decisions__above_community'),
             ('uphold', 1, 'district_admin', 'duties__decider_is_party'),
             ('uphold', 3, 'district_admin', 'duties__decider_is_party'),
             ('uphold', 5, 'district_admin', 'duties__decider_had_part'),
             ('uphold', 4, 'district_admin', 'duties__decider_had_part'))
    AS v (decision, person, role, name);
SELECT pg_temp.violates(format('INSERT INTO complaint_reversals (district_id, complaint_id, decision,
    reason, set_aside_by, entered_by, set_aside_at) VALUES (371402, pg_temp.tb_id(%s), %L, ''x'',
    pg_temp.tb_id(%s), pg_temp.tb_id(7), now())', v.complaint, v.decision, v.person), v.name)
FROM (VALUES (304, 'uphold', 6, 'complaint_reversals__of_upheld'),
             (304, 'dismiss', 6, 'complaint_reversals__decision'),
             (301, 'uphold', 5, 'duties__decider_had_part'))
    AS v (complaint, decision, person, name);
SELECT throws_ok('UPDATE ' || v.name || ' SET recorded_at = now()', '23001', NULL, v.name)
FROM (VALUES ('complaints'), ('complaint_decisions')) AS v (name);
SELECT * FROM finish();
ROLLBACK;
