-- step: batch
SELECT v.id, v.person_id, v.name, v.volunteer_number, v.joined_on, v.left_on,
       CASE WHEN NOT reader.leads_volunteers THEN v.left_reason END AS left_reason,
       CASE WHEN NOT reader.leads_volunteers THEN v.health END AS health,
       CASE WHEN NOT reader.leads_volunteers THEN v.experience END AS experience,
       v.willingness, v.weekly_minutes_max, v.willing_categories, v.referred_by, v.referred_on,
       v.region_code, v.passbook_id, v.passbook_number, v.earned_minutes, v.points, v.eligible_star,
       v.next_star, v.minutes_to_next_star, v.star,
       v.team_ids, v.version
FROM star_day(:district::integer) AS day
CROSS JOIN (SELECT :actor_role::text IN ('team_leader', 'residents_group_head',
                                         'information_officer') AS leads_volunteers) AS reader
CROSS JOIN LATERAL volunteers_of_day(:district::integer, day.today, day.thresholds,
                                     day.points_per_hour) AS v
WHERE v.id = :volunteer_id::uuid AND CASE
    WHEN :self_person::uuid IS NOT NULL THEN v.person_id = :self_person::uuid
    WHEN :own_team::uuid IS NOT NULL THEN EXISTS (
        SELECT FROM team_memberships AS o
        WHERE o.district_id = :district::integer AND o.team_id = :own_team::uuid
          AND o.volunteer_id = v.id
          AND fact_is_true(o.valid_from, o.valid_to, o.superseded_at, day.today))
    ELSE v.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
      OR (v.region_code IS NULL AND :scope_low::bigint = :district::bigint * 1000000)
  END
