-- Who leads volunteers sees those volunteers, and no numbers.
-- step: batch
WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT p.id, p.name, p.sex, p.birth_date, p.ethnicity,
       CASE WHEN NOT reader.leads_volunteers THEN p.id_number END AS id_number,
       CASE WHEN NOT reader.leads_volunteers THEN p.phone END AS phone,
       p.contact_channel, p.died_on, p.origin, p.region_code, p.household_id,
       CASE WHEN NOT reader.leads_volunteers THEN p.address_line END AS address_line,
       CASE WHEN reader.leads_volunteers THEN '[]'::json ELSE p.categories END AS categories,
       p.version
FROM day
CROSS JOIN (SELECT :actor_role::text IN ('team_leader', 'residents_group_head',
                                         'information_officer') AS leads_volunteers) AS reader
CROSS JOIN LATERAL persons_of_day(:district::integer, day.today) AS p
LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.person_id = p.id
WHERE p.id = :person_id::uuid AND CASE
    WHEN :self_person::uuid IS NOT NULL THEN p.id = :self_person::uuid
    WHEN :own_team::uuid IS NOT NULL THEN EXISTS (
        SELECT FROM team_memberships AS o
        WHERE o.district_id = :district::integer AND o.team_id = :own_team::uuid
          AND o.volunteer_id = v.id
          AND fact_is_true(o.valid_from, o.valid_to, o.superseded_at, day.today))
    ELSE p.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
      OR (p.region_code IS NULL AND :scope_low::bigint = :district::bigint * 1000000)
  END
  AND (NOT reader.leads_volunteers OR v.id IS NOT NULL)
