-- A small district with two communities and what may happen in its weeks; included by the tests.
-- People are named by one digit: tb_id(n). 1 and 2 serve and have passbooks, 3 is served, 4 is the
-- secretary, 5 the team leader, 6 a neighbour who is served, 7 the administrator's clerk.
CREATE FUNCTION pg_temp.tb_id(n integer) RETURNS uuid LANGUAGE sql AS $$
    SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid
$$;
CREATE FUNCTION pg_temp.tb_at(text) RETURNS timestamptz LANGUAGE sql AS $$
    SELECT ($1 || '+08')::timestamptz
$$;

UPDATE installation SET kind = 'test', standing_clock = pg_temp.tb_at('2014-08-01 12:00');
INSERT INTO districts VALUES (371402, '德城区', 'Asia/Shanghai', '2014-05-15');
INSERT INTO regions (district_id, region_code, kind, parent_code) VALUES
    (371402, 371402000000, 'district', NULL), (371402, 371402001000, 'subdistrict', 371402000000),
    (371402, 371402001001, 'community', 371402001000),
    (371402, 371402001002, 'community', 371402001000);
INSERT INTO policies (district_id, id, name, region_code, value, source, valid_from)
SELECT 371402, gen_random_uuid(), p.name, 371402000000, p.value::jsonb, 'test', '2014-05-15'
FROM (VALUES ('spot_check_percent', '10'), ('reciprocity_threshold', '3'),
             ('star_ladder', '"district_default"')) AS p(name, value);
INSERT INTO star_ladders (district_id, ladder, star, minutes, title, valid_from, source)
SELECT 371402, 'district_default', n, n * 6000, n || ' stars', '2014-05-15', 'test'
FROM generate_series(1, 5) AS n;
INSERT INTO service_categories (district_id, category_code, field)
VALUES (371402, 'companionship', 'mutual_help');

INSERT INTO persons (district_id, id, name)
SELECT 371402, pg_temp.tb_id(n), 'person ' || n FROM generate_series(1, 7) AS n;
INSERT INTO residences (district_id, id, person_id, region_code, address_line, valid_from)
SELECT 371402, gen_random_uuid(), pg_temp.tb_id(n), 371402001001,
       CASE WHEN n IN (1, 6) THEN 'house 1' ELSE 'house ' || n + 100 END, '2010-01-01'
FROM generate_series(1, 7) AS n;
INSERT INTO users (district_id, id, person_id)
SELECT 371402, pg_temp.tb_id(n), pg_temp.tb_id(n) FROM generate_series(1, 7) AS n;
INSERT INTO volunteers (district_id, id, person_id, volunteer_number, joined_on)
SELECT 371402, pg_temp.tb_id(n), pg_temp.tb_id(n), '371402' || n, '2014-05-15'
FROM generate_series(1, 2) AS n;
INSERT INTO accounts (district_id, id, kind, region_code)
SELECT 371402, pg_temp.tb_id(n), 'passbook', 371402001001 FROM generate_series(1, 2) AS n;
INSERT INTO balances (district_id, account_id)
SELECT 371402, pg_temp.tb_id(n) FROM generate_series(1, 2) AS n;
INSERT INTO passbooks (district_id, id, volunteer_id, account_id, passbook_number, opened_on)
SELECT 371402, pg_temp.tb_id(n), pg_temp.tb_id(n), pg_temp.tb_id(n), '371402' || n, '2014-05-15'
FROM generate_series(1, 2) AS n;

INSERT INTO periods (district_id, grain, begin_date, end_date, freezes_at, due_at)
SELECT 371402, 'week', w, w + 7, pg_temp.tb_at((w + 7)::text), pg_temp.tb_at((w + 10)::text)
FROM (SELECT '2014-06-02'::date + 7 * n AS w FROM generate_series(0, 8) AS n) AS weeks;
INSERT INTO periods (district_id, grain, begin_date, end_date, freezes_at, due_at)
SELECT 371402, 'month', m::date, (m + interval '1 month')::date, m + interval '40 days',
       m + interval '40 days'
FROM generate_series('2014-05-01'::timestamp, '2014-08-01', interval '1 month') AS m;
INSERT INTO periods (district_id, grain, begin_date, end_date, freezes_at, due_at)
SELECT 371402, 'quarter', q::date, (q + interval '3 months')::date, q + interval '101 days',
       q + interval '101 days'
FROM generate_series('2014-04-01'::timestamp, '2014-07-01', interval '3 months') AS q;

-- One hour of service from 09:00 on, attested by the recipient, registered by person 5 into a week.
CREATE FUNCTION pg_temp.tb_serve(record integer, volunteer integer, recipient integer, day date,
                                 minutes bigint, week date, region bigint DEFAULT 371402001001,
                                 assignment uuid DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO service_records (district_id, id, region_code, volunteer_id, server_id,
        category_code, recipient_kind, recipient_person_id, place, content, service_date, starts_at,
        ends_at, end_date, time_precision, minutes, assignment_id, entered_by, created_at)
    SELECT 371402, pg_temp.tb_id(record), region, pg_temp.tb_id(volunteer),
           pg_temp.tb_id(volunteer), 'companionship', 'person', pg_temp.tb_id(recipient), 'home',
           'talk', day, s, s + minutes * interval '1 minute', day, 'minute', minutes, assignment,
           pg_temp.tb_id(7), s
    FROM pg_temp.tb_at(day || ' 08:00') AS at(s);
    INSERT INTO time_claims (district_id, record_id, volunteer_id, during)
    SELECT district_id, id, volunteer_id, tstzrange(starts_at, ends_at) FROM service_records
    WHERE id = pg_temp.tb_id(record);
    INSERT INTO assignment_claims (district_id, assignment_id, record_id)
    SELECT district_id, assignment_id, id FROM service_records
    WHERE id = pg_temp.tb_id(record) AND assignment_id IS NOT NULL;
    INSERT INTO attestations (district_id, id, record_id, attester_id, capacity, method, minutes,
                              sheet_number, entered_by, attested_at)
    VALUES (371402, gen_random_uuid(), pg_temp.tb_id(record), pg_temp.tb_id(recipient), 'recipient',
            'paper', minutes, '12', pg_temp.tb_id(7), pg_temp.tb_at(day || ' 19:00'));
    INSERT INTO registrations (district_id, record_id, registrar_id, region_code, volunteer_id,
        account_id, service_date, minutes, book_week, registered_late, entered_by, registered_at)
    VALUES (371402, pg_temp.tb_id(record), pg_temp.tb_id(5), region, pg_temp.tb_id(volunteer),
            pg_temp.tb_id(volunteer), day, minutes, week, false, pg_temp.tb_id(7),
            pg_temp.tb_at(day || ' 20:00'));
    UPDATE balances SET pending_in = pending_in + minutes
    WHERE district_id = 371402 AND account_id = pg_temp.tb_id(volunteer)
$$;

-- The secretary's act; flagged records become exceptions.
CREATE FUNCTION pg_temp.tb_close(week date, region bigint, closed timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO worklist_closes (district_id, book_week, region_code, verifier_id, worklist_digest,
                                 records, minutes, entered_by, closed_at)
    VALUES (371402, week, region, pg_temp.tb_id(4), worklist_digest(371402, week, region), 0, 0,
            pg_temp.tb_id(4), closed);
    INSERT INTO close_exceptions (district_id, record_id, book_week, region_code, reason)
    SELECT 371402, record_id, week, region, 'flagged'
    FROM worklist_records(371402, week, region) WHERE flags <> '{}'
$$;

CREATE FUNCTION pg_temp.tb_decide(record integer, decision text, minutes bigint, week date,
                                  decided timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO decisions (district_id, record_id, decision, minutes, reason, verifier_id, book_week,
                           entered_by, decided_at)
    VALUES (371402, pg_temp.tb_id(record), decision, minutes, 'seen', pg_temp.tb_id(4), week,
            pg_temp.tb_id(4), decided)
$$;

-- A withdrawal from a passbook, served by a volunteer, with its hold; gives the refusal.
CREATE FUNCTION pg_temp.tb_withdraw(n integer, payer integer, volunteer integer, minutes bigint)
RETURNS text LANGUAGE sql AS $$
    INSERT INTO withdrawals (district_id, id, passbook_id, recipient_id, applicant_id, relation,
                             region_code, minutes, applied_at)
    VALUES (371402, pg_temp.tb_id(n), pg_temp.tb_id(payer), pg_temp.tb_id(3), pg_temp.tb_id(payer),
            'family', 371402001001, minutes, pg_temp.tb_at('2014-06-11 09:00'));
    INSERT INTO assignments (district_id, id, withdrawal_id, volunteer_id, minutes, assigned_at)
    VALUES (371402, pg_temp.tb_id(n), pg_temp.tb_id(n), pg_temp.tb_id(volunteer), minutes,
            pg_temp.tb_at('2014-06-11 09:00'));
    SELECT place_hold(371402, pg_temp.tb_id(n), pg_temp.tb_id(payer), pg_temp.tb_id(n), minutes,
                      pg_temp.tb_at('2014-06-11 09:00'), pg_temp.tb_at('2014-06-30 00:00'))
$$;

-- A team of the community and the records that are its own. (An owner's edit: records do not change.)
CREATE FUNCTION pg_temp.tb_team(team integer, records integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO teams (district_id, id, region_code, name, kind, founded_on)
    VALUES (371402, pg_temp.tb_id(team), 371402001001, 'team ' || team, 'home_care', '2014-05-15');
    ALTER TABLE service_records DISABLE TRIGGER USER;
    UPDATE service_records SET team_id = pg_temp.tb_id(team)
    WHERE id IN (SELECT pg_temp.tb_id(r) FROM unnest(records) AS r);
    ALTER TABLE service_records ENABLE TRIGGER USER;
END
$$;

-- A week freezes, its worklists are closed on the next Tuesday, it settles.
CREATE FUNCTION pg_temp.tb_week(week date, run integer) RETURNS void LANGUAGE sql AS $$
    SELECT freeze_week(371402, week, p.freezes_at, '\x01') FROM periods AS p
    WHERE p.grain = 'week' AND p.begin_date = week;
    SELECT pg_temp.tb_close(week, w.region_code, pg_temp.tb_at((week + 8)::text))
    FROM worklists AS w WHERE w.book_week = week;
    SELECT settle_week(371402, week, p.due_at, pg_temp.tb_id(run)) FROM periods AS p
    WHERE p.grain = 'week' AND p.begin_date = week
$$;

-- A month freezes and settles when it is due.
CREATE FUNCTION pg_temp.tb_month(month date, run integer) RETURNS SETOF settlement_runs
LANGUAGE sql AS $$
    SELECT freeze_period(371402, 'month', month, p.due_at) FROM periods AS p
    WHERE p.grain = 'month' AND p.begin_date = month;
    SELECT s.* FROM periods AS p,
        LATERAL settle_month(371402, month, p.due_at, pg_temp.tb_id(run)) AS s
    WHERE p.grain = 'month' AND p.begin_date = month
$$;

-- A quarter freezes and settles when it is due.
CREATE FUNCTION pg_temp.tb_quarter(quarter date, run integer) RETURNS SETOF settlement_runs
LANGUAGE sql AS $$
    SELECT freeze_period(371402, 'quarter', quarter, p.due_at) FROM periods AS p
    WHERE p.grain = 'quarter' AND p.begin_date = quarter;
    SELECT s.* FROM periods AS p,
        LATERAL settle_quarter(371402, quarter, p.due_at, pg_temp.tb_id(run), '\x02') AS s
    WHERE p.grain = 'quarter' AND p.begin_date = quarter
$$;

-- An open pool of the community with a balance row.
CREATE FUNCTION pg_temp.tb_pool(n integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO accounts (district_id, id, kind, region_code)
    VALUES (371402, pg_temp.tb_id(n), 'pool', 371402001001);
    INSERT INTO balances (district_id, account_id) VALUES (371402, pg_temp.tb_id(n));
    INSERT INTO time_pools (district_id, id, account_id, region_code, name, purpose, opened_on)
    VALUES (371402, pg_temp.tb_id(n), pg_temp.tb_id(n), 371402001001, 'pool ' || n, 'the poor',
            '2014-05-15')
$$;

-- The donor gives by the app; n names donation and transfer. Gives the refusal.
CREATE FUNCTION pg_temp.tb_donate(n integer, donor integer, pool integer, minutes bigint,
                                  given timestamptz)
RETURNS text LANGUAGE sql AS $$
    SELECT donate((371402, pg_temp.tb_id(n), pg_temp.tb_id(n), pg_temp.tb_id(donor),
                   pg_temp.tb_id(pool), pg_temp.tb_id(donor), minutes, 'app', NULL, NULL, NULL,
                   pg_temp.tb_id(donor), given, now())::donations,
                  lock_booking_month(371402, civil_date(371402, given))) ->> 'code'
$$;

-- A pool pays for the service of a volunteer. (Until there are withdrawals from pools, the row names a passbook.)
CREATE FUNCTION pg_temp.tb_pool_pays(n integer, pool integer, volunteer integer, minutes bigint)
RETURNS text LANGUAGE sql AS $$
    INSERT INTO withdrawals (district_id, id, passbook_id, recipient_id, applicant_id, relation,
                             region_code, minutes, applied_at)
    VALUES (371402, pg_temp.tb_id(n), pg_temp.tb_id(1), pg_temp.tb_id(3), pg_temp.tb_id(4), 'pool',
            371402001001, minutes, pg_temp.tb_at('2014-06-12 09:00'));
    INSERT INTO assignments (district_id, id, withdrawal_id, volunteer_id, minutes, assigned_at)
    VALUES (371402, pg_temp.tb_id(n), pg_temp.tb_id(n), pg_temp.tb_id(volunteer), minutes,
            pg_temp.tb_at('2014-06-12 09:00'));
    SELECT place_hold(371402, pg_temp.tb_id(n), pg_temp.tb_id(pool), pg_temp.tb_id(n), minutes,
                      pg_temp.tb_at('2014-06-12 09:00'), pg_temp.tb_at('2014-06-30 00:00'))
$$;

-- A rule of the district from a day on.
CREATE FUNCTION pg_temp.tb_rule(name text, value text, since date) RETURNS void LANGUAGE sql AS $$
    INSERT INTO policies (district_id, id, name, region_code, value, source, valid_from)
    VALUES (371402, gen_random_uuid(), name, 371402000000, value::jsonb, 'test', since)
$$;
