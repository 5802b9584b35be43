-- How long the weeks of district $1 are verified: each change of the policy week_cutoff with the day from
-- which it holds, oldest first. What changed before 1900 holds from then on; after 2200 is no week.
WITH changes AS (
    SELECT DISTINCT GREATEST(c.day, '1900-01-01') AS day
    FROM (
        SELECT p.valid_from AS day FROM policies AS p
        WHERE p.district_id = $1::integer AND p.name = 'week_cutoff'
        UNION ALL
        SELECT e.valid_to FROM policy_ends AS e
        JOIN policies AS p ON p.district_id = e.district_id AND p.id = e.policy_id
        WHERE e.district_id = $1::integer AND p.name = 'week_cutoff'
    ) AS c
    WHERE c.day <= '2200-12-31'
)
SELECT c.day AS from_date, (regexp_match(v.cutoff, '^P([0-9])D'))[1]::integer AS days,
       COALESCE((regexp_match(v.cutoff, 'T([0-9]+)H$'))[1]::integer, 0) AS hours
FROM changes AS c
CROSS JOIN LATERAL (
    SELECT policy_setting($1::integer, 'week_cutoff', $1::bigint * 1000000, c.day) #>> '{}' AS cutoff
) AS v
ORDER BY c.day
