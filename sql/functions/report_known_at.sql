-- Until when a report knows: now, or an instant at least 60 s ago, the longest that a transaction
-- may last, so that no late committer changes a printed report.
CREATE OR REPLACE FUNCTION report_known_at(known_at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF known_at > now() - interval '60 seconds' THEN
        RAISE EXCEPTION 'known_at is less than 60 seconds ago'
            USING ERRCODE = 'invalid_parameter_value', CONSTRAINT = 'known_at_too_recent';
    END IF;
    RETURN COALESCE(known_at, now());
END
$$;
