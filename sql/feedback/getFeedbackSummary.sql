-- Whoever served, whatever his role, sees his own as the one who served.
SELECT v.id AS volunteer_id, v.volunteer_number, p.name, t.ratings,
       mean_hundredths(t.rating_sum, t.ratings) AS mean_hundredths, t.years
FROM volunteers AS v
JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
CROSS JOIN LATERAL (
    SELECT COALESCE(sum(y.ratings), 0)::bigint AS ratings, sum(y.rating_sum) AS rating_sum,
           COALESCE(json_agg(json_build_object('year', y.year, 'ratings', y.ratings,
                        'mean_hundredths', mean_hundredths(y.rating_sum, y.ratings))
                        ORDER BY y.year DESC), '[]') AS years
    FROM feedback_years(:district::integer, v.id, v.person_id = :actor_person::uuid) AS y
) AS t
WHERE v.district_id = :district::integer AND v.id = :volunteer_id::uuid
  AND sees_volunteer(:district::integer, v.id, :scope_low::bigint, :scope_high::bigint,
                     :own_team::uuid, :self_person::uuid, district_today(:district::integer))
