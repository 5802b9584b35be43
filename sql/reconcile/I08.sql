-- I8: no case of a notice is open or decided after its period was final. No registration or carry enters a week, no transfer a month, after it froze; nothing is
-- decided after its week has settled, nothing returned before the freeze after it.
WITH entered AS (
    SELECT district_id, 'week' AS grain, book_week AS begin_date, registered_at AS at,
           'a registration' AS what, record_id AS id
    FROM registrations
    UNION ALL
    SELECT district_id, 'week', to_week, carried_at, 'a carry', record_id FROM carries
    UNION ALL
    SELECT district_id, 'month', book_month, posted_at, 'a transfer', id FROM transfers
)
SELECT e.what || ' entered the ' || e.grain || ' ' || e.begin_date || CASE
           WHEN p.state IS NULL THEN ', which does not exist' ELSE ' after it froze' END AS what,
       e.district_id || '/' || e.id AS where_found
FROM entered AS e
LEFT JOIN periods AS p USING (district_id, grain, begin_date)
WHERE ($1::integer IS NULL OR e.district_id = $1::integer)
  AND (p.state IS NULL OR e.at > p.frozen_at)
UNION ALL
SELECT d.what || ' after the week ' || d.book_week || ' settled', d.district_id || '/' || d.id
FROM (SELECT district_id, book_week, decided_at AS at, 'a decision' AS what, record_id::text AS id
      FROM decisions
      UNION ALL
      SELECT district_id, book_week, closed_at, 'a close', region_code::text
      FROM worklist_closes) AS d
JOIN periods AS p ON p.district_id = d.district_id AND p.grain = 'week'
    AND p.begin_date = d.book_week
WHERE ($1::integer IS NULL OR d.district_id = $1::integer) AND d.at > p.settled_at
UNION ALL
SELECT 'a return is taken for one before the week ' || d.book_week || ' froze',
       d.district_id || '/' || d.record_id
FROM decisions AS d
JOIN periods AS p ON p.district_id = d.district_id AND p.grain = 'week'
    AND p.begin_date = d.book_week
WHERE ($1::integer IS NULL OR d.district_id = $1::integer)
  AND d.before_freeze AND d.decided_at > p.frozen_at
UNION ALL
SELECT 'the case ' || o.case_number || ' was not decided when its ' || p.grain || ' became final',
       o.district_id || '/' || o.case_number
FROM objections AS o
JOIN public_notices AS n USING (district_id, number)
JOIN periods AS p USING (district_id, grain, begin_date)
LEFT JOIN LATERAL (
    SELECT max(d.decided_at) AS at FROM objection_decisions AS d
    WHERE d.district_id = o.district_id AND d.case_number = o.case_number) AS d ON true
WHERE ($1::integer IS NULL OR o.district_id = $1::integer) AND p.state = 'final'
  AND (COALESCE(d.at, 'infinity') > p.final_at
       OR objection_state(o) IN ('open', 'awaiting_approval'))
