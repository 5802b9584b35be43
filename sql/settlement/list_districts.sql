-- Districts to be kept: $1 one of them, or null for all. first_day, last_day: the days whose
-- periods must exist, from the founding (at most 15 years back) to 60 days ahead of the business
-- clock, or of $2 if that is later.
SELECT d.district_id, d.time_zone,
       GREATEST(d.founded_on, (t.today - interval '15 years')::date) AS first_day,
       t.today + 60 AS last_day
FROM districts AS d
CROSS JOIN LATERAL (
    SELECT civil_date(d.district_id, GREATEST(business_now(), $2::timestamptz)) AS today
) AS t
WHERE $1::integer IS NULL OR d.district_id = $1::integer
ORDER BY d.district_id
