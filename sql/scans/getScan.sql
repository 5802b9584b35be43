SELECT encode(s.sha256, 'hex') AS sha256, s.media_type, s.bytes, s.uploaded_by,
       user_name(:district::integer, s.uploaded_by) AS uploaded_by_name, s.uploaded_at,
       (SELECT count(*)
        FROM records_of_scan(:district::integer, s.sha256, :scope_low::bigint, :scope_high::bigint,
                             :own_team::uuid, :self_person::uuid)) AS records_count,
       COALESCE((SELECT json_agg(json_build_object('id', r.record_id, 'region_code',
                            r.region_code::text, 'service_date', r.service_date)
                            ORDER BY r.service_date, r.record_id)
                 FROM (SELECT *
                       FROM records_of_scan(:district::integer, s.sha256, :scope_low::bigint,
                                :scope_high::bigint, :own_team::uuid, :self_person::uuid) AS n
                       ORDER BY n.service_date, n.record_id
                       LIMIT 200) AS r), '[]') AS records
FROM visible_scan(:district::integer, scan_hash(:sha256::text), :actor_user::uuid, :scope_low::bigint,
                  :scope_high::bigint, :own_team::uuid, :self_person::uuid) AS s
