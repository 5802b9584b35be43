SELECT c.*
FROM corrections_of(:district::integer, ARRAY[:correction_request_id::uuid]) AS c
WHERE c.record_id = :id::uuid
  AND record_is_visible(:district::integer, :id::uuid, :scope_low::bigint, :scope_high::bigint,
                        :own_team::uuid, :self_person::uuid)
