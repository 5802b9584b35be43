SELECT m.month, count(*) FILTER (WHERE m.status = 'draft') AS drafts,
       count(*) FILTER (WHERE m.counts) AS records,
       COALESCE(sum(m.minutes) FILTER (WHERE m.counts), 0)::bigint AS minutes,
       COALESCE(sum(m.pending_minutes), 0)::bigint AS pending_minutes,
       COALESCE(sum(m.verified_minutes), 0)::bigint AS verified_minutes,
       count(*) FILTER (WHERE m.registered_late AND m.counts) AS registered_late,
       count(*) FILTER (WHERE m.status = 'returned') AS returned
FROM (
    SELECT date_trunc('month', a.service_date)::date AS month, a.status, a.minutes,
           a.pending_minutes, a.verified_minutes, a.registered_late,
           a.status IN ('attested', 'registered', 'verified') AS counts
    FROM service_record_answers AS a
    WHERE a.district_id = :district::integer AND a.volunteer_id = :volunteer_id::uuid
      AND a.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
      AND (:self_person::uuid IS NULL
           OR :self_person::uuid IN (a.server_id, a.recipient_person_id))
      AND (:own_team::uuid IS NULL OR a.team_id = :own_team::uuid)
) AS m
GROUP BY m.month
