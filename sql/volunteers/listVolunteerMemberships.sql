WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT m.id, m.team_id, t.name AS team_name, m.volunteer_id, v.volunteer_number, p.name, m.position,
       m.valid_from, m.valid_to, m.recorded_at, m.superseded_at
FROM day
JOIN team_memberships AS m
    ON m.district_id = :district::integer AND m.volunteer_id = :volunteer_id::uuid
   AND fact_holds(m.valid_from, m.valid_to, m.recorded_at, m.superseded_at,
                  COALESCE(:as_of::date, m.valid_from), day.known_at)
JOIN teams AS t ON t.district_id = m.district_id AND t.id = m.team_id
JOIN volunteers AS v ON v.district_id = m.district_id AND v.id = m.volunteer_id
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
