-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT d.id
FROM service_drafts AS d
WHERE d.district_id = :district::integer AND d.id = ANY (ARRAY(SELECT id FROM request))
ORDER BY d.id
FOR UPDATE

-- step: issue
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         self_person uuid, own_team uuid, scope_low bigint, scope_high bigint, id uuid,
         generated_hash bytea, generated_sealed bytea)
), judged AS (
    SELECT q.ordinal, q.at, q.new_id, q.generated_hash, q.generated_sealed, a.id, a.region_code,
           a.recipient_person_id, a.minutes, a.version,
           q.at + (code_limits()).good_for AS expires_at,
           row_number() OVER (PARTITION BY a.id ORDER BY q.ordinal) AS turn, CASE WHEN a.id IS NULL THEN refusal('not_found')
                WHEN a.status <> 'draft'
                THEN refusal('already_attested', jsonb_build_object('status', a.status))
                WHEN a.recipient_kind <> 'person' THEN refusal('code_needs_person')
                ELSE code_request_refusal(:district::integer, a.id) END AS found_refused
    FROM request AS q
    CROSS JOIN LATERAL visible_record(:district::integer, q.id, q.scope_low, q.scope_high,
                                      q.own_team, q.self_person) AS a
), ranked AS (
    SELECT j.*, CASE WHEN j.found_refused IS NULL AND j.turn > 1
                     THEN refusal_until('code_too_soon', now() + (code_limits()).pause)
                     ELSE j.found_refused END AS refused
    FROM judged AS j
), issued AS (
    INSERT INTO one_time_codes (district_id, id, draft_id, draft_version, minutes, recipient_id,
                                     code_lookup, issued_at, expires_at)
    SELECT :district::integer, new_id, id, version, minutes, recipient_person_id, generated_hash,
           at, expires_at
    FROM ranked
    WHERE refused IS NULL
), queued AS (
    INSERT INTO messages (district_id, id, person_id, kind, subject_id, body_sealed, queued_at,
                          expires_at)
    SELECT :district::integer, new_id, recipient_person_id, 'attestation_code', id::text,
           generated_sealed, at, expires_at
    FROM ranked
    WHERE refused IS NULL
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           a.id::text AS subject_id, a.region_code, a.id AS record_id,
           a.recipient_person_id AS recipient_id, a.minutes, a.expires_at
    FROM ranked AS j
    LEFT JOIN ranked AS a ON a.ordinal = j.ordinal AND a.refused IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
