-- step: page
SELECT q.requested_at, q.id
FROM certificate_requests AS q
JOIN volunteers AS v ON v.district_id = q.district_id AND v.id = q.volunteer_id
LEFT JOIN certificates AS c ON c.district_id = q.district_id AND c.request_id = q.id
LEFT JOIN certificate_declines AS d ON d.district_id = q.district_id AND d.request_id = q.id
CROSS JOIN LATERAL home_region(:district::integer, v.person_id, district_today(:district::integer))
    AS home (region_code)
WHERE q.district_id = :district::integer
  AND CASE WHEN :self_person::uuid IS NOT NULL THEN v.person_id = :self_person::uuid
           ELSE home.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint END
  AND (:region_code::bigint IS NULL
       OR home.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:volunteer_id::uuid IS NULL OR q.volunteer_id = :volunteer_id::uuid)
  AND (:state::text IS NULL
       OR :state::text = CASE WHEN c.id IS NOT NULL THEN 'issued'
                              WHEN d.request_id IS NOT NULL THEN 'declined' ELSE 'open' END)
-- step: answer
SELECT q.*
FROM certificate_requests_of(:district::integer, ARRAY(SELECT page.id FROM page)) AS q
