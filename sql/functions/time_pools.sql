-- Time pools and what is given to them.

-- Whoever gives to a pool, or closes it, holds the lock on its balance.
CREATE OR REPLACE FUNCTION is_open_pool(of_district integer, pool uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM time_pools
                   WHERE district_id = of_district AND id = pool AND closed_on IS NULL)
$$;

-- As the API shows them; region_code is where they lie on a day. Dropped first, because its columns may change.
DROP FUNCTION IF EXISTS pools_of_day(integer, date);
CREATE FUNCTION pools_of_day(of_district integer, today date)
RETURNS TABLE (id uuid, founded_in bigint, region_code bigint, name text, purpose text, state text, opened_on date,
               closed_on date, close_reason text, balance_minutes bigint, reserved_minutes bigint,
               available_minutes bigint, version bigint)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT p.id, p.region_code, living_region(of_district, p.region_code, today), p.name, p.purpose,
           CASE WHEN p.closed_on IS NULL THEN 'open' ELSE 'closed' END, p.opened_on, p.closed_on,
           p.close_reason, b.posted, b.held, available_minutes(b), p.version
    FROM time_pools AS p
    JOIN balances AS b ON b.district_id = p.district_id AND b.account_id = p.account_id
    WHERE p.district_id = of_district
$$;

-- Is a pool one that a caller keeps: of his regions, or of one that was merged into them?
CREATE OR REPLACE FUNCTION keeps_pool(of_district integer, pool uuid, scope_low bigint,
                                      scope_high bigint, today date)
RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM time_pools AS p
        WHERE p.district_id = of_district AND p.id = pool
          AND p.region_code IN (SELECT regions_within(of_district, scope_low, scope_high, today)));
END
$$;

-- How a donor agreed {method, document, witness_id}, where he does not say it himself by the app. The witness
-- is neither he nor who types.
CREATE OR REPLACE FUNCTION donation_consent_refusal(of_district integer, donor uuid, typist uuid,
                                                    channel text, d jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    witness uuid := (d ->> 'witness_id')::uuid;
BEGIN
    RETURN CASE
        WHEN d ->> 'method' IS NULL AND (channel <> 'app' OR donor <> typist)
            THEN refusal('donation_consent_missing')
        WHEN d ->> 'method' = 'paper' AND d ->> 'document' IS NULL
            THEN refusal('consent_document_missing')
        WHEN d ->> 'method' <> 'paper' AND witness IS NULL THEN refusal('consent_witness_missing')
        WHEN witness IN (donor, typist)
             OR (witness IS NOT NULL AND NOT EXISTS (
                     SELECT FROM persons WHERE district_id = of_district AND id = witness))
            THEN refusal('donation_witness_unfit') END;
END
$$;

-- One donation, judged but for what only locks can tell: its refusal, or null. The caller holds month and
-- balances.
CREATE OR REPLACE FUNCTION donate(d donations, month date) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    book passbooks;
    pool time_pools;
    payer balances;
BEGIN
    SELECT * INTO STRICT book FROM passbooks AS p
    WHERE p.district_id = d.district_id AND p.id = d.passbook_id;
    SELECT * INTO STRICT pool FROM time_pools AS p
    WHERE p.district_id = d.district_id AND p.id = d.pool_id;
    IF book.state <> 'open' THEN
        RETURN refusal('passbook_not_open', jsonb_build_object('state', book.state));
    ELSIF pool.closed_on IS NOT NULL THEN
        RETURN refusal('time_pool_closed', jsonb_build_object('closed_on', pool.closed_on));
    ELSIF move_minutes(d.district_id, d.transfer_id, book.account_id, pool.account_id, d.minutes,
                       'donation', pool.region_code, month, d.donated_at) IS NOT NULL THEN
        SELECT * INTO payer FROM balances AS b
        WHERE b.district_id = d.district_id AND b.account_id = book.account_id;
        RETURN refusal('balance_insufficient', jsonb_build_object(
            'minutes', d.minutes, 'available_minutes', available_minutes(payer)));
    END IF;
    INSERT INTO donations SELECT d.*;
    RETURN NULL;
END
$$;
