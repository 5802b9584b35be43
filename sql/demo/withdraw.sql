-- The withdrawals $2 of district $1 with one assignment each: an array of {withdrawal, assignment,
-- hold, passbook, recipient, applicant, relation, region, minutes, volunteer, at, expires}. Their
-- operations come later (issue 3); the holds are placed by sql/demo/place_holds.sql.
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset($2::jsonb) AS r(withdrawal uuid, assignment uuid, passbook uuid,
         recipient uuid, applicant uuid, relation text, region bigint, minutes bigint,
         volunteer uuid, at timestamptz)
), applied AS (
    INSERT INTO withdrawals (district_id, id, passbook_id, recipient_id, applicant_id, relation,
                             region_code, minutes, applied_at)
    SELECT $1::integer, withdrawal, passbook, recipient, applicant, relation, region, minutes, at
    FROM request
)
INSERT INTO assignments (district_id, id, withdrawal_id, volunteer_id, minutes, assigned_at)
SELECT $1::integer, assignment, withdrawal, volunteer, minutes, at FROM request
