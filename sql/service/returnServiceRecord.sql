-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT lock_records(:district::integer, ARRAY(SELECT id FROM request))

-- step: return
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, actor_role text, scope_low bigint, scope_high bigint, id uuid,
         reason text)
), found AS (
    SELECT q.*, a.status, a.book_week, a.registrar_id, sr AS record, p.state AS week_state
    FROM request AS q
    CROSS JOIN LATERAL visible_record(:district::integer, q.id, q.scope_low, q.scope_high,
                                      NULL, NULL) AS a
    LEFT JOIN service_records AS sr ON sr.district_id = :district::integer AND sr.id = a.id
    LEFT JOIN periods AS p ON p.district_id = :district::integer AND p.grain = 'week'
                          AND p.begin_date = a.book_week
), judged AS (
    SELECT f.*, CASE
        WHEN f.status IS NULL THEN refusal('not_found')
        WHEN f.status <> 'registered' THEN state_refusal(f.status)
        ELSE verifier_refusal(f.record, f.registrar_id, f.actor_person, f.actor_role, f.at)
        END AS refused
    FROM found AS f
), passed AS (
    SELECT DISTINCT ON (j.id) j.* FROM judged AS j WHERE j.refused IS NULL ORDER BY j.id, j.ordinal
), given_back AS (
    SELECT give_back(:district::integer, ARRAY(SELECT id FROM passed)) AS records
), stored AS (
    -- The week's row decides, not the time: until it is frozen there is no worklist.
    INSERT INTO decisions (district_id, record_id, decision, minutes, reason, verifier_id,
                           book_week, before_freeze, entered_by, decided_at)
    SELECT :district::integer, id, 'return', 0, reason, actor_person, book_week,
           week_state = 'open', actor_user, at
    FROM passed
), told AS (
    SELECT j.*, CASE WHEN p.ordinal IS NULL THEN COALESCE(j.refused, state_refusal('returned'))
                END AS said
    FROM judged AS j
    CROSS JOIN given_back
    LEFT JOIN (SELECT ordinal FROM passed) AS p USING (ordinal)
), outcome AS (
    SELECT t.ordinal, t.said ->> 'code' AS code, t.said -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN LATERAL record_answer(:district::integer, t.id,
        jsonb_build_object('status', 'returned', 'status_reason', t.reason, 'pending_minutes', 0,
                           'version', record_version(now()))) AS a ON t.said IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
