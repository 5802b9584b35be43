-- I15: server, attesters, registrar, verifier and corrector of a record are different persons. Opening
-- balances have no such duties.
WITH duty AS (
    SELECT district_id, id AS record_id, 'server' AS duty, server_id AS person_id
    FROM service_records WHERE kind = 'service'
    UNION ALL
    SELECT district_id, record_id, 'attester', attester_id FROM attestations
    UNION ALL
    SELECT district_id, record_id, 'registrar', registrar_id FROM registrations
    UNION ALL
    SELECT district_id, record_id, 'verifier', verifier_id FROM decisions
    UNION ALL
    SELECT p.district_id, v.record_id, 'verifier', v.verifier_id
    FROM periods AS p
    CROSS JOIN LATERAL verified_records(p.district_id, p.begin_date) AS v
    WHERE p.grain = 'week' AND p.state <> 'open'
      AND NOT EXISTS (SELECT FROM decisions AS d
                      WHERE d.district_id = p.district_id AND d.record_id = v.record_id)
    UNION ALL
    SELECT DISTINCT c.district_id, c.record_id, 'corrector', c.decided_by
    FROM ledger_corrections AS c
)
SELECT 'one person is ' || string_agg(DISTINCT duty, ' and ') AS what,
       district_id || '/' || record_id AS where_found
FROM duty
WHERE $1::integer IS NULL OR district_id = $1::integer
GROUP BY district_id, record_id, person_id
HAVING count(*) > 1
