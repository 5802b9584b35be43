-- The year: what the figures say, what is proposed and confirmed, the notice, the stars. Scenario 9 in its figures.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(46);

-- Persons 10 to 14 are volunteers too; 8 is of the subdistrict.
INSERT INTO persons (district_id, id, name)
SELECT 371402, pg_temp.tb_id(n), 'person ' || n FROM generate_series(8, 14) AS n;
INSERT INTO users (district_id, id, person_id) VALUES (371402, pg_temp.tb_id(8), pg_temp.tb_id(8));
INSERT INTO residences (district_id, id, person_id, region_code, address_line, valid_from)
SELECT 371402, gen_random_uuid(), pg_temp.tb_id(n), 371402001001, 'house ' || n, '2010-01-01'
FROM generate_series(10, 14) AS n;
INSERT INTO volunteers (district_id, id, person_id, volunteer_number, joined_on)
SELECT 371402, pg_temp.tb_id(n), pg_temp.tb_id(n), '371402' || n, '2014-05-15'
FROM generate_series(10, 14) AS n;
INSERT INTO accounts (district_id, id, kind, region_code)
SELECT 371402, pg_temp.tb_id(n), 'passbook', 371402001001 FROM generate_series(10, 14) AS n;
INSERT INTO balances (district_id, account_id)
SELECT 371402, pg_temp.tb_id(n) FROM generate_series(10, 14) AS n;
INSERT INTO passbooks (district_id, id, volunteer_id, account_id, passbook_number, opened_on)
SELECT 371402, pg_temp.tb_id(n), pg_temp.tb_id(n), pg_temp.tb_id(n), '371402' || n, '2014-05-15'
FROM generate_series(10, 14) AS n;

-- Three visits of person 2 are rated 2 each by three givers.
SELECT pg_temp.tb_serve(100 + n, 2, 3, '2014-06-02'::date + n, 60, '2014-06-02')
FROM generate_series(1, 3) AS n;
SELECT pg_temp.tb_week('2014-06-02', 901);
INSERT INTO feedback (district_id, id, record_id, giver_id, revision, rating, via, closes_at,
                      entered_by, given_at)
SELECT 371402, gen_random_uuid(), pg_temp.tb_id(100 + n), pg_temp.tb_id(3), 1, 2, 'counter',
       pg_temp.tb_at('2014-07-30 00:00'), pg_temp.tb_id(7), pg_temp.tb_at('2014-06-10 00:00')
FROM generate_series(1, 3) AS n;
INSERT INTO complaints (district_id, id, case_number, volunteer_id, region_code, complainant_id,
    matter, content, via, due_at, entered_by, filed_at)
VALUES (371402, pg_temp.tb_id(700), '371402-TS2014-0001', pg_temp.tb_id(12), 371402001001,
        pg_temp.tb_id(3), 'payment', 'asked for money', 'counter', pg_temp.tb_at('2014-08-01 00:00'),
        pg_temp.tb_id(7), pg_temp.tb_at('2014-07-01 00:00'));
INSERT INTO complaint_decisions (district_id, complaint_id, decision, reason, decided_by, decided_as,
                                 entered_by, decided_at)
VALUES (371402, pg_temp.tb_id(700), 'uphold', 'true', pg_temp.tb_id(8), 'subdistrict_admin',
        pg_temp.tb_id(8), pg_temp.tb_at('2014-07-10 00:00'));
INSERT INTO star_awards (district_id, id, volunteer_id, star, award_year, awarded_on, kind, evidence)
VALUES (371402, gen_random_uuid(), pg_temp.tb_id(13), 2, 2013, '2013-12-31', 'opening', 'list');
INSERT INTO volunteer_departures (district_id, id, volunteer_id, reason, valid_from)
VALUES (371402, gen_random_uuid(), pg_temp.tb_id(14), 'moved', '2014-11-01');

-- What December closed with: 99:59 h, 300 h, 100 h, 250 h, 500 h, 210 h of which 80 were spent.
INSERT INTO periods (district_id, grain, begin_date, end_date, freezes_at, due_at, state, frozen_at,
                     settled_at, digest, final_at)
SELECT 371402, 'quarter', q::date, (q + interval '3 months')::date, q, q, 'final', q, q, '\x01', q
FROM unnest(ARRAY['2014-01-01', '2014-10-01']::timestamp[]) AS q;
UPDATE periods SET state = 'final', frozen_at = now(), settled_at = now(), digest = '\x01'
WHERE grain = 'quarter' AND begin_date = '2014-04-01';
UPDATE periods SET state = 'noticed', frozen_at = now(), settled_at = now(), digest = '\x01'
WHERE grain = 'quarter' AND begin_date = '2014-07-01';
INSERT INTO periods (district_id, grain, begin_date, end_date, freezes_at, due_at)
VALUES (371402, 'month', '2014-12-01', '2015-01-01', '2015-01-08', '2015-01-08'),
       (371402, 'year', '2014-01-01', '2015-01-01', '2015-01-08', '2015-01-08');
INSERT INTO month_statements (district_id, book_month, account_id, volunteer_id, region_code,
    opening_minutes, opened_minutes, deposited_minutes, withdrawn_minutes, donated_minutes,
    retired_minutes, moved_minutes, corrected_minutes, closing_minutes, earned_minutes, records)
SELECT 371402, m.month, pg_temp.tb_id(v.n), pg_temp.tb_id(v.n), 371402001001,
       0, 0, v.earned, v.spent, 0, 0, 0, 0, v.earned - v.spent, v.earned, 1
FROM (VALUES (1, 5999, 0), (2, 18000, 0), (10, 6000, 0), (11, 15000, 0), (12, 30000, 0),
             (13, 12600, 4800), (14, 9000, 0)) AS v (n, earned, spent)
CROSS JOIN (VALUES ('2014-12-01'::date)) AS m (month);
SELECT isnt(draw_up_notice(371402, 'quarter', '2014-10-01', 1, '\x02', pg_temp.tb_at('2015-01-10 00:00'))
    IS NULL, true, 'the fourth quarter is published');

SELECT is(advance_years(371402, pg_temp.tb_at('2015-02-01 00:00')), 0,
    'a year waits for its last quarter');
SELECT is((SELECT count(*) FROM appraisals), 0::bigint, 'nothing is drawn up before');
UPDATE periods SET state = 'final' WHERE grain = 'quarter' AND begin_date = '2014-07-01';
SELECT is(advance_years(371402, pg_temp.tb_at('2014-12-31 23:59:59')), 0, 'no year ends early');
SELECT is(advance_years(371402, pg_temp.tb_at('2015-02-01 00:00')), 1, 'it freezes');
SELECT is(advance_years(371402, pg_temp.tb_at('2015-02-01 00:01')), 0, 'once');
SELECT results_eq($$SELECT volunteer_id, earned_minutes, gate, worn_star::integer,
    eligible_star::integer, proposed_star::integer FROM appraisals ORDER BY volunteer_id$$,
    $$VALUES (pg_temp.tb_id(1), 5999::bigint, 'pass', 0, 0, 0),
             (pg_temp.tb_id(2), 18000, 'feedback', 0, 3, 0),
             (pg_temp.tb_id(10), 6000, 'pass', 0, 1, 1),
             (pg_temp.tb_id(11), 15000, 'pass', 0, 2, 2),
             (pg_temp.tb_id(12), 30000, 'complaint', 0, 5, 0),
             (pg_temp.tb_id(13), 12600, 'pass', 2, 2, 2)$$,
    '99:59, 300 h with a mean of 2.0, 100:00, 250:00, a complaint, spending; who left is not there');
SELECT results_eq($$SELECT volunteer_id, community_rank, subdistrict_rank FROM appraisals
    WHERE community_rank IS NOT NULL ORDER BY community_rank$$,
    $$VALUES (pg_temp.tb_id(11), 1, 1), (pg_temp.tb_id(13), 2, 2), (pg_temp.tb_id(10), 3, 3),
             (pg_temp.tb_id(1), 4, 4)$$, 'ranked by the year''s minutes');
SELECT is(honour_quota(371402, 2014, 371402001001, 371402001001), 1::bigint,
    'a tenth of four, rounded up');

-- The gates' edges.
SELECT is((SELECT gate FROM appraisal_rows(371402, 2014, pg_temp.tb_at('2014-06-09 00:00'))
           WHERE volunteer_id = pg_temp.tb_id(2)), 'pass', 'before it was rated');
DELETE FROM policies WHERE name LIKE 'appraisal%';
INSERT INTO policies (district_id, id, name, region_code, value, source, valid_from)
VALUES (371402, gen_random_uuid(), 'appraisal_mean_hundredths', 371402000000, '200', 'test', '2014-01-01');
SELECT is((SELECT gate FROM appraisal_rows(371402, 2014, pg_temp.tb_at('2015-02-01 00:00'))
           WHERE volunteer_id = pg_temp.tb_id(2)), 'pass', 'a mean as asked for is enough');
DELETE FROM policies WHERE name LIKE 'appraisal%';
INSERT INTO policies (district_id, id, name, region_code, value, source, valid_from)
VALUES (371402, gen_random_uuid(), 'appraisal_ratings_min', 371402000000, '4', 'test', '2014-01-01');
SELECT is((SELECT gate FROM appraisal_rows(371402, 2014, pg_temp.tb_at('2015-02-01 00:00'))
           WHERE volunteer_id = pg_temp.tb_id(2)), 'pass', 'too few ratings are neutral');

-- What may be proposed, and by whom.
CREATE FUNCTION pg_temp.refused(act text, deviations jsonb, honours jsonb, person integer,
                                digest text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT appraisal_act_refusal(371402, 2014, 371402001001, act, COALESCE(digest,
        encode(appraisal_digest(371402, 2014, 371402001001), 'hex')), deviations, honours,
        pg_temp.tb_id(person), pg_temp.tb_at('2015-02-02 00:00')) ->> 'code'
$$;
CREATE FUNCTION pg_temp.acts(n integer, act text, deviations jsonb, honours jsonb, person integer)
RETURNS uuid LANGUAGE sql AS $$
    SELECT act_on_appraisal((371402, pg_temp.tb_id(n), 2014::smallint, 371402001001, 0, act, '\x01',
        CASE act WHEN 'return' THEN 'look again' END, pg_temp.tb_id(person), pg_temp.tb_id(7),
        pg_temp.tb_at('2015-02-02 00:00'), now()), deviations, honours)
$$;
CREATE FUNCTION pg_temp.star(n integer, star integer) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_array(jsonb_build_object('volunteer_id', pg_temp.tb_id(n), 'star', star,
                                                'reason', 'known'))
$$;
CREATE FUNCTION pg_temp.honoured(VARIADIC n integer[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(pg_temp.tb_id(i)) FROM unnest(n) AS i
$$;
SELECT is(pg_temp.refused('propose', '[]', '[]', 4, repeat('0', 64)), 'appraisal_changed', 'another list');
SELECT is(pg_temp.refused('confirm', '[]', '[]', 8), 'appraisal_state_wrong', 'nothing was proposed');
SELECT is(pg_temp.refused('propose', pg_temp.star(14, 0), '[]', 4), 'appraisal_unknown', 'not in it');
SELECT is(pg_temp.refused('propose', pg_temp.star(11, 3), '[]', 4), 'appraisal_star_out_of_range',
    'more than the figures');
SELECT is(pg_temp.refused('propose', pg_temp.star(2, 3), '[]', 4), 'appraisal_star_out_of_range',
    'over the gate');
SELECT is(pg_temp.refused('propose', pg_temp.star(13, 1), '[]', 4), 'appraisal_star_out_of_range',
    'less than is worn');
SELECT is(pg_temp.refused('propose', pg_temp.star(10, 0), '[]', 10), 'appraiser_is_party', 'himself');
SELECT is(pg_temp.refused('propose', pg_temp.star(11, 1) || pg_temp.star(11, 0), '[]', 4),
    'deviation_twice', 'one of two');
SELECT is(pg_temp.refused('propose', '[]', pg_temp.honoured(2), 4), 'honour_not_ranked', 'not ranked');
SELECT is(pg_temp.refused('propose', '[]', pg_temp.honoured(11, 13), 4), 'honours_over_quota',
    'one more than the quota');
SELECT is(pg_temp.refused('propose', pg_temp.star(11, 1), pg_temp.honoured(11), 4), NULL, 'fine');
SELECT isnt(pg_temp.acts(801, 'propose', pg_temp.star(11, 1), pg_temp.honoured(11), 4), NULL, 'proposed');
SELECT is(pg_temp.refused('propose', '[]', '[]', 4), 'appraisal_state_wrong', 'once');
SELECT is(pg_temp.refused('confirm', '[]', '[]', 4), 'reviewer_is_proposer', 'not by the same');
SELECT is(pg_temp.refused('return', '[]', '[]', 8), NULL, 'it may go back');
SELECT isnt(pg_temp.acts(802, 'return', '[]', '[]', 8), NULL, 'sent back');
SELECT isnt(pg_temp.acts(803, 'propose', '[]', pg_temp.honoured(13), 4), NULL, 'proposed again');
SELECT is(advance_years(371402, pg_temp.tb_at('2015-02-02 00:00')), 0, 'the year waits for the subdistrict');
SELECT isnt(pg_temp.acts(804, 'confirm', '[]', pg_temp.honoured(13), 8), NULL, 'confirmed');
SELECT results_eq($$SELECT volunteer_id, star::integer, is_honoured, is_honoured_above
    FROM appraisal_outcomes(371402, 2014) WHERE star > 0 OR is_honoured ORDER BY 1$$,
    $$VALUES (pg_temp.tb_id(10), 1, false, false), (pg_temp.tb_id(11), 2, false, false),
             (pg_temp.tb_id(13), 2, true, true)$$, 'the last proposal counts');

-- The notice, and the stars when it is final.
SELECT is(advance_years(371402, pg_temp.tb_at('2015-02-03 00:00')), 1, 'settled');
SELECT results_eq($$SELECT state, digest FROM periods WHERE grain = 'year'$$,
    $$SELECT 'settled', digest FROM public_notices WHERE number = '371402-2014-1'$$, 'and sealed');
SELECT results_eq($$SELECT volunteer_number, closing_minutes, star::integer FROM notice_lines
    WHERE number = '371402-2014-1' ORDER BY volunteer_number COLLATE "C"$$,
    $$VALUES ('3714021', 5999::bigint, 0), ('37140210', 6000, 1), ('37140211', 15000, 2),
             ('37140212', 30000, 0), ('37140213', 7800, 2), ('37140214', 9000, 0), ('3714022', 18000, 0)$$,
    'with the stars of the year');
SELECT results_eq($$SELECT grain, statements FROM settlement_runs WHERE grain = 'year'$$,
    $$VALUES ('year', 7::bigint)$$, 'the run is told');
SELECT is(awarded_star(371402, pg_temp.tb_id(10), '2015-12-31'), 0, 'nothing is awarded yet');
INSERT INTO notice_postings (district_id, id, number, region_code, place, posted_at, posted_by, entered_by)
VALUES (371402, pg_temp.tb_id(901), '371402-2014-1', 371402001001, 'gate',
        pg_temp.tb_at('2015-02-04 09:00'), pg_temp.tb_id(4), pg_temp.tb_id(7));
SELECT is(advance_notices(371402, pg_temp.tb_at('2015-02-05 00:00')), 1, 'noticed');
SELECT is(advance_notices(371402, pg_temp.tb_at('2015-02-11 23:59:59')), 0, 'not a second early');
SELECT is(advance_notices(371402, pg_temp.tb_at('2015-02-12 00:00')), 1, 'final');
SELECT results_eq($$SELECT volunteer_id, star::integer, award_year::integer, awarded_on, evidence
    FROM star_awards WHERE kind = 'appraisal' ORDER BY 1$$,
    $$VALUES (pg_temp.tb_id(10), 1, 2014, '2015-02-12'::date, '371402-2014-1'),
             (pg_temp.tb_id(11), 2, 2014, '2015-02-12', '371402-2014-1')$$, 'the stars are awarded');
SELECT is(awarded_star(371402, pg_temp.tb_id(11), '2015-12-31'), 2, 'several steps in one year');
SELECT is(awarded_star(371402, pg_temp.tb_id(2), '2015-12-31'), 0, 'feedback defers');
SELECT is(awarded_star(371402, pg_temp.tb_id(13), '2015-12-31'), 2, 'spending takes none');
SELECT is(award_stars(n, pg_temp.tb_at('2015-02-13 00:00')), 0::bigint, 'once')
FROM public_notices AS n WHERE n.number = '371402-2014-1';
SELECT throws_ok('UPDATE appraisals SET proposed_star = 5', '23001', NULL, 'an appraisal never changes');
SELECT * FROM finish();
ROLLBACK;
