-- Holds: minutes of a passbook or pool kept for one assignment. Each function gives the code of the
-- refusal, or null. The floor is inside the one conditional UPDATE that reserves. Order of locks:
-- hold, then balance. The capture belongs to the weekly settlement (settle_week.sql).

CREATE OR REPLACE FUNCTION place_hold(of_district integer, hold uuid, of_account uuid,
                                      of_assignment uuid, hold_minutes bigint, at timestamptz,
                                      expires timestamptz)
RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    inserted bigint;
BEGIN
    IF EXISTS (SELECT FROM assignments AS a
               JOIN passbooks AS p
                   ON p.district_id = of_district AND p.volunteer_id = a.volunteer_id
               WHERE a.district_id = of_district AND a.id = of_assignment
                 AND p.account_id = of_account) THEN
        RETURN 'payer_is_server';
    END IF;
    IF EXISTS (SELECT FROM holds
               WHERE district_id = of_district AND assignment_id = of_assignment) THEN
        RETURN 'assignment_has_hold';
    END IF;
    UPDATE balances SET held = held + hold_minutes, version = version + 1
    WHERE district_id = of_district AND account_id = of_account
      AND posted - held - embargoed - hold_minutes >= floor_minutes;
    IF NOT FOUND THEN
        RETURN 'balance_insufficient';
    END IF;
    INSERT INTO holds (district_id, id, account_id, assignment_id, minutes, placed_at, expires_at)
    VALUES (of_district, hold, of_account, of_assignment, hold_minutes, at, expires)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS inserted = ROW_COUNT;
    IF inserted = 0 THEN -- another one was first: give the minutes back
        UPDATE balances SET held = held - hold_minutes
        WHERE district_id = of_district AND account_id = of_account;
        RETURN 'assignment_has_hold';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION void_hold(of_district integer, hold uuid, at timestamptz)
RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    found_hold holds;
BEGIN
    SELECT * INTO found_hold FROM holds AS h
    WHERE h.district_id = of_district AND h.id = hold FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'not_found';
    ELSIF found_hold.state <> 'open' THEN
        RETURN 'hold_is_closed';
    END IF;
    UPDATE holds AS h SET state = 'voided', closed_at = at
    WHERE h.district_id = of_district AND h.id = hold;
    UPDATE balances AS b SET held = b.held - found_hold.minutes, version = b.version + 1
    WHERE b.district_id = of_district AND b.account_id = found_hold.account_id;
    RETURN NULL;
END
$$;

-- The open holds of rejected records, which are locked; gives how many.
CREATE OR REPLACE FUNCTION void_holds(of_district integer, records uuid[], at timestamptz)
RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT count(void_hold(of_district, h.id, at) IS NULL)
    FROM service_records AS sr
    JOIN holds AS h ON h.district_id = of_district AND h.assignment_id = sr.assignment_id
        AND h.state = 'open'
    WHERE sr.district_id = of_district AND sr.id = ANY (records)
$$;

-- Does a living record pin the hold of an assignment? From its attestation until it is rejected.
CREATE OR REPLACE FUNCTION hold_is_pinned(of_district integer, of_assignment uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM assignment_claims
                   WHERE district_id = of_district AND assignment_id = of_assignment)
$$;

-- Ends the unserved holds whose time is over; gives how many.
CREATE OR REPLACE FUNCTION expire_holds(of_district integer, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    over uuid[];
BEGIN
    over := ARRAY(
        SELECT h.id FROM holds AS h
        WHERE h.district_id = of_district AND h.state = 'open' AND h.expires_at <= at
          AND NOT hold_is_pinned(of_district, h.assignment_id)
        ORDER BY h.id FOR UPDATE SKIP LOCKED);
    -- A record may have been attested before the lock was there: look again under it.
    over := ARRAY(
        SELECT h.id FROM holds AS h
        WHERE h.district_id = of_district AND h.id = ANY (over) AND h.state = 'open'
          AND NOT hold_is_pinned(of_district, h.assignment_id));
    PERFORM FROM balances AS b
    WHERE b.district_id = of_district
      AND b.account_id IN (SELECT h.account_id FROM holds AS h
                           WHERE h.district_id = of_district AND h.id = ANY (over))
    ORDER BY b.account_id FOR UPDATE;
    UPDATE balances AS b
    SET held = b.held - e.minutes, version = b.version + 1
    FROM (SELECT h.account_id, sum(h.minutes) AS minutes FROM holds AS h
          WHERE h.district_id = of_district AND h.id = ANY (over)
          GROUP BY h.account_id) AS e
    WHERE b.district_id = of_district AND b.account_id = e.account_id;
    UPDATE holds AS h SET state = 'expired', closed_at = at
    WHERE h.district_id = of_district AND h.id = ANY (over);
    RETURN cardinality(over);
END
$$;
