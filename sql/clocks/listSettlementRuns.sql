SELECT r.id, r.grain, r.begin_date, r.business_at, r.policy_version, r.records, r.deposits,
       r.captures, r.minutes, r.carried, r.statements,
       encode(r.digest, 'hex') AS digest
FROM settlement_runs AS r
WHERE r.district_id = :district::integer
  AND (:grain::text IS NULL OR r.grain = :grain)
  AND (:from::date IS NULL OR r.begin_date >= :from::date)
  AND (:to::date IS NULL OR r.begin_date <= :to::date)
