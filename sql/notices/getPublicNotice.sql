SELECT n.number, n.quarter, n.revision, q.state, n.lines, s.posted_pages, s.posted_at,
       s.window_ends_at,
       (SELECT COALESCE(json_agg(json_build_object(
                   'region_code', lpad(p.region_code::text, 12, '0'),
                   'region_name', region_name(n.district_id, p.region_code,
                                              (n.quarter + interval '3 months')::date - 1),
                   'lines', p.lines, 'root', encode(p.root, 'hex')) ORDER BY p.index), '[]')
        FROM notice_pages AS p
        WHERE p.district_id = n.district_id AND p.number = n.number) AS pages,
       encode(n.root, 'hex') AS root, encode(n.previous_digest, 'hex') AS previous_digest,
       encode(n.digest, 'hex') AS digest, n.drawn_up_at
FROM public_notices AS n
JOIN periods AS q ON q.district_id = n.district_id AND q.grain = 'quarter'
    AND q.begin_date = n.quarter
CROSS JOIN LATERAL notice_standing(n.district_id, n.number) AS s
WHERE n.district_id = :district::integer AND n.number = :number
