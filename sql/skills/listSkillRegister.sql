-- The register of skills (特长登记册): who can do what on a day, of those who were volunteers then.
WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           COALESCE(:as_of::date, district_today(:district::integer)) AS as_of,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT s.id, s.skill_code, skill_name(:district::integer, s.skill_code, day.as_of) AS skill_name,
       s.level, s.certificate_number, s.certificate_issuer, s.certificate_valid_until,
       s.verified_by, s.verified_on, s.valid_from, s.volunteer_id, v.volunteer_number, p.name,
       h.region_code
FROM day
JOIN volunteer_skills AS s
    ON s.district_id = :district::integer
   AND fact_holds(s.valid_from, s.valid_to, s.recorded_at, s.superseded_at, day.as_of, day.known_at)
JOIN volunteers AS v ON v.district_id = s.district_id AND v.id = s.volunteer_id
JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
LEFT JOIN residences AS h
    ON h.district_id = v.district_id AND h.person_id = v.person_id
   AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, day.today)
WHERE CASE
    WHEN :own_team::uuid IS NOT NULL THEN EXISTS (
        SELECT FROM team_memberships AS o
        WHERE o.district_id = :district::integer AND o.team_id = :own_team::uuid
          AND o.volunteer_id = v.id
          AND fact_is_true(o.valid_from, o.valid_to, o.superseded_at, day.today))
    ELSE h.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
      OR (h.region_code IS NULL AND :scope_low::bigint = :district::bigint * 1000000)
  END
  AND volunteer_on(:district::integer, v.id, day.as_of, day.known_at)
  AND (:region_code::bigint IS NULL
       OR h.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:skill_code::text IS NULL OR s.skill_code = :skill_code::text)
  AND (:level_min::integer IS NULL OR s.level >= :level_min::integer)
  AND (:is_verified::boolean IS NULL OR (s.verified_by IS NOT NULL) = :is_verified::boolean)
  AND (:expires_before::date IS NULL OR s.certificate_valid_until < :expires_before::date)
