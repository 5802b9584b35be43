-- Places the holds of the assignments that sql/demo/withdraw.sql has just made ($1 district, $2 the
-- same array) and leaves audit and event of each withdrawal; gives the refusals.
SELECT p.code, r.withdrawal
FROM jsonb_to_recordset($2::jsonb) AS r(withdrawal uuid, assignment uuid, hold uuid, passbook uuid,
     region bigint, minutes bigint, at timestamptz, expires timestamptz)
JOIN passbooks AS b ON b.district_id = $1::integer AND b.id = r.passbook
CROSS JOIN LATERAL (
    SELECT place_hold($1::integer, r.hold, b.account_id, r.assignment, r.minutes, r.at,
                      r.expires) AS code,
           note_step($1::integer, 'loadWithdrawal', 'withdrawal.created', r.withdrawal::text,
                     jsonb_build_object('minutes', r.minutes), r.at)
) AS p
WHERE p.code IS NOT NULL
