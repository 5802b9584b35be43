SELECT a.*
FROM ledger_correction_answers AS a
WHERE a.district_id = :district::integer AND a.id = :correction_id::uuid
  AND a.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
