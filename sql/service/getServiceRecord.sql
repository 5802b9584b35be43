SELECT a.*
FROM service_records_of(:district::integer, ARRAY[:id::uuid]) AS a
WHERE a.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:self_person::uuid IS NULL
       OR :self_person::uuid IN (a.server_id, a.recipient_person_id))
  AND (:own_team::uuid IS NULL OR a.team_id = :own_team::uuid)
