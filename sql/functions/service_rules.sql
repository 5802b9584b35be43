-- The rules of a service record, each written once: attest, register and at-counter share them.
-- A rule answers null or the refusal {code, args}; nothing here changes a row.

CREATE OR REPLACE FUNCTION refusal(code text, args jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_object('code', code, 'args', args)
$$;

-- What follows from clock times: the civil day of the start, and the minutes unless given.
CREATE OR REPLACE FUNCTION draft_completed(d service_drafts) RETURNS service_drafts
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    d.service_date := COALESCE(civil_date(d.district_id, d.starts_at), d.service_date);
    d.minutes := COALESCE(d.minutes, floor(extract(epoch FROM d.ends_at - d.starts_at) / 60));
    RETURN d;
END
$$;

CREATE OR REPLACE FUNCTION draft_refusal_of_times(d service_drafts, at timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE
        WHEN (d.starts_at IS NULL) <> (d.ends_at IS NULL) THEN refusal('service_times_incomplete')
        WHEN d.service_date IS NULL THEN refusal('service_date_missing')
        WHEN d.ends_at <= d.starts_at THEN refusal('service_times_reversed')
        WHEN d.ends_at - d.starts_at > interval '24 hours' THEN refusal('service_too_long')
        WHEN d.minutes IS NULL THEN refusal('service_minutes_missing')
        WHEN d.minutes NOT BETWEEN 1 AND 1440
             OR d.minutes * interval '1 minute' > d.ends_at - d.starts_at
            THEN refusal('minutes_exceed_times')
        WHEN d.ends_at > at OR d.service_date > civil_date(d.district_id, at)
            THEN refusal('service_in_future', jsonb_build_object('today',
                                                                 civil_date(d.district_id, at)))
    END;
END
$$;

-- Who served: joined by then, not left, not dead.
CREATE OR REPLACE FUNCTION draft_refusal_of_server(d service_drafts) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    v record;
BEGIN
    SELECT o.joined_on, gone.valid_from AS left_on, p.died_on INTO v
    FROM volunteers AS o
    JOIN persons AS p ON p.district_id = o.district_id AND p.id = o.person_id
    LEFT JOIN volunteer_departures AS gone
        ON gone.district_id = o.district_id AND gone.volunteer_id = o.id
       AND fact_is_true(gone.valid_from, gone.valid_to, gone.superseded_at, d.service_date)
    WHERE o.district_id = d.district_id AND o.id = d.volunteer_id;
    RETURN CASE
        WHEN NOT FOUND THEN refusal('volunteer_unknown')
        WHEN d.service_date < v.joined_on
            THEN refusal('service_before_joining', jsonb_build_object('joined_on', v.joined_on))
        WHEN d.service_date > LEAST(v.left_on, v.died_on)
            THEN refusal('volunteer_has_left',
                         jsonb_build_object('left_on', LEAST(v.left_on, v.died_on)))
    END;
END
$$;

-- Own household and close family earn nothing (domain: people and roles).
CREATE OR REPLACE FUNCTION is_servers_family(of_district integer, server uuid, recipient uuid,
                                             household uuid, on_date date)
RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF household IS NULL THEN
        RETURN server = recipient OR share_household(of_district, server, recipient, on_date)
            OR are_close_family(of_district, server, recipient, on_date);
    END IF;
    RETURN EXISTS (
        SELECT FROM residences AS r
        WHERE r.district_id = of_district AND r.household_id = household
          AND fact_is_true(r.valid_from, r.valid_to, r.superseded_at, on_date)
          AND (r.person_id = server
               OR are_close_family(of_district, server, r.person_id, on_date)));
END
$$;

-- Who was served.
CREATE OR REPLACE FUNCTION draft_refusal_of_recipient(d service_drafts, server uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    died date;
BEGIN
    IF (CASE d.recipient_kind
        WHEN 'person' THEN d.recipient_person_id IS NULL OR d.recipient_household_id IS NOT NULL
        WHEN 'household' THEN d.recipient_household_id IS NULL OR d.recipient_person_id IS NOT NULL
        ELSE d.recipient_label IS NULL OR d.recipient_person_id IS NOT NULL
             OR d.recipient_household_id IS NOT NULL END) THEN
        RETURN refusal('recipient_does_not_fit', jsonb_build_object('kind', d.recipient_kind));
    END IF;
    IF d.recipient_kind = 'person' THEN
        SELECT died_on INTO died FROM persons
        WHERE district_id = d.district_id AND id = d.recipient_person_id;
    ELSIF d.recipient_kind = 'household' THEN
        PERFORM FROM households
        WHERE district_id = d.district_id AND id = d.recipient_household_id;
    ELSE
        RETURN NULL;
    END IF;
    RETURN CASE
        WHEN NOT FOUND THEN refusal('recipient_unknown')
        WHEN died < d.service_date
            THEN refusal('recipient_deceased', jsonb_build_object('died_on', died))
        WHEN is_servers_family(d.district_id, server, d.recipient_person_id,
                               d.recipient_household_id, d.service_date)
            THEN refusal('recipient_is_family')
    END;
END
$$;

-- What the draft names must be there, on the day.
CREATE OR REPLACE FUNCTION draft_refusal_of_references(d service_drafts) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    gone record;
BEGIN
    SELECT * INTO gone FROM region_end(d.district_id, d.region_code);
    RETURN CASE
        WHEN NOT EXISTS (SELECT FROM regions WHERE district_id = d.district_id
                         AND region_code = d.region_code AND kind = 'community')
            THEN refusal('region_not_community')
        WHEN gone.ended_on <= d.service_date
            THEN refusal('region_ended', jsonb_build_object('ended_on', gone.ended_on,
                             'successor_code', gone.successor_code::text))
        WHEN NOT EXISTS (SELECT FROM service_category_facts AS f
                         WHERE f.district_id = d.district_id AND f.category_code = d.category_code
                           AND fact_is_true(f.valid_from, f.valid_to, f.superseded_at,
                                            d.service_date))
            THEN refusal('category_not_in_force',
                         jsonb_build_object('category_code', d.category_code))
        WHEN d.team_id IS NOT NULL
             AND NOT EXISTS (SELECT FROM teams WHERE district_id = d.district_id
                             AND id = d.team_id AND founded_on <= d.service_date
                             AND dissolved_on(d.district_id, id, d.service_date) IS NULL)
            THEN refusal('team_not_active')
        WHEN d.assignment_id IS NULL THEN NULL
        WHEN NOT EXISTS (SELECT FROM assignments WHERE district_id = d.district_id
                         AND id = d.assignment_id AND volunteer_id = d.volunteer_id)
            THEN refusal('assignment_not_of_volunteer')
        WHEN EXISTS (SELECT FROM assignment_claims WHERE district_id = d.district_id
                     AND assignment_id = d.assignment_id
                     AND record_id IS DISTINCT FROM d.replaces_id)
            THEN refusal('assignment_has_record')
        WHEN EXISTS (SELECT FROM holds WHERE district_id = d.district_id
                     AND assignment_id = d.assignment_id AND state <> 'open')
            THEN refusal('assignment_ended')
    END;
END
$$;

-- All rules of a draft. server: the volunteer's person; typist: who enters it.
CREATE OR REPLACE FUNCTION draft_refusal(d service_drafts, server uuid, typist uuid, at timestamptz)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN COALESCE(
        CASE WHEN typist = server THEN refusal('entered_by_server') END,
        draft_refusal_of_times(d, at),
        draft_refusal_of_server(d),
        draft_refusal_of_references(d),
        draft_refusal_of_recipient(d, server));
END
$$;

-- May this person sign in this capacity? The recipient signs himself, or a member for a household;
-- relatives and guardians say how they are related; officers sign where nobody single is served.
CREATE OR REPLACE FUNCTION capacity_fits(d service_drafts, attester uuid, capacity text,
                                         relation text)
RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE
        WHEN capacity = 'recipient' AND d.recipient_kind = 'person'
            THEN attester = d.recipient_person_id
        WHEN capacity = 'recipient' AND d.recipient_kind = 'household'
            THEN COALESCE(household_of(d.district_id, attester, d.service_date)
                          = d.recipient_household_id, false)
        WHEN d.recipient_kind IN ('person', 'household')
            THEN capacity IN ('family_proxy', 'guardian') AND relation IS NOT NULL
                 AND attester IS DISTINCT FROM d.recipient_person_id
        WHEN capacity = 'guardian' THEN relation IS NOT NULL
        ELSE capacity IN ('partner_unit', 'venue_keeper', 'committee_member', 'organiser',
                          'witness')
    END;
END
$$;

-- Who signs for a category where nobody single is served; null: anybody whose capacity fits.
CREATE OR REPLACE FUNCTION capacities_of_category(d service_drafts) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN d.recipient_kind IN ('group', 'public')
                THEN policy_value(d.district_id, 'attester_capacities', d.region_code,
                                  d.service_date) -> d.category_code END;
END
$$;

CREATE OR REPLACE FUNCTION attester_refusal(d service_drafts, server uuid, attester uuid,
                                            capacity text, relation text)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    conflict text;
    died date;
BEGIN
    SELECT died_on INTO died FROM persons WHERE district_id = d.district_id AND id = attester;
    IF NOT FOUND THEN
        RETURN refusal('attester_unknown');
    ELSIF died < d.service_date THEN
        RETURN refusal('attester_deceased', jsonb_build_object('died_on', died));
    END IF;
    conflict := duty_conflict(d.district_id, 'attester', attester, server, NULL, NULL,
                              d.service_date);
    IF conflict IS NOT NULL THEN
        RETURN refusal(conflict);
    END IF;
    IF NOT capacity_fits(d, attester, capacity, relation) THEN
        RETURN refusal('capacity_does_not_fit', jsonb_build_object('capacity', capacity,
                                                                   'kind', d.recipient_kind));
    END IF;
    RETURN CASE WHEN NOT capacities_of_category(d) ? capacity
                THEN refusal('capacity_not_of_category', jsonb_build_object('capacity', capacity,
                         'category_code', d.category_code,
                         'capacities', capacities_of_category(d))) END;
END
$$;

-- A thumbprint is witnessed by a third person.
CREATE OR REPLACE FUNCTION witness_refusal(d service_drafts, server uuid, a jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    witness uuid := (a ->> 'witness_id')::uuid;
BEGIN
    RETURN CASE
        WHEN witness IS NULL AND a ->> 'method' = 'thumbprint' THEN refusal('witness_missing')
        WHEN witness IS NULL THEN NULL
        WHEN NOT EXISTS (SELECT FROM persons WHERE district_id = d.district_id AND id = witness
                         AND NOT COALESCE(died_on < d.service_date, false))
             OR witness IN ((a ->> 'attester_id')::uuid, (a ->> 'second_attester_id')::uuid)
             OR duty_conflict(d.district_id, 'witness', witness, server, NULL, NULL,
                              d.service_date) IS NOT NULL
            THEN refusal('witness_does_not_fit')
    END;
END
$$;

CREATE OR REPLACE FUNCTION scan_refusal(of_district integer, scan text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN scan IS NOT NULL
                     AND NOT EXISTS (SELECT FROM scans WHERE district_id = of_district
                                     AND sha256 = scan_hash(scan))
                THEN refusal('scan_unknown') END;
END
$$;

-- Who must sign, and for how long.
CREATE OR REPLACE FUNCTION signers_refusal(d service_drafts, server uuid, typist uuid, a jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    attester uuid := (a ->> 'attester_id')::uuid;
    second uuid := (a ->> 'second_attester_id')::uuid;
    capacity text := a ->> 'capacity';
BEGIN
    RETURN CASE
        WHEN typist = server THEN refusal('entered_by_server')
        WHEN attester IS NULL OR capacity IS NULL THEN refusal('attester_missing')
        WHEN (a ->> 'minutes')::bigint > d.minutes
            THEN refusal('minutes_exceed_draft', jsonb_build_object('minutes', d.minutes))
        WHEN capacity = 'witness' AND d.recipient_kind IN ('group', 'public')
             AND (second IS NULL OR second = attester) THEN refusal('second_attester_missing')
        WHEN second = attester THEN refusal('second_attester_missing')
    END;
END
$$;

CREATE OR REPLACE FUNCTION second_attester_refusal(d service_drafts, server uuid, a jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    second uuid := (a ->> 'second_attester_id')::uuid;
BEGIN
    RETURN CASE WHEN second IS NOT NULL
                THEN attester_refusal(d, server, second, a ->> 'capacity', a ->> 'relation') END;
END
$$;

-- All rules of an attestation {method, attester_id, capacity, minutes, witness_id, relation,
-- second_attester_id, scan}; a code's correctness is judged where the codes are locked.
CREATE OR REPLACE FUNCTION attestation_refusal(d service_drafts, server uuid, typist uuid, a jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN COALESCE(
        signers_refusal(d, server, typist, a),
        attester_refusal(d, server, (a ->> 'attester_id')::uuid, a ->> 'capacity',
                         a ->> 'relation'),
        second_attester_refusal(d, server, a),
        witness_refusal(d, server, a),
        scan_refusal(d.district_id, a ->> 'scan'));
END
$$;

-- The same, each by itself: of the signers, the attester, the second one, the witness, the scan.
CREATE OR REPLACE FUNCTION attestation_refusals(d service_drafts, server uuid, typist uuid, a jsonb)
RETURNS jsonb[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ARRAY[
        signers_refusal(d, server, typist, a),
        attester_refusal(d, server, (a ->> 'attester_id')::uuid, a ->> 'capacity',
                         a ->> 'relation'),
        second_attester_refusal(d, server, a),
        witness_refusal(d, server, a),
        scan_refusal(d.district_id, a ->> 'scan')];
END
$$;

-- The record whose time a new one would overlap. replaces: the record that makes room.
CREATE OR REPLACE FUNCTION overlapped_record(d service_drafts) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT c.record_id
            FROM time_claims AS c
            WHERE c.district_id = d.district_id AND c.volunteer_id = d.volunteer_id
              AND c.during && tstzrange(d.starts_at, d.ends_at)
              AND c.record_id IS DISTINCT FROM d.replaces_id
            ORDER BY c.during
            LIMIT 1);
END
$$;

-- The minutes of a volunteer's living records on the draft's day.
CREATE OR REPLACE FUNCTION minutes_of_day(d service_drafts) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT COALESCE(sum(s.minutes), 0)
            FROM service_record_states AS s
            WHERE s.district_id = d.district_id AND s.volunteer_id = d.volunteer_id
              AND s.service_date = d.service_date
              AND s.status IN ('attested', 'registered', 'verified')
              AND s.record_id IS DISTINCT FROM d.replaces_id
              AND NOT EXISTS (SELECT FROM service_records AS o
                              WHERE o.district_id = s.district_id AND o.id = s.record_id
                                AND o.kind = 'opening'));
END
$$;

-- Has the draft's day a record without clock times? Then no clock tells whether there is room.
CREATE OR REPLACE FUNCTION day_is_summed(d service_drafts) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN d.starts_at IS NULL OR EXISTS (
        SELECT FROM service_records AS sr
        JOIN service_record_states AS s
            ON s.district_id = sr.district_id AND s.record_id = sr.id
           AND s.status IN ('attested', 'registered', 'verified')
        WHERE sr.district_id = d.district_id AND sr.volunteer_id = d.volunteer_id
          AND sr.service_date = d.service_date AND sr.kind = 'service'
          AND sr.time_precision = 'day' AND sr.id IS DISTINCT FROM d.replaces_id);
END
$$;

-- Such a day holds 24 hours in all. with_untimed: one without clock times is about to be stored too.
CREATE OR REPLACE FUNCTION day_refusal(d service_drafts, minutes bigint, with_untimed boolean)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    booked bigint;
BEGIN
    IF NOT (with_untimed OR day_is_summed(d)) THEN
        RETURN NULL;
    END IF;
    booked := minutes_of_day(d);
    RETURN CASE WHEN booked + minutes > 1440
                THEN refusal('day_exceeded', jsonb_build_object('minutes', booked)) END;
END
$$;

-- Is there room in the volunteer's time? By the clock where it is known, and by the day's sum where
-- it is not.
CREATE OR REPLACE FUNCTION time_refusal(d service_drafts, minutes bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    other uuid := CASE WHEN d.starts_at IS NOT NULL THEN overlapped_record(d) END;
BEGIN
    IF other IS NOT NULL THEN
        RETURN refusal('time_overlap', jsonb_build_object('record_id', other));
    END IF;
    RETURN day_refusal(d, minutes, false);
END
$$;

-- What a replacement needs of the record that it replaces: it was returned for that, or rejected and
-- a correction was accepted since, or nobody has decided on it and, if it is registered, its week
-- still takes changes at that instant.
CREATE OR REPLACE FUNCTION replacement_refusal(of_district integer, replaced uuid, at timestamptz)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (
        SELECT COALESCE(
                   CASE WHEN s.status NOT IN ('attested', 'registered', 'returned')
                             AND NOT (s.status = 'rejected'
                                      AND correction_is_accepted(of_district, replaced))
                        THEN state_refusal(s.status) END,
                   CASE WHEN s.status = 'registered' THEN week_refusal(of_district, s.book_week, at)
                   END)
        FROM service_record_states AS s
        WHERE s.district_id = of_district AND s.record_id = replaced);
END
$$;

-- May a registered record still be taken back? Only while its week is open: a frozen week's
-- worklist is fixed, and what is wrong with it is told by a decision.
CREATE OR REPLACE FUNCTION week_refusal(of_district integer, week date, at timestamptz)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN NOT EXISTS (
        SELECT FROM periods AS p
        WHERE p.district_id = of_district AND p.grain = 'week' AND p.begin_date = week
          AND p.state = 'open' AND p.freezes_at > at)
        THEN refusal('week_frozen', jsonb_build_object('book_week', week)) END;
END
$$;

-- Why a record in this state is not what the act needs.
CREATE OR REPLACE FUNCTION state_refusal(status text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT refusal(CASE status
        WHEN 'draft' THEN 'record_not_attested'
        WHEN 'attested' THEN 'record_not_registered'
        WHEN 'registered' THEN 'already_registered'
        WHEN 'verified' THEN 'already_verified'
        ELSE 'record_ended' END, jsonb_build_object('status', status))
$$;

-- The roles whose holders register, in the community of the record.
CREATE OR REPLACE FUNCTION registrar_roles(of_district integer, region bigint, on_date date)
RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ARRAY(SELECT jsonb_array_elements_text(COALESCE(
        policy_value(of_district, 'registrar_roles', region, on_date),
        '["team_leader", "community_secretary", "residents_group_head"]')));
END
$$;

-- All rules of a registration.
CREATE OR REPLACE FUNCTION registration_refusal(of_district integer, region bigint, team uuid,
        served_on date, server uuid, attesters uuid[], registrar uuid, typist uuid, at timestamptz)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    today date := civil_date(of_district, at);
    roles text[] := registrar_roles(of_district, region, today);
    code text := duty_conflict(of_district, 'registrar', registrar, server, attesters, NULL,
                               served_on);
BEGIN
    IF code IS NULL AND role_over(of_district, registrar, roles, region, team, today) IS NULL THEN
        code := 'registrar_not_entitled';
    END IF;
    IF code IS NULL AND typist = server THEN
        code := 'entered_by_server';
    END IF;
    RETURN CASE WHEN code IS NOT NULL THEN refusal(code, jsonb_build_object('may',
        who_may(of_district, 'registrar', roles, region, team, server, attesters, NULL, served_on,
                today))) END;
END
$$;

-- The week that a registration of this instant enters: the week of the service while that is open,
-- else the oldest open one. Null: no week is open.
CREATE OR REPLACE FUNCTION book_week_of(of_district integer, served_on date, at timestamptz)
RETURNS date LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT p.begin_date
            FROM periods AS p
            WHERE p.district_id = of_district AND p.grain = 'week' AND p.state = 'open'
              AND p.freezes_at > at
            ORDER BY NOT (p.begin_date <= served_on AND served_on < p.end_date), p.begin_date
            LIMIT 1);
END
$$;

-- The account of the volunteer's passbook.
CREATE OR REPLACE FUNCTION passbook_account(of_district integer, of_volunteer uuid) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT account_id
            FROM passbooks
            WHERE district_id = of_district AND volunteer_id = of_volunteer AND state <> 'closed');
END
$$;

-- Who verifies: a secretary of the community; the subdistrict where a secretary had a part or where
-- there is none who could.
CREATE OR REPLACE FUNCTION verifier_refusal(sr service_records, registrar uuid, verifier uuid,
                                            role text, at timestamptz)
RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT office_refusal('verifier', sr, record_attesters(sr.district_id, sr.id), registrar,
                          verifier, role, at)
$$;

-- The same for any duty of the office: a secretary who had no part, else the subdistrict. attesters:
-- with whoever else is to be kept from it.
CREATE OR REPLACE FUNCTION office_refusal(duty text, sr service_records, attesters uuid[],
                                          registrar uuid, person uuid, role text, at timestamptz)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    today date := civil_date(sr.district_id, at);
    may jsonb := who_may(sr.district_id, duty, ARRAY['community_secretary'], sr.region_code,
                         NULL, sr.server_id, attesters, registrar, sr.service_date, today);
    code text := duty_conflict(sr.district_id, duty, person, sr.server_id, attesters, registrar,
                               sr.service_date);
BEGIN
    IF code IS NULL AND (role = 'district_admin' OR role = 'subdistrict_admin' AND may <> '[]'
       AND NOT secretary_had_part(sr, attesters, registrar, today)) THEN
        code := 'secretary_decides';
    END IF;
    IF code IS NULL THEN
        RETURN NULL;
    END IF;
    IF code <> 'secretary_decides' OR may = '[]' THEN
        may := may || who_may(sr.district_id, duty, ARRAY['subdistrict_admin'],
                              sr.region_code, NULL, sr.server_id, attesters, registrar,
                              sr.service_date, today);
    END IF;
    RETURN refusal(code, jsonb_build_object('may', may));
END
$$;

CREATE OR REPLACE FUNCTION secretary_had_part(sr service_records, attesters uuid[], registrar uuid,
                                              today date)
RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (
            SELECT FROM close_exceptions
            WHERE district_id = sr.district_id AND record_id = sr.id
              AND reason = 'verifier_had_part')
        OR EXISTS (
            SELECT FROM role_grants AS g
            JOIN users AS u ON u.district_id = g.district_id AND u.id = g.user_id
            WHERE g.district_id = sr.district_id AND g.region_code = sr.region_code
              AND g.role = 'community_secretary' AND g.revoked_at IS NULL
              AND g.valid_from <= today AND (g.valid_to IS NULL OR today < g.valid_to)
              AND duty_conflict(sr.district_id, 'verifier', u.person_id, sr.server_id, attesters,
                                registrar, sr.service_date) IS NOT NULL);
END
$$;

-- Is a record flagged or reported, or has a close left it out? The others are accepted by a close.
CREATE OR REPLACE FUNCTION is_singled_out(of_district integer, of_record uuid) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN is_reported(of_district, of_record)
        OR EXISTS (SELECT FROM record_flags
                   WHERE district_id = of_district AND record_id = of_record)
        OR EXISTS (SELECT FROM close_exceptions
                   WHERE district_id = of_district AND record_id = of_record);
END
$$;

-- The minutes and the reason that a decision needs.
CREATE OR REPLACE FUNCTION decision_refusal(minutes bigint, decision text, decided bigint,
                                            reason text)
RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN decision <> 'accept' AND reason IS NULL THEN refusal('reason_missing')
        WHEN decision = 'accept' AND decided <> minutes
            OR decision = 'reduce' AND COALESCE(decided NOT BETWEEN 1 AND minutes - 1, true)
            OR decision IN ('reject', 'return') AND decided <> 0
            THEN refusal('decision_minutes_wrong', jsonb_build_object('minutes', minutes)) END
$$;
