-- One-time codes: how often one may be asked for and tried. These limits count by the wall clock
-- (recorded_at); how long a code is good is a matter of the domain and its clock.

CREATE OR REPLACE FUNCTION code_limits(OUT codes_a_day integer, OUT tries_a_day integer,
                                       OUT pause interval, OUT day interval, OUT good_for interval)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 5, 5, interval '60 seconds', interval '24 hours', interval '24 hours'
$$;

-- The newest code of a draft, and all that were sent and wrongly tried in the last day; the draft is
-- locked. All null but the counts when there is none.
CREATE OR REPLACE FUNCTION codes_of_draft(of_district integer, of_draft uuid,
    OUT id uuid, OUT draft_version bigint, OUT code_lookup bytea, OUT expires_at timestamptz,
    OUT newest_at timestamptz, OUT codes bigint, OUT oldest_at timestamptz, OUT tries bigint,
    OUT oldest_try_at timestamptz)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT c.id, c.draft_version, c.code_lookup, c.expires_at, c.recorded_at
    INTO id, draft_version, code_lookup, expires_at, newest_at
    FROM one_time_codes AS c
    WHERE c.district_id = of_district AND c.draft_id = of_draft
    ORDER BY c.recorded_at DESC LIMIT 1;
    SELECT count(*), min(c.recorded_at), COALESCE(sum(c.tries), 0),
           min(c.recorded_at) FILTER (WHERE c.tries > 0)
    INTO codes, oldest_at, tries, oldest_try_at
    FROM one_time_codes AS c
    WHERE c.district_id = of_district AND c.draft_id = of_draft
      AND c.recorded_at > now() - (code_limits()).day;
END
$$;

-- A refusal that ends by itself: retry_at, and the seconds until then for a countdown.
CREATE OR REPLACE FUNCTION refusal_until(code text, until timestamptz) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT refusal(code, jsonb_build_object(
        'retry_at', date_trunc('second', until + interval '1 second'),
        'retry_after_s', GREATEST(1, ceil(extract(epoch FROM until - now()))::integer)))
$$;

-- May a code be sent for a draft now?
CREATE OR REPLACE FUNCTION code_request_refusal(of_district integer, of_draft uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT CASE
            WHEN c.tries >= l.tries_a_day
                THEN refusal_until('code_exhausted', c.oldest_try_at + l.day)
            WHEN c.codes >= l.codes_a_day THEN refusal_until('code_limit', c.oldest_at + l.day)
            WHEN c.newest_at > now() - l.pause
                THEN refusal_until('code_too_soon', c.newest_at + l.pause) END
        FROM codes_of_draft(of_district, of_draft) AS c
        CROSS JOIN code_limits() AS l);
END
$$;
