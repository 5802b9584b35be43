SELECT h.*
FROM badge_handovers_of(:district::integer, ARRAY[:handover_id::uuid]) AS h
WHERE sees_volunteer(:district::integer, h.volunteer_id, :scope_low::bigint, :scope_high::bigint,
                     NULL, :self_person::uuid, district_today(:district::integer))
