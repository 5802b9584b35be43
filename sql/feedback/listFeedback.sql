-- step: page
SELECT f.rating, f.given_at, f.id
FROM feedback_rows AS f
WHERE f.district_id = :district::integer
  AND f.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND f.is_current AND f.server_id <> :actor_person::uuid
  AND (:region_code::bigint IS NULL
       OR f.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:volunteer_id::uuid IS NULL OR f.volunteer_id = :volunteer_id::uuid)
  AND (:giver_id::uuid IS NULL OR f.giver_id = :giver_id::uuid)
  AND (:rating_max::integer IS NULL OR f.rating <= :rating_max::integer)
  AND (:via::text IS NULL OR f.via = :via::text)
  AND (:has_comment::boolean IS NULL OR :has_comment::boolean = (f.comment IS NOT NULL))
  AND (:service_date_from::date IS NULL OR f.service_date >= :service_date_from::date)
  AND (:service_date_to::date IS NULL OR f.service_date <= :service_date_to::date)
-- step: answer
SELECT a.*
FROM feedback_of(:district::integer, ARRAY(SELECT page.id FROM page)) AS a
