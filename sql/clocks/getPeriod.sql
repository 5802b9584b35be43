SELECT p.grain, p.begin_date, p.end_date, p.state, p.freezes_at, p.due_at, p.frozen_at,
       p.settled_at, encode(p.digest, 'hex') AS digest, p.run_id
FROM periods AS p
WHERE p.district_id = :district::integer AND p.grain = :grain
  AND p.begin_date = :begin_date::date
