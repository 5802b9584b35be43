-- step: lock
-- One act at a time on the lists of a year, which does not settle meanwhile.
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(year integer)
)
SELECT p.begin_date
FROM periods AS p
WHERE p.district_id = :district::integer AND p.grain = 'year'
  AND p.begin_date IN (SELECT make_date(r.year, 1, 1) FROM request AS r)
ORDER BY p.begin_date
FOR UPDATE

-- step: act
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, actor_person uuid, scope_low bigint, scope_high bigint, year integer,
         region_code bigint, decision text, reason text, digest text, deviations jsonb,
         honours jsonb)
), found AS (
    SELECT q.*, q.decision AS act, COALESCE(q.deviations, '[]') AS deviating,
           COALESCE(q.honours, '[]') AS honoured
    FROM request AS q
), judged AS (
    SELECT f.*, CASE
        WHEN f.region_code NOT BETWEEN f.scope_low AND f.scope_high THEN refusal('not_found')
        WHEN f.act = 'return' AND f.reason IS NULL THEN refusal('reason_missing')
        ELSE appraisal_act_refusal(:district::integer, f.year, f.region_code, f.act, f.digest,
                                   f.deviating, f.honoured, f.actor_person, f.at) END AS refused
    FROM found AS f
), acted AS MATERIALIZED (
    SELECT j.ordinal, act_on_appraisal((:district::integer, j.new_id, j.year::smallint, j.region_code, 0,
               j.act, decode(j.digest, 'hex'), j.reason, j.actor_person, j.actor_user, j.at, now()),
               j.deviating, j.honoured) AS id
    FROM judged AS j
    WHERE j.refused IS NULL
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           j.year || '/' || j.region_code AS subject_id, a.*
    FROM judged AS j
    LEFT JOIN acted AS d USING (ordinal)
    LEFT JOIN LATERAL appraised_regions(:district::integer, j.year, j.region_code, j.region_code)
        AS a ON d.id IS NOT NULL
)
SELECT * FROM outcome ORDER BY ordinal
