SELECT l.number, l.line_code, encode(notice_line_bytes(l), 'hex') AS line_bytes, l.region_code,
       p.lines AS page_lines,
       merkle_path(notice_line_leaves(l.district_id, l.number, l.region_code), l.index) AS page_path,
       encode(p.root, 'hex') AS page_root,
       merkle_path(notice_page_leaves(l.district_id, l.number), p.index) AS notice_path,
       encode(n.root, 'hex') AS root, encode(n.previous_digest, 'hex') AS previous_digest,
       encode(n.digest, 'hex') AS digest
FROM notice_lines AS l
JOIN notice_pages AS p ON p.district_id = l.district_id AND p.number = l.number
    AND p.region_code = l.region_code
JOIN public_notices AS n ON n.district_id = l.district_id AND n.number = l.number
WHERE l.district_id = :district::integer AND l.number = :number AND l.line_code = :line_code
