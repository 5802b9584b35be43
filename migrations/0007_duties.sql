-- The second wall of separation of duties: whatever writes evidence, the four persons differ.
-- The rule itself is duty_conflict() (sql/functions/duties.sql). Kind `opening` is exempt.

CREATE FUNCTION duties_raise(conflict text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF conflict IS NOT NULL THEN
        RAISE EXCEPTION 'duties are not separated: %', conflict
            USING ERRCODE = 'check_violation', CONSTRAINT = 'duties__' || conflict;
    END IF;
END
$$;

CREATE FUNCTION duties_of_attestation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM duties_raise(record_duty_conflict(NEW.district_id, 'attester', NEW.attester_id,
                                              NEW.record_id));
    RETURN NULL;
END
$$;

CREATE FUNCTION duties_of_registration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM duties_raise(record_duty_conflict(NEW.district_id, 'registrar', NEW.registrar_id,
                                              NEW.record_id));
    RETURN NULL;
END
$$;

CREATE FUNCTION duties_of_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM duties_raise(record_duty_conflict(NEW.district_id, 'verifier', NEW.verifier_id,
                                              NEW.record_id));
    RETURN NULL;
END
$$;

-- A close accepts what is left of its community-week once the exceptions are in: at the commit.
CREATE FUNCTION duties_of_close() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    conflict text;
BEGIN
    SELECT record_duty_conflict(g.district_id, 'verifier', NEW.verifier_id, g.record_id)
    INTO conflict
    FROM registrations AS g
    WHERE g.district_id = NEW.district_id AND g.region_code = NEW.region_code
      AND (g.book_week = NEW.book_week
           OR g.record_id IN (SELECT c.record_id FROM carries AS c
                              WHERE c.district_id = NEW.district_id AND c.to_week = NEW.book_week))
      AND NOT EXISTS (SELECT FROM carries AS c
                      WHERE c.district_id = g.district_id AND c.record_id = g.record_id
                        AND c.from_week >= NEW.book_week)
      AND NOT EXISTS (SELECT FROM close_exceptions AS x
                      WHERE x.district_id = g.district_id AND x.record_id = g.record_id
                        AND x.book_week = NEW.book_week)
      AND NOT EXISTS (SELECT FROM record_flags AS f
                      WHERE f.district_id = g.district_id AND f.record_id = g.record_id)
      AND NOT EXISTS (SELECT FROM decisions AS d
                      WHERE d.district_id = g.district_id AND d.record_id = g.record_id)
      AND NOT EXISTS (SELECT FROM voids AS v
                      WHERE v.district_id = g.district_id AND v.record_id = g.record_id)
      AND record_duty_conflict(g.district_id, 'verifier', NEW.verifier_id, g.record_id) IS NOT NULL
    LIMIT 1;
    PERFORM duties_raise(conflict);
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER duties AFTER INSERT ON attestations
    FOR EACH ROW EXECUTE FUNCTION duties_of_attestation();
CREATE CONSTRAINT TRIGGER duties AFTER INSERT ON registrations
    FOR EACH ROW EXECUTE FUNCTION duties_of_registration();
CREATE CONSTRAINT TRIGGER duties AFTER INSERT ON decisions
    FOR EACH ROW EXECUTE FUNCTION duties_of_decision();
CREATE CONSTRAINT TRIGGER duties AFTER INSERT ON worklist_closes
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION duties_of_close();
