WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT s.id, s.volunteer_id, s.skill_code,
       skill_name(:district::integer, s.skill_code, day.today) AS skill_name, s.level, s.evidence,
       s.certificate_number, s.certificate_issuer, s.certificate_valid_until, s.verified_by,
       s.verified_on, s.valid_from, s.valid_to, s.recorded_at, s.superseded_at
FROM day
JOIN volunteer_skills AS s
    ON s.district_id = :district::integer AND s.volunteer_id = :volunteer_id::uuid
   AND s.id = :volunteer_skill_id::uuid
WHERE sees_volunteer(:district::integer, :volunteer_id::uuid, :scope_low::bigint,
                     :scope_high::bigint, :own_team::uuid, :self_person::uuid, day.today)
