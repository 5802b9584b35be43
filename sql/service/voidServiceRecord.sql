-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT lock_records(:district::integer, ARRAY(SELECT id FROM request))

-- step: void
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, own_team uuid, scope_low bigint, scope_high bigint, id uuid,
         reason text)
), judged AS (
    SELECT q.*, CASE
        WHEN a.id IS NULL THEN refusal('not_found')
        WHEN a.status NOT IN ('attested', 'registered') THEN state_refusal(a.status)
        WHEN d.record_id IS NOT NULL THEN state_refusal('verified')
        WHEN q.actor_person = a.server_id THEN refusal('entered_by_server')
        WHEN a.status = 'registered' THEN week_refusal(:district::integer, a.book_week, q.at)
        END AS refused
    FROM request AS q
    CROSS JOIN LATERAL visible_record(:district::integer, q.id, q.scope_low, q.scope_high,
                                      q.own_team, NULL) AS a
    LEFT JOIN decisions AS d ON d.district_id = :district::integer AND d.record_id = a.id
), passed AS (
    SELECT DISTINCT ON (j.id) j.* FROM judged AS j WHERE j.refused IS NULL ORDER BY j.id, j.ordinal
), given_back AS (
    SELECT give_back(:district::integer, ARRAY(SELECT id FROM passed)) AS records
), stored AS (
    INSERT INTO voids (district_id, record_id, reason, voided_by, entered_by, voided_at)
    SELECT :district::integer, id, reason, actor_person, actor_user, at
    FROM passed
), told AS (
    SELECT j.*, CASE WHEN p.ordinal IS NULL THEN COALESCE(j.refused, state_refusal('void'))
                END AS said
    FROM judged AS j
    CROSS JOIN given_back
    LEFT JOIN (SELECT ordinal FROM passed) AS p USING (ordinal)
), outcome AS (
    SELECT t.ordinal, t.said ->> 'code' AS code, t.said -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN LATERAL record_answer(:district::integer, t.id,
        jsonb_build_object('status', 'void', 'status_reason', t.reason, 'pending_minutes', 0,
                           'version', record_version(now()))) AS a ON t.said IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
