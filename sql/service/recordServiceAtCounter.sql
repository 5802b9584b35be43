-- step: lock_volunteers
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(volunteer_id uuid)
)
SELECT v.id
FROM volunteers AS v
WHERE v.district_id = :district::integer AND v.id = ANY (ARRAY(SELECT volunteer_id FROM request))
ORDER BY v.id
FOR NO KEY UPDATE

-- step: lock_weeks
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(at timestamptz)
)
SELECT w.begin_date
FROM (SELECT DISTINCT at FROM request ORDER BY at) AS q
CROSS JOIN LATERAL (
    SELECT p.begin_date
    FROM periods AS p
    WHERE p.district_id = :district::integer AND p.grain = 'week' AND p.state = 'open'
      AND p.freezes_at > q.at
    ORDER BY p.begin_date
    LIMIT 1
    FOR SHARE
) AS w

-- step: lock_holds
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(assignment_id uuid)
)
SELECT h.id
FROM holds AS h
WHERE h.district_id = :district::integer
  AND h.assignment_id = ANY (ARRAY(SELECT assignment_id FROM request))
ORDER BY h.id
FOR SHARE

-- step: lock_balances
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(volunteer_id uuid)
)
SELECT b.account_id
FROM balances AS b
WHERE b.district_id = :district::integer
  AND b.account_id = ANY (ARRAY(
          SELECT passbook_account(:district::integer, volunteer_id) FROM request))
ORDER BY b.account_id
FOR UPDATE

-- step: record
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         new_id_2 uuid, actor_user uuid, actor_person uuid, own_team uuid, scope_low bigint,
         scope_high bigint, registrar_id uuid, attestation jsonb, body jsonb)
), found AS (
    SELECT q.*, d AS draft, v.person_id AS server, d.region_code, d.volunteer_id, d.starts_at,
           -- reversed times are refused below, and no range has them
           CASE WHEN d.starts_at > d.ends_at THEN NULL
                ELSE tstzrange(d.starts_at, d.ends_at) END AS during,
           COALESCE((q.attestation ->> 'minutes')::bigint, d.minutes) AS minutes,
           array_remove(ARRAY[(q.attestation ->> 'attester_id')::uuid,
                              (q.attestation ->> 'second_attester_id')::uuid], NULL) AS attesters,
           COALESCE(q.registrar_id, q.actor_person) AS registrar,
           passbook_account(:district::integer, d.volunteer_id) AS account_id,
           book_week_of(:district::integer, d.service_date, q.at) AS book_week,
           COALESCE(civil_date(:district::integer, d.ends_at), d.service_date) AS end_date
    FROM request AS q
    CROSS JOIN LATERAL draft_completed(jsonb_populate_record(NULL::service_drafts,
        jsonb_build_object('team_id', q.own_team) || q.body
        || jsonb_build_object('district_id', :district::integer, 'id', q.new_id, 'version', 1,
               'entered_by', q.actor_user, 'created_at', q.at))) AS d
    LEFT JOIN volunteers AS v
        ON v.district_id = :district::integer AND v.id = d.volunteer_id
), judged AS (
    SELECT f.*, civil_date(:district::integer, f.at) > f.end_date AS late, CASE
        WHEN f.region_code NOT BETWEEN f.scope_low AND f.scope_high
             OR (f.own_team IS NOT NULL AND (f.draft).team_id IS DISTINCT FROM f.own_team)
            THEN refusal('not_found')
        ELSE COALESCE(
            draft_refusal(f.draft, f.server, f.actor_person, f.at),
            attestation_refusal(f.draft, f.server, f.actor_person, f.attestation),
            registration_refusal(:district::integer, f.region_code, (f.draft).team_id,
                (f.draft).service_date, f.server, f.attesters, f.registrar, f.actor_person, f.at),
            CASE WHEN f.account_id IS NULL THEN refusal('passbook_missing')
                 WHEN f.book_week IS NULL THEN refusal('no_open_week') END,
            time_refusal(f.draft, f.minutes))
        END AS refused
    FROM found AS f
), ranked AS (
    SELECT j.*, row_number() OVER (PARTITION BY j.refused IS NULL,
               COALESCE((j.draft).assignment_id, j.new_id) ORDER BY j.ordinal) AS assigned_turn,
           sum(j.minutes) OVER day AS batch_minutes,
           bool_or(j.starts_at IS NULL) OVER day AS batch_untimed
    FROM judged AS j
    WINDOW day AS (PARTITION BY j.refused IS NULL, j.volunteer_id, (j.draft).service_date
                   ORDER BY j.ordinal)
), passed AS (
    -- What other requests of the batch leave room for.
    SELECT r.*
    FROM ranked AS r
    WHERE r.refused IS NULL AND r.assigned_turn = 1
      AND (r.batch_minutes = r.minutes
           OR day_refusal(r.draft, r.batch_minutes::bigint, r.batch_untimed) IS NULL)
), claimed AS (
    INSERT INTO time_claims (district_id, record_id, volunteer_id, during)
    SELECT :district::integer, p.new_id, p.volunteer_id, p.during
    FROM passed AS p
    WHERE p.starts_at IS NOT NULL
    ORDER BY p.ordinal
    ON CONFLICT DO NOTHING
    RETURNING record_id
), taken AS (
    SELECT p.*
    FROM passed AS p
    WHERE p.starts_at IS NULL OR p.new_id IN (SELECT record_id FROM claimed)
), assigned AS (
    INSERT INTO assignment_claims (district_id, assignment_id, record_id)
    SELECT :district::integer, (t.draft).assignment_id, t.new_id
    FROM taken AS t
    WHERE (t.draft).assignment_id IS NOT NULL
), stored AS (
    INSERT INTO service_records (district_id, id, region_code, team_id, volunteer_id, server_id,
        category_code, recipient_kind, recipient_person_id, recipient_household_id, recipient_label,
        place, content, person_in_charge, service_date, starts_at, ends_at, end_date,
        time_precision, minutes, assignment_id, entered_by, created_at)
    SELECT :district::integer, t.new_id, t.region_code, d.team_id, t.volunteer_id, t.server,
        d.category_code, d.recipient_kind, d.recipient_person_id, d.recipient_household_id,
        d.recipient_label, d.place, d.content, d.person_in_charge, d.service_date, d.starts_at,
        d.ends_at, t.end_date, CASE WHEN d.starts_at IS NULL THEN 'day' ELSE 'minute' END,
        t.minutes, d.assignment_id, t.actor_user, t.at
    FROM taken AS t
    CROSS JOIN LATERAL (SELECT (t.draft).*) AS d
), signed AS (
    INSERT INTO attestations (district_id, id, record_id, attester_id, capacity, method, minutes,
        witness_id, relation, sheet_number, scan_sha256, entered_by, attested_at)
    SELECT :district::integer, x.id, t.new_id, x.attester_id, t.attestation ->> 'capacity',
        t.attestation ->> 'method', t.minutes, (t.attestation ->> 'witness_id')::uuid,
        t.attestation ->> 'relation', t.attestation ->> 'sheet_number',
        scan_hash(t.attestation ->> 'scan'), t.actor_user, t.at
    FROM taken AS t
    CROSS JOIN LATERAL (VALUES (t.new_id, t.attesters[1]), (t.new_id_2, t.attesters[2]))
        AS x(id, attester_id)
    WHERE x.attester_id IS NOT NULL
), registered AS (
    INSERT INTO registrations (district_id, record_id, registrar_id, region_code, volunteer_id,
        account_id, service_date, minutes, book_week, registered_late, entered_by, registered_at)
    SELECT :district::integer, t.new_id, t.registrar, t.region_code, t.volunteer_id, t.account_id,
        (t.draft).service_date, t.minutes, t.book_week, t.late, t.actor_user, t.at
    FROM taken AS t
), pending AS (
    UPDATE balances AS b
    SET pending_in = b.pending_in + p.minutes, version = b.version + 1
    FROM (SELECT account_id, sum(minutes) AS minutes FROM taken GROUP BY account_id) AS p
    WHERE b.district_id = :district::integer AND b.account_id = p.account_id
), told AS (
    SELECT r.*, CASE
        WHEN r.refused IS NOT NULL THEN r.refused
        WHEN t.ordinal IS NOT NULL THEN NULL
        WHEN r.assigned_turn > 1 THEN refusal('assignment_has_record')
        WHEN r.batch_minutes <> r.minutes
             AND day_refusal(r.draft, r.batch_minutes::bigint, r.batch_untimed) IS NOT NULL
            THEN refusal('day_exceeded', jsonb_build_object('minutes', minutes_of_day(r.draft)
                             + r.batch_minutes - r.minutes))
        ELSE refusal('time_overlap', jsonb_build_object('record_id', (
                 SELECT o.new_id FROM taken AS o
                 WHERE o.volunteer_id = r.volunteer_id AND o.during && r.during
                 ORDER BY o.ordinal LIMIT 1)))
        END AS said
    FROM ranked AS r
    LEFT JOIN (SELECT ordinal FROM taken) AS t USING (ordinal)
), outcome AS (
    SELECT t.ordinal, t.said ->> 'code' AS code, t.said -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN LATERAL draft_answer(t.draft, jsonb_build_object('status', 'registered',
        'minutes', t.minutes, 'book_week', t.book_week, 'registrar_id', t.registrar,
        'registrar_name', person_name(:district::integer, t.registrar),
        'registered_at', t.at, 'registered_late', t.late, 'pending_minutes', t.minutes,
        'version', record_version(now()))) AS a ON t.said IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
