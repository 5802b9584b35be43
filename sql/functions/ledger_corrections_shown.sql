-- The answer LedgerCorrection. deficit_minutes: what it took, or would take, accounts below their floor.
CREATE OR REPLACE VIEW ledger_correction_answers AS
SELECT c.id, c.record_id, sr.region_code, sr.volunteer_id, v.volunteer_number,
       server.name AS server_name, sr.service_date, c.minutes_before, c.minutes, c.reason,
       c.case_number, ledger_correction_state(c) AS state,
       CASE ledger_correction_state(c)
           WHEN 'awaiting_approval' THEN correction_deficit(c)
           ELSE COALESCE((SELECT sum(d.minutes) FROM ledger_deficits AS d
                          WHERE d.district_id = c.district_id AND d.correction_id = c.id), 0)::bigint
           END AS deficit_minutes,
       c.decided_by, decider.name AS decided_by_name, c.decided_at, c.entered_by, a.approved_by,
       approver.name AS approved_by_name, a.reason AS approval_reason, a.decided_at AS approved_at,
       p.book_month, p.posted_at,
       (SELECT COALESCE(json_agg(json_build_object('transfer_id', t.id, 'kind', t.kind,
                   'corrected_kind', t.corrected_kind, 'minutes', t.minutes,
                   'debit_account_id', t.debit_account_id,
                   'credit_account_id', t.credit_account_id)
                   ORDER BY t.kind DESC, t.corrected_kind DESC), '[]')
        FROM transfers AS t
        WHERE t.district_id = c.district_id AND t.correction_id = c.id) AS transfers,
       c.district_id
FROM ledger_corrections AS c
JOIN service_records AS sr ON sr.district_id = c.district_id AND sr.id = c.record_id
JOIN volunteers AS v ON v.district_id = c.district_id AND v.id = sr.volunteer_id
JOIN persons AS server ON server.district_id = c.district_id AND server.id = sr.server_id
JOIN persons AS decider ON decider.district_id = c.district_id AND decider.id = c.decided_by
LEFT JOIN ledger_correction_approvals AS a
    ON a.district_id = c.district_id AND a.correction_id = c.id
LEFT JOIN persons AS approver ON approver.district_id = c.district_id AND approver.id = a.approved_by
LEFT JOIN ledger_correction_postings AS p
    ON p.district_id = c.district_id AND p.correction_id = c.id;
GRANT SELECT ON ledger_correction_answers TO timebank_service;

-- Those of some ids, as they are after what the calling statement did before.
CREATE OR REPLACE FUNCTION ledger_corrections_of(of_district integer, ids uuid[])
RETURNS SETOF ledger_correction_answers LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT * FROM ledger_correction_answers AS a
    WHERE a.district_id = of_district AND a.id = ANY (ids);
END
$$;
