SELECT l.ladder, l.star, l.minutes, l.title, l.valid_from, l.source
FROM star_ladders AS l
WHERE l.district_id = :district::integer AND l.ladder = :ladder::text
  AND l.valid_from = :valid_from::date AND l.star = :star::integer
