SELECT i.standing_clock, business_now() AS business_now,
       district_today(:district::integer) AS today
FROM installation AS i
WHERE i.kind IN ('demo', 'test')
