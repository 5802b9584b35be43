-- The name of a skill on a day, else the last one it had, else the first to come.
CREATE OR REPLACE FUNCTION skill_name(of_district integer, code text, on_date date) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT name
            FROM skill_facts
            WHERE district_id = of_district AND skill_code = code AND superseded_at IS NULL
            ORDER BY valid_from <= on_date DESC, abs(valid_from - on_date)
            LIMIT 1);
END
$$;

CREATE OR REPLACE FUNCTION skill_in_force(of_district integer, code text, on_date date)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM skill_facts AS f
        WHERE f.district_id = of_district AND f.skill_code = code
          AND fact_is_true(f.valid_from, f.valid_to, f.superseded_at, on_date));
END
$$;

-- Is the certificate whole, and there if the skill needs one?
CREATE OR REPLACE FUNCTION certificate_fits(of_district integer, code text, number text,
                                            issuer text, valid_until date)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN number IS NOT NULL
        OR (issuer IS NULL AND valid_until IS NULL
            AND NOT (SELECT needs_certificate FROM skills
                     WHERE district_id = of_district AND skill_code = code));
END
$$;
