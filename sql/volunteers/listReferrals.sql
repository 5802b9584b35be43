WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT f.volunteer_id, v.volunteer_number, p.name, v.joined_on, f.referred_on
FROM day
JOIN referrals AS f
    ON f.district_id = :district::integer AND f.referrer_id = :volunteer_id::uuid
   AND f.recorded_at <= day.known_at
   AND (f.superseded_at IS NULL OR day.known_at < f.superseded_at)
JOIN volunteers AS v ON v.district_id = f.district_id AND v.id = f.volunteer_id
JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
WHERE sees_volunteer(:district::integer, :volunteer_id::uuid, :scope_low::bigint,
                     :scope_high::bigint, :own_team::uuid, :self_person::uuid, day.today)
