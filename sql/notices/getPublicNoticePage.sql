SELECT notice_page_html(n, p) AS page
FROM public_notices AS n
JOIN notice_pages AS p ON p.district_id = n.district_id AND p.number = n.number
WHERE n.district_id = :district::integer AND n.number = :number
  AND p.region_code = :region_code::bigint
