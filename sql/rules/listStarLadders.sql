SELECT l.ladder, l.star, l.minutes, l.title, l.valid_from, l.source
FROM star_ladders AS l
WHERE l.district_id = :district::integer
  AND (:ladder::text IS NULL OR l.ladder = :ladder::text)
  AND (:as_of::date IS NULL OR l.valid_from = (
          SELECT max(n.valid_from)
          FROM star_ladders AS n
          WHERE n.district_id = l.district_id AND n.ladder = l.ladder
            AND n.valid_from <= :as_of::date))
