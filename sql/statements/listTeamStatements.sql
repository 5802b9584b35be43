SELECT s.team_id, t.name AS team_name, t.region_code, s.book_month, s.records, s.volunteers,
       s.record_minutes
FROM team_statements AS s
JOIN teams AS t ON t.district_id = s.district_id AND t.id = s.team_id
WHERE s.district_id = :district::integer
  AND CASE WHEN :own_team::uuid IS NOT NULL THEN s.team_id = :own_team::uuid
           ELSE t.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint END
  AND (:book_month::date IS NULL OR s.book_month = :book_month::date)
  AND (:region_code::bigint IS NULL
       OR t.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:team_id::uuid IS NULL OR s.team_id = :team_id::uuid)
