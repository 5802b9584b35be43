-- Scans in the order of their key: $1 a district or null, $2 and $3 the last one told, or null.
SELECT s.district_id, encode(s.sha256, 'hex') AS name, s.bytes
FROM scans AS s
WHERE ($1::integer IS NULL OR s.district_id = $1::integer)
  AND ($2::integer IS NULL OR (s.district_id, s.sha256) > ($2::integer, decode($3, 'hex')))
ORDER BY s.district_id, s.sha256
LIMIT 1000
