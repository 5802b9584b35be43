SELECT c.*
FROM certificates_of(:district::integer, ARRAY[:certificate_id::uuid]) AS c
WHERE sees_volunteer(:district::integer, c.volunteer_id, :scope_low::bigint, :scope_high::bigint,
                     NULL, :self_person::uuid, district_today(:district::integer))
