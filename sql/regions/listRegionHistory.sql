-- Everything ever known, superseded facts too, unless an instant is named.
SELECT f.region_code, f.name, f.setting, f.successor_code, f.valid_from, f.valid_to, f.recorded_at,
       f.superseded_at
FROM region_facts AS f
WHERE f.district_id = :district::integer AND f.region_code = :region_code::bigint
  AND (:as_of::date IS NULL
       OR (f.valid_from <= :as_of::date AND (f.valid_to IS NULL OR :as_of::date < f.valid_to)))
  AND (:known_at::timestamptz IS NULL
       OR (f.recorded_at <= :known_at::timestamptz
           AND (f.superseded_at IS NULL OR :known_at::timestamptz < f.superseded_at)))
