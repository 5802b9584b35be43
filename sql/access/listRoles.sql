WITH known (position, role, name_zh, name_en) AS (
    VALUES (1, 'district_admin', '区管理员', 'District administrator'),
           (2, 'subdistrict_admin', '街道(镇)管理员', 'Subdistrict administrator'),
           (3, 'subdistrict_clerk', '街道(镇)经办人', 'Subdistrict clerk'),
           (4, 'community_secretary', '社区书记', 'Community secretary'),
           (5, 'community_clerk', '社区经办人', 'Community clerk'),
           (6, 'team_leader', '志愿服务队队长', 'Team leader'),
           (7, 'residents_group_head', '居民小组长', 'Residents'' group head'),
           (8, 'information_officer', '信息员', 'Information officer'),
           (9, 'volunteer', '志愿者', 'Volunteer'),
           (10, 'resident', '居民', 'Resident'),
           (11, 'auditor', '审计员', 'Auditor'),
           (12, 'report_reader', '报表读取者', 'Report reader')
)
SELECT r.role, r.position, r.name_zh, r.name_en,
       (SELECT json_agg(k.kind ORDER BY k.ordinal)
        FROM unnest(ARRAY['district', 'subdistrict', 'town', 'community'])
             WITH ORDINALITY AS k(kind, ordinal)
        WHERE role_fits_region(r.role, k.kind)) AS region_kinds,
       (SELECT COALESCE(json_agg(g.role ORDER BY g.position), '[]')
        FROM known AS g
        WHERE may_give_role(r.role, g.role)) AS gives
FROM known AS r
