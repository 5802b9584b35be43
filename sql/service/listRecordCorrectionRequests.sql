SELECT c.*
FROM visible_corrections(:district::integer, :scope_low::bigint, :scope_high::bigint,
                         :own_team::uuid, :self_person::uuid) AS c
WHERE c.record_id = :id::uuid
