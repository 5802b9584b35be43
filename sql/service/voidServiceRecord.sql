-- step: lock_volunteers
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT v.id
FROM volunteers AS v
WHERE v.district_id = :district::integer
  AND v.id = ANY (ARRAY(
          SELECT sr.volunteer_id
          FROM request AS q
          JOIN service_records AS sr ON sr.district_id = :district::integer AND sr.id = q.id))
ORDER BY v.id
FOR NO KEY UPDATE

-- step: lock_weeks
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT p.begin_date
FROM periods AS p
WHERE p.district_id = :district::integer AND p.grain = 'week'
  AND p.begin_date = ANY (ARRAY(SELECT effective_week(:district::integer, id) FROM request))
ORDER BY p.begin_date
FOR SHARE

-- step: lock_balances
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT b.account_id
FROM balances AS b
WHERE b.district_id = :district::integer
  AND b.account_id = ANY (ARRAY(
          SELECT g.account_id
          FROM request AS q
          JOIN registrations AS g ON g.district_id = :district::integer AND g.record_id = q.id))
ORDER BY b.account_id
FOR UPDATE

-- step: void
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, own_team uuid, scope_low bigint, scope_high bigint, id uuid,
         reason text)
), judged AS (
    SELECT q.*, g.account_id, g.minutes, CASE
        WHEN a.id IS NULL THEN refusal('not_found')
        WHEN a.status NOT IN ('attested', 'registered') THEN state_refusal(a.status)
        WHEN d.record_id IS NOT NULL THEN state_refusal('verified')
        WHEN q.actor_person = a.server_id THEN refusal('entered_by_server')
        WHEN a.status = 'registered' THEN week_refusal(:district::integer, a.book_week, q.at)
        END AS refused
    FROM request AS q
    CROSS JOIN LATERAL visible_record(:district::integer, q.id, q.scope_low, q.scope_high,
                                      q.own_team, NULL) AS a
    LEFT JOIN registrations AS g ON g.district_id = :district::integer AND g.record_id = a.id
    LEFT JOIN decisions AS d ON d.district_id = :district::integer AND d.record_id = a.id
), passed AS (
    SELECT DISTINCT ON (j.id) j.* FROM judged AS j WHERE j.refused IS NULL ORDER BY j.id, j.ordinal
), released AS (
    DELETE FROM time_claims AS c
    USING passed AS p
    WHERE c.district_id = :district::integer AND c.record_id = p.id
), taken_back AS (
    UPDATE balances AS b
    SET pending_in = b.pending_in - p.minutes, version = b.version + 1
    FROM (SELECT account_id, sum(minutes) AS minutes
          FROM passed WHERE account_id IS NOT NULL GROUP BY account_id) AS p
    WHERE b.district_id = :district::integer AND b.account_id = p.account_id
), stored AS (
    INSERT INTO voids (district_id, record_id, reason, voided_by, entered_by, voided_at)
    SELECT :district::integer, id, reason, actor_person, actor_user, at
    FROM passed
), told AS (
    SELECT j.*, CASE WHEN p.ordinal IS NULL THEN COALESCE(j.refused, state_refusal('void'))
                END AS said
    FROM judged AS j
    LEFT JOIN (SELECT ordinal FROM passed) AS p USING (ordinal)
), outcome AS (
    SELECT t.ordinal, t.said ->> 'code' AS code, t.said -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN LATERAL record_answer(:district::integer, t.id,
        jsonb_build_object('status', 'void', 'pending_minutes', 0,
                           'version', record_version(now()))) AS a ON t.said IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
