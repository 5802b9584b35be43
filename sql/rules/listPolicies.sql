SELECT p.id, p.name, p.region_code, p.value, p.source, p.valid_from, p.version
FROM policies AS p
WHERE p.district_id = :district::integer
  AND (:name::text IS NULL OR p.name = :name::text)
  AND (:region_code::bigint IS NULL OR p.region_code = :region_code::bigint)
  AND (:as_of::date IS NULL OR (p.valid_from <= :as_of::date AND NOT EXISTS (
          SELECT FROM policies AS n
          WHERE n.district_id = p.district_id AND n.name = p.name
            AND n.region_code = p.region_code AND n.valid_from <= :as_of::date
            AND (n.valid_from, n.version) > (p.valid_from, p.version))))
