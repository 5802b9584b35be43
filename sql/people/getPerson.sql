-- Who leads volunteers sees those volunteers, and no numbers.
WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           :actor_role::text IN ('team_leader', 'residents_group_head', 'information_officer')
               AS leads_volunteers
)
SELECT p.id, p.name, p.sex, p.birth_date, p.ethnicity,
       CASE WHEN NOT day.leads_volunteers THEN p.id_number_sealed END AS id_number,
       CASE WHEN NOT day.leads_volunteers THEN p.phone_sealed END AS phone,
       p.contact_channel, p.died_on, p.origin, h.region_code, h.household_id,
       CASE WHEN NOT day.leads_volunteers THEN h.address_line END AS address_line,
       CASE WHEN day.leads_volunteers THEN '[]'::json ELSE (
           SELECT COALESCE(json_agg(c.category ORDER BY c.category), '[]')
           FROM person_categories AS c
           WHERE c.district_id = p.district_id AND c.person_id = p.id
             AND fact_is_true(c.valid_from, c.valid_to, c.superseded_at, day.today))
       END AS categories,
       p.version
FROM day
JOIN persons AS p ON p.district_id = :district::integer AND p.id = :person_id::uuid
LEFT JOIN volunteers AS v ON v.district_id = p.district_id AND v.person_id = p.id
LEFT JOIN residences AS h
    ON h.district_id = :district::integer AND h.person_id = p.id
   AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, day.today)
WHERE CASE
    WHEN :self_person::uuid IS NOT NULL THEN p.id = :self_person::uuid
    WHEN :own_team::uuid IS NOT NULL THEN EXISTS (
        SELECT FROM team_memberships AS o
        WHERE o.district_id = :district::integer AND o.team_id = :own_team::uuid
          AND o.volunteer_id = v.id
          AND fact_is_true(o.valid_from, o.valid_to, o.superseded_at, day.today))
    ELSE h.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
      OR (h.region_code IS NULL AND :scope_low::bigint = :district::bigint * 1000000)
  END
  AND (NOT day.leads_volunteers OR v.id IS NOT NULL)
