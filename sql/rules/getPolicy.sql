SELECT p.id, p.name, p.region_code, p.value, p.source, p.valid_from, e.valid_to, p.version
FROM policies AS p
LEFT JOIN policy_ends AS e ON e.district_id = p.district_id AND e.policy_id = p.id
WHERE p.district_id = :district::integer AND p.id = :policy_id::uuid
