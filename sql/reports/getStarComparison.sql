-- Counted over the volunteers whose home lies in the region asked for and in the token's.
WITH asked AS MATERIALIZED (
    SELECT l.*, COALESCE(:to_ladder::text, 'national_2012') AS to_ladder,
           COALESCE(:region_code::bigint, CASE
               WHEN :scope_low::bigint < :district::bigint * 1000000
                   THEN :district::bigint * 1000000
               ELSE :scope_low::bigint END) AS region_code
    FROM ladder_in_force(:district::integer, :from_ladder::text, :as_of::date,
                         report_known_at(:known_at::timestamptz)) AS l
), compared AS MATERIALIZED (
    SELECT c.from_star, c.to_star
    FROM asked AS q
    CROSS JOIN LATERAL star_comparison(:district::integer, q.from_ladder, q.to_ladder, q.as_of,
                                       q.known_at) AS c
    WHERE c.region_code BETWEEN q.region_code AND subtree_end(q.region_code)
      AND c.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
), step AS MATERIALIZED (
    SELECT l.ladder, l.star, l.minutes, l.title, l.valid_from
    FROM asked AS q
    JOIN star_ladders AS l ON l.district_id = :district::integer
        AND l.ladder IN (q.from_ladder, q.to_ladder)
    WHERE l.recorded_at <= q.known_at
      AND l.valid_from = (SELECT max(o.valid_from) FROM star_ladders AS o
                          WHERE o.district_id = l.district_id AND o.ladder = l.ladder
                            AND o.valid_from <= q.as_of AND o.recorded_at <= q.known_at)
), shown AS (
    SELECT l.side, json_build_object('ladder', l.name,
               'valid_from', (SELECT min(s.valid_from) FROM step AS s WHERE s.ladder = l.name),
               'stars', (SELECT json_agg(json_build_object('star', n, 'title', s.title,
                                    'minutes', CASE n WHEN 0 THEN 0 ELSE s.minutes END,
                                    'volunteers', (SELECT count(*) FROM compared AS c
                                                   WHERE CASE l.side WHEN 'from' THEN c.from_star
                                                         ELSE c.to_star END = n)) ORDER BY n)
                         FROM generate_series(0, 5) AS n
                         LEFT JOIN step AS s ON s.ladder = l.name AND s.star = n)) AS answer
    FROM asked AS q
    CROSS JOIN LATERAL (VALUES ('from', q.from_ladder), ('to', q.to_ladder)) AS l (side, name)
    WHERE EXISTS (SELECT FROM step AS s WHERE s.ladder = l.name)
)
SELECT q.as_of, q.known_at, q.region_code, (SELECT count(*) FROM compared) AS volunteers,
       f.answer AS "from", t.answer AS "to",
       (SELECT COALESCE(json_agg(json_build_object('from_star', m.from_star, 'to_star', m.to_star,
                                     'volunteers', m.volunteers) ORDER BY m.from_star, m.to_star),
                        '[]')
        FROM (SELECT c.from_star, c.to_star, count(*) AS volunteers
              FROM compared AS c GROUP BY c.from_star, c.to_star) AS m) AS moves
FROM asked AS q
JOIN shown AS f ON f.side = 'from'
JOIN shown AS t ON t.side = 'to'
WHERE q.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
