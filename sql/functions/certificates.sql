-- Certificates (证明, 民发〔2015〕149号): what they say, when they may be issued, how they are shown.

-- What a volunteer served in a period and had verified, by category: [{category_code, category_name,
-- records, minutes}], and the sum; null of nothing.
CREATE OR REPLACE FUNCTION service_of_period(of_district integer, of_volunteer uuid,
                                             first_day date, last_day date,
                                             OUT minutes bigint, OUT contents jsonb)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    SELECT sum(c.minutes)::bigint,
           jsonb_agg(jsonb_build_object('category_code', c.category_code, 'category_name',
                         category_name(of_district, c.category_code, last_day),
                         'records', c.records, 'minutes', c.minutes)
                     ORDER BY c.minutes DESC, c.category_code COLLATE "C")
    INTO minutes, contents
    FROM (
        SELECT sr.category_code, count(*) AS records, sum(s.verified_minutes)::bigint AS minutes
        FROM service_records AS sr
        JOIN service_record_states AS s ON s.district_id = sr.district_id AND s.record_id = sr.id
        WHERE sr.district_id = of_district AND sr.volunteer_id = of_volunteer
          AND sr.service_date BETWEEN first_day AND last_day AND s.status = 'verified'
        GROUP BY sr.category_code
    ) AS c;
END
$$;

-- The title of a star by the ladder of a day; of an award from before the first one, by today's.
CREATE OR REPLACE FUNCTION star_title(of_district integer, of_star integer, on_date date,
                                      today date)
RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT l.title
        FROM unnest(ARRAY[on_date, today]) WITH ORDINALITY AS day (of_day, place)
        CROSS JOIN LATERAL policy_row(of_district, 'star_ladder', of_district::bigint * 1000000,
                                      day.of_day, 'infinity') AS p
        JOIN star_ladders AS l ON l.district_id = of_district AND l.ladder = p.value #>> '{}'
            AND l.star = of_star AND l.valid_from <= day.of_day
        ORDER BY day.place, l.valid_from DESC
        LIMIT 1);
END
$$;

-- Why a certificate can not be issued or asked for; null: it can.
CREATE OR REPLACE FUNCTION certificate_refusal(of_district integer, of_volunteer uuid, kind text,
                                               period_from date, period_to date, of_award uuid,
                                               today date)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT COALESCE(CASE kind
            WHEN 'service' THEN num_nonnulls(period_from, period_to) = 2 AND of_award IS NULL
            WHEN 'star' THEN num_nonnulls(period_from, period_to) = 0 AND of_award IS NOT NULL
            END, false) THEN
        RETURN refusal('certificate_does_not_fit');
    END IF;
    IF kind = 'service' THEN
        RETURN CASE
            WHEN period_to < period_from THEN refusal('period_reversed')
            WHEN period_to > today
                THEN refusal('date_in_future', jsonb_build_object('field', 'period_to',
                                                                  'today', today))
            WHEN (SELECT minutes FROM service_of_period(of_district, of_volunteer, period_from,
                                                        period_to)) IS NULL
                THEN refusal('nothing_to_certify') END;
    END IF;
    IF NOT EXISTS (SELECT FROM star_awards AS a
                   WHERE a.district_id = of_district AND a.id = of_award
                     AND a.volunteer_id = of_volunteer) THEN
        RETURN refusal('award_of_another');
    END IF;
    RETURN CASE WHEN EXISTS (
            SELECT FROM certificates AS c
            LEFT JOIN certificate_revocations AS x
                ON x.district_id = c.district_id AND x.certificate_id = c.id
            WHERE c.district_id = of_district AND c.award_id = of_award
              AND x.certificate_id IS NULL) THEN refusal('award_certified') END;
END
$$;

-- Eight characters of 32 (without I, L, O and U), 40 bits of PostgreSQL's strong random source.
CREATE OR REPLACE FUNCTION random_suffix() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ',
                             1 + (r.bits >> (5 * n) & 31)::integer, 1), '' ORDER BY n)
    FROM (SELECT ('x' || encode(substr(uuid_send(gen_random_uuid()), 1, 5), 'hex'))::bit(40)::bigint
              AS bits) AS r
    CROSS JOIN generate_series(0, 7) AS n
$$;

-- As the API shows it. Dropped first, because its columns may change.
DROP TYPE IF EXISTS certificate_shown CASCADE;
CREATE TYPE certificate_shown AS (
    id uuid, number text, kind text, state text, volunteer_id uuid, volunteer_number text,
    name text, certificate_request_id uuid, period_from date, period_to date, minutes bigint,
    contents jsonb, award_id uuid, star smallint, title text, award_year smallint,
    region_code bigint, issuer text, handler_id uuid, handler_name text, issued_on date,
    entered_by uuid, issued_at timestamptz, revoked_on date, revocation_reason text, revoked_by uuid, revoked_by_name text);

CREATE FUNCTION certificate_answer(c certificates, x certificate_revocations)
RETURNS certificate_shown LANGUAGE plpgsql STABLE AS $$
DECLARE
    shown certificate_shown;
BEGIN
    shown := ROW(c.id, c.number, c.kind,
        CASE WHEN x.revoked_at IS NULL THEN 'valid' ELSE 'revoked' END, c.volunteer_id,
        c.volunteer_number, c.name, c.request_id, c.period_from, c.period_to, c.minutes, c.contents,
        c.award_id, c.star, c.title, c.award_year, c.region_code, c.issuer, c.handler_id,
        c.handler_name, c.issued_on, c.entered_by, c.issued_at,
        civil_date(c.district_id, x.revoked_at), x.reason, x.revoked_by,
        person_name(c.district_id, x.revoked_by));
    RETURN shown;
END
$$;

CREATE FUNCTION certificates_of(of_district integer, ids uuid[])
RETURNS SETOF certificate_shown LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT a.*
    FROM certificates AS c
    LEFT JOIN certificate_revocations AS x
        ON x.district_id = c.district_id AND x.certificate_id = c.id
    CROSS JOIN LATERAL certificate_answer(c, x) AS a
    WHERE c.district_id = of_district AND c.id = ANY (ids);
END
$$;

-- A request with what came of it, as the API shows it.
DROP TYPE IF EXISTS certificate_request_shown CASCADE;
CREATE TYPE certificate_request_shown AS (
    id uuid, state text, volunteer_id uuid, volunteer_number text, name text, region_code bigint,
    kind text, period_from date, period_to date, award_id uuid, purpose text, via text,
    entered_by uuid, requested_at timestamptz, certificate_id uuid, decline_reason text,
    declined_by uuid, declined_by_name text, declined_at timestamptz);

CREATE FUNCTION certificate_request_answer(q certificate_requests, of_certificate uuid,
                                           d certificate_declines)
RETURNS certificate_request_shown LANGUAGE plpgsql STABLE AS $$
DECLARE
    v record;
    shown certificate_request_shown;
BEGIN
    SELECT o.volunteer_number, p.name,
           home_region(o.district_id, o.person_id, district_today(o.district_id)) AS region_code
    INTO v
    FROM volunteers AS o
    JOIN persons AS p ON p.district_id = o.district_id AND p.id = o.person_id
    WHERE o.district_id = q.district_id AND o.id = q.volunteer_id;
    shown := ROW(q.id, CASE WHEN of_certificate IS NOT NULL THEN 'issued'
                            WHEN d.declined_at IS NOT NULL THEN 'declined' ELSE 'open' END,
        q.volunteer_id, v.volunteer_number, v.name, v.region_code, q.kind, q.period_from,
        q.period_to, q.award_id, q.purpose, q.via, q.entered_by, q.requested_at, of_certificate,
        d.reason, d.declined_by, person_name(q.district_id, d.declined_by), d.declined_at);
    RETURN shown;
END
$$;

CREATE FUNCTION certificate_requests_of(of_district integer, ids uuid[])
RETURNS SETOF certificate_request_shown LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT a.*
    FROM certificate_requests AS q
    LEFT JOIN certificates AS c ON c.district_id = q.district_id AND c.request_id = q.id
    LEFT JOIN certificate_declines AS d ON d.district_id = q.district_id AND d.request_id = q.id
    CROSS JOIN LATERAL certificate_request_answer(q, c.id, d) AS a
    WHERE q.district_id = of_district AND q.id = ANY (ids);
END
$$;

-- The volunteers whose certificates change: locked first, in a statement of its own.
CREATE OR REPLACE FUNCTION lock_volunteers(of_district integer, ids uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM FROM volunteers AS v
    WHERE v.district_id = of_district AND v.id = ANY (ids)
    ORDER BY v.id FOR NO KEY UPDATE;
END
$$;
