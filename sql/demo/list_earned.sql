-- The volunteers of district $1 whom the minutes earned until day $2 entitle to a star.
SELECT e.volunteer_id, e.star, e.minutes
FROM (
    SELECT p.volunteer_id, sum(t.minutes)::bigint AS minutes,
           star_of(sum(t.minutes)::bigint, ladder.thresholds) AS star
    FROM passbooks AS p
    JOIN transfers AS t ON t.district_id = $1::integer AND t.credit_account_id = p.account_id
        AND t.kind IN ('opening', 'deposit', 'capture', 'overrun') AND t.book_month <= $2::date
    CROSS JOIN star_thresholds($1::integer, $2::date) AS ladder (thresholds)
    WHERE p.district_id = $1::integer
    GROUP BY p.volunteer_id, ladder.thresholds
) AS e
WHERE e.star > 0
ORDER BY e.volunteer_id
