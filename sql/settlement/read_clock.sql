-- The clocks of the database in milliseconds since 1970: $1 (null: the business clock), the
-- business clock, whether it stands, the wall clock, and the heartbeat, which is the wall clock of
-- the latest event of any district.
SELECT floor(extract(epoch FROM COALESCE($1::timestamptz, business_now())) * 1000)::bigint
           AS as_of_ms,
       floor(extract(epoch FROM business_now()) * 1000)::bigint AS business_ms,
       standing_clock IS NOT NULL AS stands,
       floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS wall_ms,
       (SELECT floor(extract(epoch FROM max(latest.recorded_at)) * 1000)::bigint
        FROM districts AS d
        CROSS JOIN LATERAL (SELECT e.recorded_at FROM events AS e
                            WHERE e.district_id = d.district_id
                            ORDER BY e.sequence DESC LIMIT 1) AS latest) AS heartbeat_ms
FROM installation
