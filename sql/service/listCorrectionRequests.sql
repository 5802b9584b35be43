SELECT c.*
FROM visible_corrections(:district::integer, :scope_low::bigint, :scope_high::bigint,
                         :own_team::uuid, :self_person::uuid) AS c
WHERE (:region_code::bigint IS NULL
       OR c.region_code BETWEEN :region_code::bigint AND :region_code::bigint + CASE
              WHEN :region_code::bigint % 1000000 = 0 THEN 999999
              WHEN :region_code::bigint % 1000 = 0 THEN 999
              ELSE 0 END)
  AND (:state::text IS NULL OR c.state = :state::text)
  AND (:overdue::boolean IS NULL OR c.overdue = :overdue::boolean)
  AND (:requester_id::uuid IS NULL OR c.requester_id = :requester_id::uuid)
