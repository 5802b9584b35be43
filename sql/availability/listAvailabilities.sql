WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT s.id, s.volunteer_id, s.weekday, to_char(s.starts_at, 'HH24:MI') AS starts_at,
       to_char(s.ends_at, 'HH24:MI') AS ends_at, s.valid_from, s.valid_to, s.recorded_at,
       s.superseded_at
FROM day
JOIN availabilities AS s
    ON s.district_id = :district::integer AND s.volunteer_id = :volunteer_id::uuid
   AND fact_holds(s.valid_from, s.valid_to, s.recorded_at, s.superseded_at,
                  COALESCE(:as_of::date, s.valid_from), day.known_at)
WHERE sees_volunteer(:district::integer, :volunteer_id::uuid, :scope_low::bigint,
                     :scope_high::bigint, :own_team::uuid, :self_person::uuid, day.today)
