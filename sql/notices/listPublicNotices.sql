-- The district is the parameter's own.
SELECT n.number, n.grain, n.begin_date, n.revision, n.sequence, n.lines, encode(n.root, 'hex') AS root,
       encode(n.previous_digest, 'hex') AS previous_digest, encode(n.digest, 'hex') AS digest,
       n.drawn_up_at
FROM public_notices AS n
WHERE n.district_id = :district::integer AND n.district_id = :district_code::text::integer
