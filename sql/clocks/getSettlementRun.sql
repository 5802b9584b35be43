SELECT r.id, r.grain, r.begin_date, r.business_at, r.policy_version, r.records, r.deposits,
       r.captures, r.minutes, r.carried, r.statements,
       encode(r.digest, 'hex') AS digest
FROM settlement_runs AS r
WHERE r.district_id = :district::integer AND r.id = :run_id::uuid
