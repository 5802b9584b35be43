SELECT o.id, o.region_code, o.place, o.posted_at, d.taken_down_at
FROM notice_postings AS o
LEFT JOIN notice_takedowns AS d ON d.district_id = o.district_id AND d.posting_id = o.id
WHERE o.district_id = :district::integer AND o.number = :number
