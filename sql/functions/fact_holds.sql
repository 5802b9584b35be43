-- Was a dated fact true on a civil day, as far as was known at an instant?
CREATE OR REPLACE FUNCTION fact_holds(valid_from date, valid_to date, recorded_at timestamptz,
                                      superseded_at timestamptz, as_of date, known_at timestamptz)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT valid_from <= as_of AND (valid_to IS NULL OR as_of < valid_to)
       AND recorded_at <= known_at AND (superseded_at IS NULL OR known_at < superseded_at)
$$;

-- The same for what is known now.
CREATE OR REPLACE FUNCTION fact_is_true(valid_from date, valid_to date, superseded_at timestamptz,
                                        as_of date)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT superseded_at IS NULL AND valid_from <= as_of AND (valid_to IS NULL OR as_of < valid_to)
$$;
