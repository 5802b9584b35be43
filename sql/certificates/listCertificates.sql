-- step: page
SELECT c.issued_at, c.id
FROM certificates AS c
JOIN volunteers AS v ON v.district_id = c.district_id AND v.id = c.volunteer_id
LEFT JOIN certificate_revocations AS x
    ON x.district_id = c.district_id AND x.certificate_id = c.id
CROSS JOIN LATERAL home_region(:district::integer, v.person_id, district_today(:district::integer))
    AS home (region_code)
WHERE c.district_id = :district::integer
  AND CASE WHEN :self_person::uuid IS NOT NULL THEN v.person_id = :self_person::uuid
           ELSE home.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint END
  AND (:region_code::bigint IS NULL
       OR home.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:volunteer_id::uuid IS NULL OR c.volunteer_id = :volunteer_id::uuid)
  AND (:kind::text IS NULL OR c.kind = :kind::text)
  AND (:state::text IS NULL OR (:state::text = 'revoked') = (x.certificate_id IS NOT NULL))
  AND (:certificate_number::text IS NULL OR c.number = :certificate_number::text)
  AND (:issued_from::date IS NULL OR c.issued_on >= :issued_from::date)
  AND (:issued_to::date IS NULL OR c.issued_on <= :issued_to::date)
-- step: answer
SELECT c.*
FROM certificates_of(:district::integer, ARRAY(SELECT page.id FROM page)) AS c
