-- step: page
SELECT f.given_at, f.id
FROM feedback_rows AS f
WHERE f.district_id = :district::integer AND f.record_id = :id::uuid
  AND f.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND f.server_id <> :actor_person::uuid
  AND (:self_person::uuid IS NULL OR f.giver_id = :self_person::uuid)
  AND (f.is_current OR COALESCE(:history::boolean, false))
-- step: answer
SELECT a.*
FROM feedback_of(:district::integer, ARRAY(SELECT page.id FROM page)) AS a
