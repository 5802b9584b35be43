SELECT l.region_code, l.index, l.line_code, l.volunteer_number, l.masked_name, l.opening_minutes,
       l.deposited_minutes, l.withdrawn_minutes, l.donated_minutes, l.corrected_minutes,
       l.closing_minutes, l.earned_minutes, l.star, l.is_new
FROM notice_lines AS l
WHERE l.district_id = :district::integer AND l.number = :number
  AND (:region_code::bigint IS NULL
       OR l.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:volunteer_number::text IS NULL OR l.volunteer_number = :volunteer_number::text)
