SELECT c.*
FROM complaints_of(:district::integer, ARRAY[:complaint_id::uuid], :actor_person::uuid,
                   :actor_role::text) AS c
WHERE sees_complaint(:district::integer, :complaint_id::uuid, :scope_low::bigint,
                     :scope_high::bigint, :self_person::uuid)
