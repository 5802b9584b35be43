-- Moves outside a settlement: a donation, the rest of a passbook. One transfer with its lines and balances.

-- The account to which hours of a region lapse; derived until it exists.
CREATE OR REPLACE FUNCTION sink_account(of_district integer, region bigint) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT COALESCE((SELECT id FROM accounts
                     WHERE district_id = of_district AND kind = 'sink' AND region_code = region),
                    derived_uuid(convert_to('timebank.sink.1', 'UTF8')
                                 || int4send(of_district) || int8send(region)))
$$;

CREATE OR REPLACE FUNCTION open_sink(of_district integer, region bigint, moment timestamptz)
RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO accounts (district_id, id, kind, region_code, opened_at)
    VALUES (of_district, sink_account(of_district, region), 'sink', region, moment)
    ON CONFLICT DO NOTHING
$$;

-- What a passbook or pool can give away: posted, without what is held, embargoed or below the floor.
CREATE OR REPLACE FUNCTION available_minutes(b balances) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT b.posted - b.held - b.embargoed - b.floor_minutes
$$;

-- The line of one side of a transfer in the book whose balance row is so by now; none of a pool or sink.
CREATE OR REPLACE FUNCTION print_line(b balances, transfer uuid, signed_minutes bigint) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO passbook_lines (district_id, account_id, line_no, transfer_id, minutes,
                                balance_minutes)
    SELECT b.district_id, b.account_id, b.line_no, transfer, signed_minutes, b.posted
    WHERE has_lines(b.district_id, b.account_id)
$$;

CREATE OR REPLACE FUNCTION has_lines(of_district integer, account uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM passbooks WHERE district_id = of_district AND account_id = account)
$$;

-- The refusal, or null. The caller holds the month FOR SHARE. A side without a balance row, as clearing and sinks,
-- has no floor. Both balances are locked by their keys first, as
-- everywhere; the floor is inside the one conditional UPDATE that takes. What was earned stays as it is.
CREATE OR REPLACE FUNCTION move_minutes(of_district integer, transfer uuid, payer uuid,
                                        receiver uuid, moved bigint, of_kind text, region bigint,
                                        month date, moment timestamptz)
RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    after balances;
BEGIN
    PERFORM FROM balances AS b
    WHERE b.district_id = of_district AND b.account_id IN (payer, receiver)
    ORDER BY b.account_id FOR UPDATE;
    UPDATE balances AS b
    SET posted = b.posted - moved, line_no = b.line_no + has_lines(of_district, payer)::integer,
        version = b.version + 1
    WHERE b.district_id = of_district AND b.account_id = payer AND available_minutes(b) >= moved
    RETURNING * INTO after;
    IF after.account_id IS NULL AND EXISTS (SELECT FROM balances AS b
                                            WHERE b.district_id = of_district
                                              AND b.account_id = payer) THEN
        RETURN 'balance_insufficient';
    END IF;
    INSERT INTO transfers (district_id, id, debit_account_id, credit_account_id, minutes, kind,
                           region_code, book_month, posted_at)
    VALUES (of_district, transfer, payer, receiver, moved, of_kind, region, month, moment);
    PERFORM print_line(after, transfer, -moved) WHERE after.account_id IS NOT NULL;
    UPDATE balances AS b
    SET posted = b.posted + moved, line_no = b.line_no + has_lines(of_district, receiver)::integer,
        version = b.version + 1
    WHERE b.district_id = of_district AND b.account_id = receiver
    RETURNING * INTO after;
    IF FOUND THEN
        PERFORM print_line(after, transfer, moved);
    END IF;
    RETURN NULL;
END
$$;

-- The open month that takes an entry of a day, which stays open until this has committed.
CREATE OR REPLACE FUNCTION lock_booking_month(of_district integer, day date) RETURNS date
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    month date;
BEGIN
    LOOP -- the freeze of one that was waited for makes it another one
        month := booking_month(of_district, day);
        PERFORM FROM periods AS p
        WHERE p.district_id = of_district AND p.grain = 'month' AND p.begin_date = month
          AND p.state = 'open'
        FOR SHARE;
        EXIT WHEN FOUND OR month IS NULL;
    END LOOP;
    RETURN month;
END
$$;

-- Whatever a passbook has available goes to a pool, or without one to the sink of the book's region: what
-- somebody leaves behind. Gives how many minutes; null: the pool is closed. Who decides it keeps the evidence.
CREATE OR REPLACE FUNCTION move_rest(of_district integer, transfer uuid, payer uuid, of_pool uuid,
                                     moment timestamptz)
RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    month date := lock_booking_month(of_district, civil_date(of_district, moment));
    region bigint;
    receiver uuid;
    rest bigint;
BEGIN
    SELECT CASE WHEN of_pool IS NULL THEN a.region_code ELSE p.region_code END,
           CASE WHEN of_pool IS NULL THEN sink_account(of_district, a.region_code)
                ELSE p.account_id END
    INTO STRICT region, receiver
    FROM accounts AS a
    LEFT JOIN time_pools AS p ON p.district_id = of_district AND p.id = of_pool
    WHERE a.district_id = of_district AND a.id = payer;
    PERFORM FROM balances AS b
    WHERE b.district_id = of_district AND b.account_id IN (payer, receiver)
    ORDER BY b.account_id FOR UPDATE;
    SELECT available_minutes(b) INTO STRICT rest
    FROM balances AS b WHERE b.district_id = of_district AND b.account_id = payer;
    IF of_pool IS NOT NULL AND NOT is_open_pool(of_district, of_pool) THEN
        RETURN NULL;
    ELSIF rest <= 0 THEN
        RETURN 0;
    END IF;
    PERFORM open_sink(of_district, region, moment) WHERE of_pool IS NULL;
    PERFORM move_minutes(of_district, transfer, payer, receiver, rest,
                         CASE WHEN of_pool IS NULL THEN 'retirement' ELSE 'donation' END, region,
                         month, moment);
    RETURN rest;
END
$$;
