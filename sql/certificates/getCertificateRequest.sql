SELECT q.*
FROM certificate_requests_of(:district::integer, ARRAY[:certificate_request_id::uuid]) AS q
WHERE sees_volunteer(:district::integer, q.volunteer_id, :scope_low::bigint, :scope_high::bigint,
                     NULL, :self_person::uuid, district_today(:district::integer))
