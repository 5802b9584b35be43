SELECT p.id, p.name, p.region_code, p.value, p.source, p.valid_from, p.version
FROM policies AS p
WHERE p.district_id = :district::integer AND p.id = :policy_id::uuid
