SELECT n.number, n.grain, n.begin_date, n.revision,
       CASE WHEN n.revision > 1
            THEN notice_number(n.district_id, n.grain, n.begin_date, n.revision - 1) END AS revises,
       (SELECT r.number FROM public_notices AS r
        WHERE r.district_id = n.district_id AND r.grain = n.grain AND r.begin_date = n.begin_date
          AND r.revision = n.revision + 1) AS revised_by,
       q.state, n.lines, s.pages AS new_pages, s.posted_pages, s.posted_at, s.window_ends_at,
       (SELECT count(*) FROM public_notices AS r
        JOIN objections AS o ON o.district_id = r.district_id AND o.number = r.number
        WHERE r.district_id = n.district_id AND r.grain = n.grain AND r.begin_date = n.begin_date
          AND objection_state(o) IN ('open', 'awaiting_approval')) AS open_cases,
       (SELECT COALESCE(json_agg(json_build_object(
                   'region_code', lpad(p.region_code::text, 12, '0'),
                   'region_name', region_name(n.district_id, p.region_code, q.end_date - 1),
                   'lines', p.lines, 'new_lines', p.new_lines, 'root', encode(p.root, 'hex'))
                   ORDER BY p.index), '[]')
        FROM notice_pages AS p
        WHERE p.district_id = n.district_id AND p.number = n.number) AS pages,
       encode(n.root, 'hex') AS root, encode(n.previous_digest, 'hex') AS previous_digest,
       encode(n.digest, 'hex') AS digest, n.drawn_up_at
FROM public_notices AS n
JOIN periods AS q USING (district_id, grain, begin_date)
CROSS JOIN LATERAL notice_standing(n.district_id, n.number) AS s
WHERE n.district_id = :district::integer AND n.number = :number
