-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT lock_drafts(:district::integer, ARRAY(SELECT id FROM request))

-- step: attest
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         new_id_2 uuid, actor_user uuid, actor_person uuid, self_person uuid, own_team uuid,
         scope_low bigint, scope_high bigint, id uuid, method text, code_lookup bytea,
         minutes bigint, body jsonb)
), found AS (
    SELECT q.*, a.status, a.server_id, a.recipient_person_id, d AS draft, c.id AS code_id,
           c.draft_version AS code_version, c.tries, c.oldest_try_at, c.expires_at,
           c.code_lookup AS code_wanted,
           CASE WHEN q.method = 'code'
                THEN jsonb_build_object('method', 'code', 'attester_id', a.recipient_person_id,
                         'capacity', 'recipient', 'minutes', COALESCE(q.minutes, a.minutes))
                ELSE q.body - 'code' || jsonb_build_object('minutes',
                                                           COALESCE(q.minutes, a.minutes))
           END AS attestation
    FROM request AS q
    CROSS JOIN LATERAL visible_record(:district::integer, q.id, q.scope_low, q.scope_high,
                                      q.own_team, q.self_person) AS a
    LEFT JOIN service_drafts AS d ON d.district_id = :district::integer AND d.id = a.id
    LEFT JOIN LATERAL codes_of_draft(:district::integer, d.id) AS c ON q.method = 'code'
), judged AS (
    SELECT f.*, CASE
        WHEN f.status IS NULL THEN refusal('not_found')
        WHEN f.status <> 'draft'
            THEN refusal('already_attested', jsonb_build_object('status', f.status))
        WHEN f.actor_person = f.server_id THEN refusal('entered_by_server')
        WHEN f.method = 'code' AND f.body ? 'scan' THEN refusal('scan_on_paper_only')
        WHEN f.method <> 'code' AND f.self_person IS NOT NULL THEN refusal('paper_at_counter_only')
        WHEN f.method = 'code' AND f.code_id IS NULL THEN refusal('code_not_requested')
        WHEN f.method = 'code' AND f.tries >= (code_limits()).tries_a_day
            THEN refusal_until('code_exhausted', f.oldest_try_at + (code_limits()).day)
        WHEN f.method = 'code' AND f.expires_at <= f.at THEN refusal('code_expired')
        WHEN f.method = 'code' AND f.code_version <> (f.draft).version THEN refusal('code_outdated')
        WHEN f.method = 'code' AND f.code_lookup IS DISTINCT FROM f.code_wanted
            THEN refusal('code_wrong', jsonb_build_object(
                     'tries_left', (code_limits()).tries_a_day - 1 - f.tries))
        ELSE COALESCE(draft_refusal(f.draft, f.server_id, f.actor_person, f.at),
                      replacement_refusal(:district::integer, (f.draft).replaces_id, f.at),
                      attestation_refusal(f.draft, f.server_id, f.actor_person, f.attestation),
                      time_refusal(f.draft, (f.attestation ->> 'minutes')::bigint))
        END AS refused
    FROM found AS f
), ranked AS (
    SELECT j.*, (j.draft).volunteer_id, (j.draft).replaces_id,
           tstzrange((j.draft).starts_at, (j.draft).ends_at) AS during,
           (j.attestation ->> 'minutes')::bigint AS attested_minutes,
           row_number() OVER (PARTITION BY j.refused IS NULL,
               COALESCE((j.draft).replaces_id, (j.draft).id) ORDER BY j.ordinal) AS turn,
           row_number() OVER (PARTITION BY j.refused IS NULL,
               COALESCE((j.draft).assignment_id, (j.draft).id) ORDER BY j.ordinal) AS assigned_turn,
           sum((j.attestation ->> 'minutes')::bigint) OVER day AS batch_minutes,
           bool_or((j.draft).starts_at IS NULL) OVER day AS batch_untimed
    FROM judged AS j
    WINDOW day AS (PARTITION BY j.refused IS NULL, (j.draft).volunteer_id, (j.draft).service_date
                   ORDER BY j.ordinal)
), passed AS (
    -- What other requests of the batch leave room for. A replacement gives up its old claim and so
    -- must be sure of the new one before; the others learn of an overlap from the constraint.
    SELECT r.*
    FROM ranked AS r
    WHERE r.refused IS NULL AND r.turn = 1 AND r.assigned_turn = 1
      AND (r.batch_minutes = r.attested_minutes
           OR day_refusal(r.draft, r.batch_minutes::bigint, r.batch_untimed) IS NULL)
      AND (r.replaces_id IS NULL
           OR NOT EXISTS (SELECT FROM ranked AS o
                          WHERE o.refused IS NULL AND o.ordinal <> r.ordinal
                            AND o.volunteer_id = r.volunteer_id AND o.during && r.during))
), released AS (
    DELETE FROM time_claims AS c
    USING passed AS p
    WHERE c.district_id = :district::integer AND c.record_id = p.replaces_id
    RETURNING c.record_id
), claimed AS (
    INSERT INTO time_claims (district_id, record_id, volunteer_id, during)
    SELECT :district::integer, p.id, p.volunteer_id, p.during
    FROM passed AS p
    WHERE NOT lower_inf(p.during) AND (SELECT count(*) FROM released) >= 0
    ORDER BY p.ordinal
    ON CONFLICT DO NOTHING
    RETURNING record_id, volunteer_id, during
), attested AS (
    SELECT p.*
    FROM passed AS p
    WHERE lower_inf(p.during) OR p.id IN (SELECT record_id FROM claimed)
), unassigned AS (
    DELETE FROM assignment_claims AS c
    USING attested AS t
    WHERE c.district_id = :district::integer AND c.record_id = t.replaces_id
    RETURNING c.record_id
), assigned AS (
    -- An assignment is of one volunteer, who is locked: no conflict is left to be found here.
    INSERT INTO assignment_claims (district_id, assignment_id, record_id)
    SELECT :district::integer, (t.draft).assignment_id, t.id
    FROM attested AS t
    WHERE (t.draft).assignment_id IS NOT NULL AND (SELECT count(*) FROM unassigned) >= 0
), stored AS (
    INSERT INTO service_records (district_id, id, region_code, team_id, volunteer_id, server_id,
        category_code, recipient_kind, recipient_person_id, recipient_household_id, recipient_label,
        place, content, person_in_charge, service_date, starts_at, ends_at, end_date,
        time_precision, minutes, assignment_id, replaces_id, entered_by, created_at)
    SELECT d.district_id, d.id, d.region_code, d.team_id, d.volunteer_id, t.server_id,
        d.category_code, d.recipient_kind, d.recipient_person_id, d.recipient_household_id,
        d.recipient_label, d.place, d.content, d.person_in_charge, d.service_date, d.starts_at,
        d.ends_at, COALESCE(civil_date(d.district_id, d.ends_at), d.service_date),
        CASE WHEN d.starts_at IS NULL THEN 'day' ELSE 'minute' END, t.attested_minutes,
        d.assignment_id, d.replaces_id, d.entered_by, d.created_at
    FROM attested AS t
    JOIN service_drafts AS d ON d.district_id = :district::integer AND d.id = t.id
), signed AS (
    INSERT INTO attestations (district_id, id, record_id, attester_id, capacity, method, minutes,
        witness_id, relation, sheet_number, scan_sha256, entered_by, attested_at)
    SELECT :district::integer, x.id, t.id, x.attester_id, t.attestation ->> 'capacity', t.method,
        t.attested_minutes, (t.attestation ->> 'witness_id')::uuid, t.attestation ->> 'relation',
        t.attestation ->> 'sheet_number',
        scan_hash(t.attestation ->> 'scan'), t.actor_user, t.at
    FROM attested AS t
    CROSS JOIN LATERAL (
        VALUES (t.new_id, (t.attestation ->> 'attester_id')::uuid),
               (t.new_id_2, (t.attestation ->> 'second_attester_id')::uuid)
    ) AS x(id, attester_id)
    WHERE x.attester_id IS NOT NULL
), taken_back AS (
    UPDATE balances AS b
    SET pending_in = b.pending_in - g.minutes, version = b.version + 1
    FROM (SELECT g.account_id, sum(g.minutes) AS minutes
          FROM attested AS t
          JOIN registrations AS g
              ON g.district_id = :district::integer AND g.record_id = t.replaces_id
          JOIN service_record_states AS o
              ON o.district_id = g.district_id AND o.record_id = g.record_id
          WHERE o.status = 'registered'
          GROUP BY g.account_id) AS g
    WHERE b.district_id = :district::integer AND b.account_id = g.account_id
), codes_gone AS (
    DELETE FROM one_time_codes AS c
    USING attested AS t
    WHERE c.district_id = :district::integer AND c.draft_id = t.id
), drafts_gone AS (
    DELETE FROM service_drafts AS d
    USING attested AS t
    WHERE d.district_id = :district::integer AND d.id = t.id
), tried AS (
    UPDATE one_time_codes AS c
    SET tries = LEAST(5, c.tries + w.wrong)
    FROM (SELECT j.code_id, count(*) AS wrong
          FROM judged AS j
          WHERE j.refused ->> 'code' = 'code_wrong' AND j.id NOT IN (SELECT id FROM attested)
          GROUP BY j.code_id) AS w
    WHERE c.district_id = :district::integer AND c.id = w.code_id
), told AS (
    SELECT r.ordinal, r.id, CASE
        WHEN r.refused IS NOT NULL THEN r.refused
        WHEN t.ordinal IS NOT NULL THEN NULL
        WHEN r.turn > 1
            THEN refusal('already_attested', jsonb_build_object('status', 'attested'))
        WHEN r.assigned_turn > 1 THEN refusal('assignment_has_record')
        WHEN r.batch_minutes <> r.attested_minutes
             AND day_refusal(r.draft, r.batch_minutes::bigint, r.batch_untimed) IS NOT NULL
            THEN refusal('day_exceeded', jsonb_build_object('minutes', minutes_of_day(r.draft)
                             + r.batch_minutes - r.attested_minutes))
        ELSE refusal('time_overlap', jsonb_build_object('record_id', (
                 SELECT o.id FROM ranked AS o
                 WHERE o.refused IS NULL AND o.ordinal <> r.ordinal
                   AND o.volunteer_id = r.volunteer_id AND o.during && r.during
                 ORDER BY o.ordinal LIMIT 1)))
        END AS refused
    FROM ranked AS r
    LEFT JOIN attested AS t USING (ordinal)
), outcome AS (
    SELECT s.ordinal, s.refused ->> 'code' AS code, s.refused -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM told AS s
    LEFT JOIN attested AS t USING (ordinal)
    LEFT JOIN LATERAL record_answer(:district::integer, t.id,
        jsonb_build_object('status', 'attested', 'minutes', t.attested_minutes,
                           'version', record_version(now()))) AS a ON s.refused IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
