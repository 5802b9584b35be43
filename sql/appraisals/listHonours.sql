-- Of years whose notice is final: until then nothing is decided for good.
SELECT a.year, a.volunteer_id, v.volunteer_number, n.name, a.region_code, a.year_minutes,
       a.community_rank, a.subdistrict_rank,
       CASE WHEN o.is_honoured_above THEN 'subdistrict' ELSE 'community' END AS level
FROM periods AS p
CROSS JOIN LATERAL appraisal_outcomes(p.district_id, extract(year FROM p.begin_date)::integer) AS o
JOIN appraisals AS a ON a.district_id = p.district_id
    AND a.year = extract(year FROM p.begin_date) AND a.volunteer_id = o.volunteer_id
JOIN volunteers AS v ON v.district_id = a.district_id AND v.id = a.volunteer_id
JOIN persons AS n ON n.district_id = a.district_id AND n.id = v.person_id
WHERE p.district_id = :district::integer AND p.grain = 'year' AND p.state = 'final'
  AND o.is_honoured
  AND a.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:self_person::uuid IS NULL OR v.person_id = :self_person::uuid)
  AND (:region_code::bigint IS NULL
       OR a.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:year::integer IS NULL OR a.year = :year::integer)
