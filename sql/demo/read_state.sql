-- What is in the database: how many districts, and how far a demo of district $1 has come
-- (1: being loaded, 2: whole; null: there is none).
SELECT (SELECT count(*) FROM districts) AS districts,
       (SELECT value FROM counters WHERE district_id = $1::integer AND name = 'demo') AS demo,
       pg_try_advisory_lock(hashtext('timebank.demo')) AS is_alone
