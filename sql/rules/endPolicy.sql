-- What has been in force stays in the past. The district's region is locked, so that of two ends of
-- one row the second is refused.
-- step: lock
SELECT g.region_code
FROM regions AS g
WHERE g.district_id = :district::integer AND g.region_code = :district::bigint * 1000000
FOR NO KEY UPDATE

-- step: end
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_to, d.today) AS until
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, policy_id uuid, valid_to date, reason text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, p.name, e.valid_to AS ended_on, CASE
        WHEN p.id IS NULL OR p.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN e.valid_to IS NOT NULL THEN 'already_ended'
        WHEN q.until < q.today THEN 'date_in_past'
        WHEN p.region_code % 1000000 = 0 AND p.valid_from < q.until THEN 'policy_needed'
    END AS code
    FROM request AS q
    LEFT JOIN policies AS p ON p.district_id = :district::integer AND p.id = q.policy_id
    LEFT JOIN policy_ends AS e ON e.district_id = p.district_id AND e.policy_id = p.id
), ended AS (
    INSERT INTO policy_ends (district_id, policy_id, valid_to, reason)
    SELECT :district::integer, policy_id, until, reason
    FROM judged
    WHERE code IS NULL
    RETURNING policy_id, valid_to
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('name', j.name, 'field', 'valid_to', 'today', j.today) AS args,
           j.policy_id::text AS subject_id, p.region_code, p.id, p.name, p.value, p.source,
           p.valid_from, e.valid_to, p.version
    FROM judged AS j
    LEFT JOIN ended AS e ON e.policy_id = j.policy_id
    LEFT JOIN policies AS p ON p.district_id = :district::integer AND p.id = e.policy_id
)
SELECT * FROM outcome ORDER BY ordinal
