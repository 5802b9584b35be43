-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT lock_servers(:district::integer, ARRAY(SELECT id FROM request))

-- step: draft
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, actor_person uuid, own_team uuid, scope_low bigint, scope_high bigint,
         id uuid, body jsonb)
), found AS (
    -- The old content as a draft, with what the body changes. Old minutes do not outlive new times.
    SELECT q.*, a.status, a.server_id,
           draft_completed(jsonb_populate_record(NULL::service_drafts,
               to_jsonb(sr) - CASE WHEN q.body ?| ARRAY['starts_at', 'ends_at']
                                   THEN 'minutes' ELSE '' END
               || q.body
               || jsonb_build_object('id', q.new_id, 'replaces_id', q.id, 'version', 1,
                      'entered_by', q.actor_user, 'created_at', q.at, 'recorded_at', now())))
               AS draft
    FROM request AS q
    CROSS JOIN LATERAL visible_record(:district::integer, q.id, q.scope_low, q.scope_high,
                                      q.own_team, NULL) AS a
    LEFT JOIN service_records AS sr ON sr.district_id = :district::integer AND sr.id = a.id
), judged AS (
    SELECT f.*, CASE
        WHEN f.status IS NULL THEN refusal('not_found')
        WHEN f.status = 'draft' THEN state_refusal('draft')
        ELSE COALESCE(replacement_refusal(:district::integer, f.id, f.at),
                      draft_refusal(f.draft, f.server_id, f.actor_person, f.at))
        END AS refused
    FROM found AS f
), stored AS (
    INSERT INTO service_drafts
    SELECT (j.draft).*
    FROM judged AS j
    WHERE j.refused IS NULL
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM judged AS j
    LEFT JOIN LATERAL draft_answer(j.draft, '{}') AS a ON j.refused IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
