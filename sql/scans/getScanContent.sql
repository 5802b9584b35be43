SELECT encode(s.sha256, 'hex') AS sha256, s.bytes, s.media_type
FROM visible_scan(:district::integer, scan_hash(:sha256::text), :actor_user::uuid, :scope_low::bigint,
                  :scope_high::bigint, :own_team::uuid, :self_person::uuid) AS s
