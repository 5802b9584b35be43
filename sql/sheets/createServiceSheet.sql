-- step: lock_region
-- Sheets of one community come one after the other, so that a number is good once.
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(region_code bigint)
)
SELECT g.region_code
FROM regions AS g
WHERE g.district_id = :district::integer
  AND g.region_code = ANY (ARRAY(SELECT region_code FROM request))
ORDER BY g.region_code
FOR NO KEY UPDATE

-- step: lock_volunteers
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, body jsonb)
)
SELECT v.id
FROM volunteers AS v
WHERE v.district_id = :district::integer
  AND v.id = ANY (ARRAY(SELECT (l.draft).volunteer_id
                        FROM request AS q
                        CROSS JOIN LATERAL sheet_lines(:district::integer, q.body, q.new_id,
                                                       q.actor_user, q.at) AS l))
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

-- step: lock_balances
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, body jsonb)
)
SELECT b.account_id
FROM balances AS b
WHERE b.district_id = :district::integer
  AND b.account_id = ANY (ARRAY(SELECT l.account_id
                                FROM request AS q
                                CROSS JOIN LATERAL sheet_lines(:district::integer, q.body, q.new_id,
                                                               q.actor_user, q.at) AS l))
ORDER BY b.account_id
FOR UPDATE

-- step: record
WITH request AS (
    SELECT r.*, jsonb_build_object('team_id', r.own_team) || r.body AS sheet
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, actor_person uuid, own_team uuid, scope_low bigint, scope_high bigint,
         dry_run boolean, region_code bigint, sheet_number text, registrar_id uuid,
         attestation jsonb, body jsonb)
), judged AS MATERIALIZED (
    SELECT q.*, CASE
        WHEN q.region_code NOT BETWEEN q.scope_low AND q.scope_high
             OR (q.own_team IS NOT NULL AND q.sheet ->> 'team_id' IS DISTINCT FROM q.own_team::text)
            THEN refusal('not_found')
        WHEN found.id IS NOT NULL
            THEN refusal('sheet_number_taken', jsonb_build_object('sheet_id', found.id))
        ELSE (SELECT refusal('sheet_faulty', jsonb_build_object('faults', jsonb_array_length(f),
                         'errors', jsonb_path_query_array(f, '$[0 to 511]')))
              FROM sheet_faults(:district::integer, q.sheet, q.new_id, q.actor_user,
                                q.actor_person, q.at) AS f
              WHERE f IS NOT NULL)
        END AS refused
    FROM request AS q
    LEFT JOIN service_sheets AS found
        ON found.district_id = :district::integer AND found.region_code = q.region_code
       AND found.sheet_number = q.sheet_number
), line AS MATERIALIZED (
    SELECT j.ordinal, j.new_id AS sheet_id, j.at, j.actor_user, j.registrar_id, j.sheet_number,
           j.attestation, COALESCE(j.dry_run, false) AS is_dry, l.*, (l.draft).id AS record_id,
           (l.draft).region_code, (l.draft).volunteer_id, (l.draft).service_date,
           (l.draft).starts_at, (l.draft).ends_at, (l.draft).minutes,
           COALESCE(civil_date(:district::integer, (l.draft).ends_at), (l.draft).service_date)
               AS end_date
    FROM judged AS j
    CROSS JOIN LATERAL sheet_lines(:district::integer, j.sheet, j.new_id, j.actor_user, j.at) AS l
    WHERE j.refused IS NULL
), taken AS (
    SELECT l.*, civil_date(:district::integer, l.at) > l.end_date AS late
    FROM line AS l
    WHERE NOT l.is_dry
), head AS (
    SELECT j.*, d AS draft, t.minutes, t.lines_count
    FROM judged AS j
    CROSS JOIN LATERAL jsonb_populate_record(NULL::service_drafts, j.sheet) AS d
    CROSS JOIN LATERAL (SELECT sum(l.minutes)::bigint AS minutes, count(*)::integer AS lines_count
                        FROM line AS l WHERE l.ordinal = j.ordinal) AS t
    WHERE j.refused IS NULL
), claimed AS (
    INSERT INTO time_claims (district_id, record_id, volunteer_id, during)
    SELECT :district::integer, t.record_id, t.volunteer_id, tstzrange(t.starts_at, t.ends_at)
    FROM taken AS t
    WHERE t.starts_at IS NOT NULL
), stored AS (
    INSERT INTO service_records (district_id, id, region_code, team_id, volunteer_id, server_id,
        category_code, recipient_kind, recipient_person_id, recipient_household_id, recipient_label,
        place, content, person_in_charge, service_date, starts_at, ends_at, end_date,
        time_precision, minutes, entered_by, created_at)
    SELECT :district::integer, t.record_id, d.region_code, d.team_id, d.volunteer_id, t.server,
        d.category_code, d.recipient_kind, d.recipient_person_id, d.recipient_household_id,
        d.recipient_label, d.place, d.content, d.person_in_charge, d.service_date, d.starts_at,
        d.ends_at, t.end_date, CASE WHEN d.starts_at IS NULL THEN 'day' ELSE 'minute' END,
        d.minutes, t.actor_user, t.at
    FROM taken AS t
    CROSS JOIN LATERAL (SELECT (t.draft).*) AS d
), signed AS (
    INSERT INTO attestations (district_id, id, record_id, attester_id, capacity, method, minutes,
        witness_id, relation, sheet_number, scan_sha256, entered_by, attested_at)
    SELECT :district::integer, derived_uuid(convert_to('timebank.sheet_signature.1', 'UTF8')
                                   || uuid_send(t.record_id) || convert_to(x.field, 'UTF8')),
        t.record_id, (t.attestation ->> x.field)::uuid, t.attestation ->> 'capacity',
        t.attestation ->> 'method', t.minutes, (t.attestation ->> 'witness_id')::uuid,
        t.attestation ->> 'relation', t.sheet_number, scan_hash(t.attestation ->> 'scan'),
        t.actor_user, t.at
    FROM taken AS t
    CROSS JOIN (VALUES ('attester_id'), ('second_attester_id')) AS x(field)
    WHERE t.attestation ->> x.field IS NOT NULL
), registered AS (
    INSERT INTO registrations (district_id, record_id, registrar_id, region_code, volunteer_id,
        account_id, service_date, minutes, book_week, registered_late, entered_by, registered_at)
    SELECT :district::integer, t.record_id, t.registrar_id, t.region_code, t.volunteer_id,
        t.account_id, t.service_date, t.minutes, t.book_week, t.late, t.actor_user, t.at
    FROM taken AS t
), pending AS (
    UPDATE balances AS b
    SET pending_in = b.pending_in + p.minutes, version = b.version + 1
    FROM (SELECT account_id, sum(minutes) AS minutes FROM taken GROUP BY account_id) AS p
    WHERE b.district_id = :district::integer AND b.account_id = p.account_id
), kept AS (
    INSERT INTO service_sheets (district_id, id, region_code, sheet_number, team_id, category_code,
        recipient_kind, recipient_person_id, recipient_household_id, recipient_label, place, content,
        person_in_charge, service_date, starts_at, ends_at, attestation, registrar_id, lines_count,
        minutes, entered_by, entered_at)
    SELECT :district::integer, h.new_id, h.region_code, h.sheet_number, d.team_id, d.category_code,
        d.recipient_kind, d.recipient_person_id, d.recipient_household_id, d.recipient_label,
        d.place, d.content, d.person_in_charge, d.service_date, d.starts_at, d.ends_at,
        h.attestation, h.registrar_id, h.lines_count, h.minutes, h.actor_user, h.at
    FROM head AS h
    CROSS JOIN LATERAL (SELECT (h.draft).*) AS d
    WHERE h.dry_run IS NOT TRUE
), listed AS (
    INSERT INTO service_sheet_lines (district_id, sheet_id, line_no, record_id)
    SELECT :district::integer, t.sheet_id, t.line_no, t.record_id
    FROM taken AS t
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           a.id::text AS subject_id, h.region_code,
           CASE WHEN h.ordinal IS NOT NULL THEN COALESCE(h.dry_run, false) END AS dry_run,
           a.id, h.sheet_number, (h.draft).team_id, (h.draft).category_code,
           (h.draft).recipient_kind, (h.draft).recipient_person_id,
           (h.draft).recipient_household_id, (h.draft).recipient_label, (h.draft).place,
           (h.draft).content, (h.draft).person_in_charge, (h.draft).service_date,
           (h.draft).starts_at, (h.draft).ends_at, h.attestation, h.registrar_id,
           person_name(:district::integer, h.registrar_id) AS registrar_name, h.lines_count,
           h.minutes, CASE WHEN h.ordinal IS NOT NULL THEN h.actor_user END AS entered_by,
           CASE WHEN h.ordinal IS NOT NULL THEN h.at END AS entered_at,
           (SELECT json_agg(json_build_object('line_no', l.line_no,
                       'record_id', CASE WHEN NOT l.is_dry THEN l.record_id END,
                       'volunteer_id', l.volunteer_id, 'volunteer_number', l.volunteer_number,
                       'name', person_name(:district::integer, l.server), 'minutes', l.minutes,
                       'starts_at', l.starts_at, 'ends_at', l.ends_at, 'book_week', l.book_week,
                       'status', 'registered') ORDER BY l.line_no)
            FROM line AS l WHERE l.ordinal = j.ordinal) AS lines
    FROM judged AS j
    LEFT JOIN head AS h USING (ordinal)
    LEFT JOIN LATERAL (SELECT CASE WHEN h.dry_run IS NOT TRUE THEN h.new_id END AS id) AS a ON true
)
SELECT * FROM outcome ORDER BY ordinal
