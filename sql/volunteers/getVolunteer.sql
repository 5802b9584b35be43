WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           :actor_role::text IN ('team_leader', 'residents_group_head', 'information_officer')
               AS leads_volunteers
)
SELECT v.id, v.person_id, v.name, v.volunteer_number, v.joined_on, v.left_on,
       CASE WHEN NOT day.leads_volunteers THEN v.left_reason END AS left_reason,
       CASE WHEN NOT day.leads_volunteers THEN v.health END AS health,
       CASE WHEN NOT day.leads_volunteers THEN v.experience END AS experience,
       v.willingness, v.weekly_minutes_max, v.willing_categories, v.referred_by, v.referred_on,
       v.region_code, v.passbook_id, v.passbook_number, v.earned_minutes, v.eligible_star, v.star,
       v.team_ids, v.version
FROM day
CROSS JOIN LATERAL volunteers_of_day(:district::integer, day.today) AS v
WHERE v.id = :volunteer_id::uuid
  AND sees_volunteer(:district::integer, v.id, :scope_low::bigint, :scope_high::bigint,
                     :own_team::uuid, :self_person::uuid, day.today)
