SELECT a.year, a.volunteer_id, v.volunteer_number, n.name, a.region_code, a.earned_minutes,
       a.year_minutes, a.ratings, mean_hundredths(a.rating_sum, a.ratings) AS mean_hundredths,
       a.upheld_complaints, a.gate, a.worn_star, a.eligible_star, a.proposed_star,
       o.star AS decided_star, o.reason, a.community_rank, a.subdistrict_rank, o.is_honoured,
       o.is_honoured_above
FROM appraisals AS a
JOIN appraisal_outcomes(:district::integer, :year::integer) AS o USING (volunteer_id)
JOIN volunteers AS v ON v.district_id = a.district_id AND v.id = a.volunteer_id
JOIN persons AS n ON n.district_id = a.district_id AND n.id = v.person_id
WHERE a.district_id = :district::integer AND a.year = :year::integer
  AND a.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:region_code::bigint IS NULL
       OR a.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:gate::text IS NULL OR a.gate = :gate::text)
  AND (:is_promoted::boolean IS NULL OR :is_promoted::boolean = (o.star > a.worn_star))
