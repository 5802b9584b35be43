-- What the year's clock stands on: feedback and what is to come keeps its own rules whoever writes, and is
-- never changed. Each named constraint is violated once.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
CREATE FUNCTION pg_temp.violates(statement text, name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    EXECUTE statement;
    RETURN fail(name || ' lets it pass');
EXCEPTION WHEN integrity_constraint_violation THEN
    GET STACKED DIAGNOSTICS broken = CONSTRAINT_NAME;
    RETURN is(broken, name);
END
$$;
SELECT plan(20);

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
    SELECT 'INSERT INTO feedback SELECT (jsonb_populate_record(NULL::feedback, to_jsonb(f) || '
        || quote_literal(jsonb_build_object('id', gen_random_uuid(), 'revision', 9) || edit::jsonb)
        || ')).* FROM feedback AS f WHERE revision = 2'
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
SELECT * FROM finish();
ROLLBACK;
