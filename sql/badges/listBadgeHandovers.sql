-- step: page
SELECT h.handed_on, h.id
FROM badge_handovers AS h
JOIN star_awards AS a ON a.district_id = h.district_id AND a.id = h.award_id
JOIN volunteers AS v ON v.district_id = a.district_id AND v.id = a.volunteer_id
CROSS JOIN LATERAL home_region(:district::integer, v.person_id, district_today(:district::integer))
    AS home (region_code)
WHERE h.district_id = :district::integer
  AND CASE WHEN :self_person::uuid IS NOT NULL THEN v.person_id = :self_person::uuid
           ELSE home.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint END
  AND (:region_code::bigint IS NULL
       OR home.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:volunteer_id::uuid IS NULL OR a.volunteer_id = :volunteer_id::uuid)
  AND (:award_id::uuid IS NULL OR h.award_id = :award_id::uuid)
  AND (:star::integer IS NULL OR a.star = :star::integer)
-- step: answer
SELECT h.*
FROM badge_handovers_of(:district::integer, ARRAY(SELECT page.id FROM page)) AS h
