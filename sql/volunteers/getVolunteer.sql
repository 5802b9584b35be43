WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           :actor_role::text IN ('team_leader', 'residents_group_head', 'information_officer')
               AS leads_volunteers
)
SELECT v.id, v.person_id, p.name, v.volunteer_number, v.joined_on, v.left_on,
       CASE WHEN NOT day.leads_volunteers THEN v.left_reason END AS left_reason,
       CASE WHEN NOT day.leads_volunteers THEN v.health END AS health,
       CASE WHEN NOT day.leads_volunteers THEN v.experience END AS experience,
       v.willingness, h.region_code, k.id AS passbook_id, k.passbook_number, b.earned_minutes,
       eligible_star(:district::integer, COALESCE(b.earned_minutes, 0), day.today) AS eligible_star,
       awarded_star(:district::integer, v.id, day.today) AS star, t.team_ids, v.version
FROM day
JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = :volunteer_id::uuid
JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
LEFT JOIN residences AS h
    ON h.district_id = :district::integer AND h.person_id = v.person_id
   AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, day.today)
LEFT JOIN passbooks AS k
    ON k.district_id = v.district_id AND k.volunteer_id = v.id AND k.state <> 'closed'
LEFT JOIN balances AS b ON b.district_id = k.district_id AND b.account_id = k.account_id
CROSS JOIN LATERAL (
    SELECT COALESCE(json_agg(m.team_id ORDER BY m.team_id), '[]') AS team_ids
    FROM team_memberships AS m
    WHERE m.district_id = v.district_id AND m.volunteer_id = v.id
      AND fact_is_true(m.valid_from, m.valid_to, m.superseded_at, day.today)
) AS t
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
