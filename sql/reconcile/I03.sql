-- I3: held = the open holds; pending_in = what is registered and neither settled nor taken back;
-- embargoed = credits that wait for the final notice of their quarter and have not been reversed.
WITH held AS (
    SELECT district_id, account_id, sum(minutes) AS minutes
    FROM holds WHERE state = 'open' GROUP BY district_id, account_id
), pending AS (
    SELECT g.district_id, g.account_id, sum(g.minutes) AS minutes
    FROM periods AS p
    JOIN service_record_states AS s ON s.district_id = p.district_id AND s.book_week = p.begin_date
    JOIN registrations AS g ON g.district_id = s.district_id AND g.record_id = s.record_id
    WHERE p.grain = 'week' AND p.state IN ('open', 'frozen')
      AND s.status IN ('registered', 'verified')
    GROUP BY g.district_id, g.account_id
), embargoed AS (
    SELECT e.district_id, e.account_id, sum(e.minutes) AS minutes
    FROM periods AS q
    JOIN standing_embargoes AS e ON e.district_id = q.district_id AND e.quarter = q.begin_date
    WHERE q.grain = 'quarter' AND q.state <> 'final'
    GROUP BY e.district_id, e.account_id
)
SELECT v.what || ' is ' || v.stored || ', its rows sum to ' || v.summed AS what,
       b.district_id || '/' || b.account_id AS where_found
FROM balances AS b
LEFT JOIN held AS h USING (district_id, account_id)
LEFT JOIN pending AS p USING (district_id, account_id)
LEFT JOIN embargoed AS e USING (district_id, account_id)
CROSS JOIN LATERAL (VALUES ('held', b.held, COALESCE(h.minutes, 0)),
                           ('pending_in', b.pending_in, COALESCE(p.minutes, 0)),
                           ('embargoed', b.embargoed, COALESCE(e.minutes, 0))) AS v(what, stored, summed)
WHERE ($1::integer IS NULL OR b.district_id = $1::integer) AND v.stored <> v.summed
UNION ALL
SELECT 'an embargo is not of what its transfer credited',
       e.district_id || '/' || e.account_id || '/' || e.transfer_id
FROM embargoes AS e
JOIN transfers AS t ON t.district_id = e.district_id AND t.id = e.transfer_id
WHERE ($1::integer IS NULL OR e.district_id = $1::integer)
  AND (t.credit_account_id, t.minutes, CASE t.kind
           WHEN 'replacement' THEN (SELECT o.quarter FROM embargoes AS o
                                    WHERE o.district_id = t.district_id
                                      AND o.transfer_id = t.replaces_id)
           ELSE quarter_of(t.district_id, t.book_month) END)
      IS DISTINCT FROM (e.account_id, e.minutes, e.quarter)
