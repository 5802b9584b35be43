-- The national ladder (志愿服务记录办法, 民政部 2012) for districts that were founded without it. Each district has
-- its own rows of it, like those of any ladder, so that every key begins with the district.
INSERT INTO star_ladders (district_id, ladder, star, minutes, title, valid_from, source)
SELECT d.district_id, 'national_2012', s.star, s.minutes, s.title, d.founded_on,
       '志愿服务记录办法 (民政部 2012)'
FROM districts AS d
CROSS JOIN (VALUES (1, 6000, '一星级志愿者'), (2, 18000, '二星级志愿者'), (3, 36000, '三星级志愿者'),
                   (4, 60000, '四星级志愿者'), (5, 90000, '五星级志愿者')) AS s (star, minutes, title)
ON CONFLICT DO NOTHING;
