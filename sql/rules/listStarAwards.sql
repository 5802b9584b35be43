WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT a.id, a.volunteer_id, v.volunteer_number, p.name, a.star, a.award_year, a.awarded_on, a.kind,
       a.evidence, a.recorded_at
FROM day
JOIN star_awards AS a ON a.district_id = :district::integer
JOIN volunteers AS v ON v.district_id = a.district_id AND v.id = a.volunteer_id
JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
LEFT JOIN residences AS h
    ON h.district_id = :district::integer AND h.person_id = v.person_id
   AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, day.today)
WHERE CASE
    WHEN :self_person::uuid IS NOT NULL THEN v.person_id = :self_person::uuid
    WHEN :own_team::uuid IS NOT NULL THEN EXISTS (
        SELECT FROM team_memberships AS o
        WHERE o.district_id = :district::integer AND o.team_id = :own_team::uuid
          AND o.volunteer_id = v.id
          AND fact_is_true(o.valid_from, o.valid_to, o.superseded_at, day.today))
    ELSE h.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
      OR (h.region_code IS NULL AND :scope_low::bigint = :district::bigint * 1000000)
  END
  AND (:region_code::bigint IS NULL OR h.region_code BETWEEN :region_code::bigint
       AND :region_code::bigint + CASE WHEN :region_code::bigint % 1000000 = 0 THEN 999999
                                       WHEN :region_code::bigint % 1000 = 0 THEN 999
                                       ELSE 0 END)
  AND (:volunteer_id::uuid IS NULL OR a.volunteer_id = :volunteer_id::uuid)
  AND (:award_year::integer IS NULL OR a.award_year = :award_year::integer)
