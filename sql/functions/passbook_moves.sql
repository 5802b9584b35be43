-- Passbooks that move between districts: minutes go through the clearing account, each district's own; what was
-- earned and the star travel in a statement, which the sending district seals.

-- What is sealed: numbers of fixed length, texts with their length before them, big-endian.
CREATE OR REPLACE FUNCTION move_bytes(move uuid, from_district integer, to_district integer,
                                      passbook_number text, name text, minutes bigint,
                                      earned bigint, star integer, moved_on date)
RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT convert_to('timebank.move.1', 'UTF8') || uuid_send(move) || int4send(from_district)
        || int4send(to_district) || counted_bytes(passbook_number) || counted_bytes(name)
        || int8send(minutes) || int8send(earned) || int4send(star) || date_send(moved_on)
$$;

-- 128 bits that only who knows the sending district's key can make; null: no such district here. Hashed twice, so
-- that nothing can be added to what was sealed.
CREATE OR REPLACE FUNCTION move_seal(from_district integer, bytes bytea) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT left(encode(sha256(moving_key || sha256(moving_key || bytes)), 'hex'), 32)
    FROM districts WHERE district_id = from_district
$$;

-- The one account through which minutes leave and enter a district; derived until it exists.
CREATE OR REPLACE FUNCTION clearing_account(of_district integer) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT derived_uuid(convert_to('timebank.clearing.1', 'UTF8') || int4send(of_district))
$$;

CREATE OR REPLACE FUNCTION open_clearing(of_district integer, moment timestamptz) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO accounts (district_id, id, kind, region_code, opened_at)
    VALUES (of_district, clearing_account(of_district), 'clearing', of_district::bigint * 1000000,
            moment)
    ON CONFLICT DO NOTHING
$$;

-- The book and whose it is, for who holds the locks of volunteer and balance. No row: out of sight.
CREATE OR REPLACE FUNCTION moving_book(of_district integer, passbook uuid, scope_low bigint,
                                       scope_high bigint, today date)
RETURNS TABLE (account_id uuid, passbook_number text, state text, volunteer_id uuid, name text,
               died_on date, star integer, posted bigint, held bigint, pending bigint,
               embargoed bigint, floor_minutes bigint, earned bigint)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT p.account_id, p.passbook_number, p.state, p.volunteer_id, n.name, n.died_on,
           awarded_star(of_district, p.volunteer_id, today), b.posted, b.held, b.pending_in,
           b.embargoed, b.floor_minutes, b.earned_minutes
    FROM passbooks AS p
    JOIN balances AS b ON b.district_id = p.district_id AND b.account_id = p.account_id
    JOIN volunteers AS v ON v.district_id = p.district_id AND v.id = p.volunteer_id
    JOIN persons AS n ON n.district_id = v.district_id AND n.id = v.person_id
    WHERE p.district_id = of_district AND p.id = passbook
      AND home_region(of_district, v.person_id, today) BETWEEN scope_low AND scope_high;
END
$$;

-- Why a book cannot move, in either direction; null: it can.
CREATE OR REPLACE FUNCTION move_refusal(direction text, state text, died_on date, held bigint,
                                        pending bigint, embargoed bigint, posted bigint,
                                        floor_minutes bigint)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN state IS NULL THEN refusal('not_found')
        WHEN died_on IS NOT NULL
            THEN refusal('person_died', jsonb_build_object('died_on', died_on))
        WHEN state <> 'open' THEN refusal('passbook_not_open', jsonb_build_object('state', state))
        WHEN direction = 'out' AND (held <> 0 OR pending <> 0 OR embargoed <> 0 OR posted < 0
                                    OR floor_minutes <> 0)
            THEN refusal('passbook_in_use', jsonb_build_object('balance_minutes', posted,
                'reserved_minutes', held, 'pending_minutes', pending,
                'embargoed_minutes', embargoed))
    END
$$;

-- The row of the move, and its minutes to or from clearing, if there are any; the caller holds the locks. False: it is
-- known.
CREATE OR REPLACE FUNCTION post_move(m passbook_moves, account uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    clearing uuid := clearing_account(m.district_id);
    region bigint := (SELECT region_code FROM accounts
                      WHERE district_id = m.district_id AND id = account);
BEGIN
    INSERT INTO passbook_moves SELECT m.* ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    ELSIF m.minutes > 0 THEN
        PERFORM open_clearing(m.district_id, m.moved_at);
        IF move_minutes(m.district_id, m.transfer_id,
                        CASE m.direction WHEN 'out' THEN account ELSE clearing END,
                        CASE m.direction WHEN 'out' THEN clearing ELSE account END, m.minutes,
                        'clearing', region, m.book_month, m.moved_at) IS NOT NULL THEN
            RAISE EXCEPTION 'passbook % cannot pay what it has', m.passbook_id;
        END IF;
    END IF;
    RETURN true;
END
$$;

-- Leaves: the book is closed with nothing in it. Gives what it was worth, or the refusal.
CREATE OR REPLACE FUNCTION move_out(m passbook_moves, scope_low bigint, scope_high bigint)
RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    today date := civil_date(m.district_id, m.moved_at);
    b record;
    refused jsonb;
BEGIN
    SELECT * INTO b FROM moving_book(m.district_id, m.passbook_id, scope_low, scope_high, today);
    refused := COALESCE(move_refusal('out', b.state, b.died_on, b.held, b.pending, b.embargoed,
                                     b.posted, b.floor_minutes),
                        CASE WHEN m.other_district = m.district_id
                             THEN refusal('move_within_district') END);
    IF refused IS NOT NULL THEN
        RETURN jsonb_build_object('refused', refused);
    END IF;
    m.minutes := b.posted;
    m.earned_minutes := b.earned;
    m.star := b.star;
    m.moved_on := today;
    m.transfer_id := CASE WHEN b.posted > 0 THEN m.transfer_id END;
    m.seal := move_seal(m.district_id, move_bytes(m.id, m.district_id, m.other_district,
        b.passbook_number, b.name, b.posted, b.earned, b.star, today));
    PERFORM post_move(m, b.account_id);
    UPDATE passbooks AS p SET state = 'closed', version = p.version + 1
    WHERE p.district_id = m.district_id AND p.id = m.passbook_id;
    RETURN to_jsonb(m) || jsonb_build_object('passbook_number', b.passbook_number,
                                             'volunteer_name', b.name);
END
$$;

-- Arrives: what the statement says, once. What was earned counts on, the star is worn on.
CREATE OR REPLACE FUNCTION move_in(m passbook_moves, award uuid, scope_low bigint,
                                   scope_high bigint)
RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    today date := civil_date(m.district_id, m.moved_at);
    b record;
    refused jsonb;
BEGIN
    SELECT * INTO b FROM moving_book(m.district_id, m.passbook_id, scope_low, scope_high, today);
    refused := COALESCE(move_refusal('in', b.state, b.died_on, b.held, b.pending, b.embargoed,
                                     b.posted, b.floor_minutes),
        CASE WHEN m.other_district = m.district_id
                  OR m.seal IS DISTINCT FROM move_seal(m.other_district, move_bytes(m.id,
                      m.other_district, m.district_id, m.other_passbook_number, b.name, m.minutes,
                      m.earned_minutes, m.star, m.moved_on))
             THEN refusal('move_seal_invalid', jsonb_build_object('volunteer_name', b.name)) END);
    IF refused IS NOT NULL THEN
        RETURN jsonb_build_object('refused', refused);
    END IF;
    m.transfer_id := CASE WHEN m.minutes > 0 THEN m.transfer_id END;
    IF NOT post_move(m, b.account_id) THEN
        RETURN jsonb_build_object('refused', refusal('move_known'));
    END IF;
    UPDATE balances AS l
    SET earned_minutes = l.earned_minutes + m.earned_minutes, version = l.version + 1
    WHERE l.district_id = m.district_id AND l.account_id = b.account_id;
    INSERT INTO star_awards (district_id, id, volunteer_id, star, award_year, awarded_on, kind,
                             evidence)
    SELECT m.district_id, award, b.volunteer_id, m.star, extract(year FROM m.moved_on)::smallint,
           m.moved_on, 'opening', m.other_district || '/' || m.other_passbook_number || '/' || m.id
    WHERE m.star > b.star
    ON CONFLICT DO NOTHING;
    RETURN to_jsonb(m) || jsonb_build_object('passbook_number', b.passbook_number,
                                             'volunteer_name', b.name);
END
$$;
