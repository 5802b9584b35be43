WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT s.id, s.volunteer_id,
       CASE WHEN :actor_role::text NOT IN ('team_leader', 'residents_group_head',
                                           'information_officer') THEN s.reason END AS reason,
       s.valid_from, s.valid_to, s.recorded_at, s.superseded_at
FROM day
JOIN absences AS s
    ON s.district_id = :district::integer AND s.volunteer_id = :volunteer_id::uuid
   AND fact_holds(s.valid_from, s.valid_to, s.recorded_at, s.superseded_at,
                  COALESCE(:as_of::date, s.valid_from), day.known_at)
WHERE sees_volunteer(:district::integer, :volunteer_id::uuid, :scope_low::bigint,
                     :scope_high::bigint, :own_team::uuid, :self_person::uuid, day.today)
