WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT d.id, d.volunteer_id, d.reason, d.valid_from, d.valid_to, d.recorded_at, d.superseded_at
FROM day
JOIN volunteer_departures AS d
    ON d.district_id = :district::integer AND d.volunteer_id = :volunteer_id::uuid
   AND fact_holds(d.valid_from, d.valid_to, d.recorded_at, d.superseded_at,
                  COALESCE(:as_of::date, d.valid_from), day.known_at)
WHERE sees_volunteer(:district::integer, :volunteer_id::uuid, :scope_low::bigint,
                     :scope_high::bigint, NULL, :self_person::uuid, day.today)
