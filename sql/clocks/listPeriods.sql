SELECT p.grain, p.begin_date, p.end_date, p.state, p.freezes_at, p.due_at, p.frozen_at,
       p.settled_at, encode(p.digest, 'hex') AS digest, p.run_id
FROM periods AS p
WHERE p.district_id = :district::integer
  AND (:grain::text IS NULL OR p.grain = :grain)
  AND (:state::text IS NULL OR p.state = :state)
  AND (:from::date IS NULL OR p.end_date > :from::date)
  AND (:to::date IS NULL OR p.begin_date <= :to::date)
