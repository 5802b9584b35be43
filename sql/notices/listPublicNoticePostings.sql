SELECT o.id, o.region_code, o.place, o.posted_at
FROM notice_postings AS o
WHERE o.district_id = :district::integer AND o.number = :number
