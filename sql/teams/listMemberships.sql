WITH day AS MATERIALIZED (SELECT COALESCE(:known_at::timestamptz, 'infinity') AS known_at)
SELECT m.id, m.team_id, t.name AS team_name, m.volunteer_id, v.volunteer_number, p.name, m.position,
       m.valid_from, m.valid_to, m.recorded_at, m.superseded_at
FROM day
JOIN team_memberships AS m
    ON m.district_id = :district::integer AND m.team_id = :team_id::uuid
   AND fact_holds(m.valid_from, m.valid_to, m.recorded_at, m.superseded_at,
                  COALESCE(:as_of::date, m.valid_from), day.known_at)
JOIN teams AS t ON t.district_id = m.district_id AND t.id = m.team_id
JOIN volunteers AS v ON v.district_id = m.district_id AND v.id = m.volunteer_id
JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
WHERE CASE
    WHEN :self_person::uuid IS NOT NULL THEN v.person_id = :self_person::uuid
    WHEN :own_team::uuid IS NOT NULL THEN m.team_id = :own_team::uuid
    ELSE t.region_code IN (SELECT regions_within(:district::integer, :scope_low::bigint,
                                                 :scope_high::bigint,
                                                 district_today(:district::integer)))
  END
  AND (:position::text IS NULL OR m.position = :position::text)
