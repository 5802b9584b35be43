-- What the closes of week $2 of district $1 left undecided. had_part: the secretary had a part in
-- it, so the subdistrict decides; is_carried: it was left over before.
SELECT u.record_id, s.region_code, s.minutes, s.assignment_id IS NOT NULL AS is_paid,
       EXISTS (SELECT FROM close_exceptions AS x
               WHERE x.district_id = $1::integer AND x.record_id = u.record_id
                 AND x.reason = 'verifier_had_part') AS had_part,
       EXISTS (SELECT FROM carries AS c
               WHERE c.district_id = $1::integer AND c.record_id = u.record_id) AS is_carried
FROM undecided_records($1::integer, $2::date) AS u
JOIN service_records AS s ON s.district_id = $1::integer AND s.id = u.record_id
ORDER BY s.region_code, u.record_id
