SELECT a.id, a.status,
       json_build_object('person_id', a.server_id, 'name', a.server_name,
                         'volunteer_id', a.volunteer_id, 'service_date', a.service_date,
                         'minutes', a.minutes, 'entered_by', a.entered_by,
                         'entered_at', a.created_at) AS server,
       COALESCE((SELECT json_agg(json_build_object('duty', e.duty, 'person_id', e.person_id,
                     'name', e.name, 'capacity', e.capacity, 'method', e.method,
                     'minutes', e.minutes, 'book_week', e.book_week, 'note', e.note, 'at', e.at,
                     'entered_by', e.entered_by) ORDER BY e.place, e.at, e.person_id)
                 FROM record_evidence(:district::integer, a.id) AS e), '[]') AS chain,
       COALESCE((SELECT json_agg(json_build_object('rule', f.rule, 'args', f.args,
                     'book_week', f.book_week, 'at', f.flagged_at) ORDER BY f.rule)
                 FROM record_flags AS f
                 WHERE f.district_id = :district::integer AND f.record_id = a.id), '[]') AS flags,
       COALESCE((SELECT json_agg(json_build_object('from_week', c.from_week, 'to_week', c.to_week,
                     'reason', c.reason, 'at', c.carried_at) ORDER BY c.from_week)
                 FROM carries AS c
                 WHERE c.district_id = :district::integer AND c.record_id = a.id), '[]') AS carries,
       a.replaces_id,
       (SELECT n.id FROM service_records AS n
        WHERE n.district_id = :district::integer AND n.replaces_id = a.id) AS replaced_by_id
FROM service_record_answers AS a
WHERE a.district_id = :district::integer AND a.id = :id::uuid
  AND a.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:self_person::uuid IS NULL
       OR :self_person::uuid IN (a.server_id, a.recipient_person_id))
  AND (:own_team::uuid IS NULL OR a.team_id = :own_team::uuid)
