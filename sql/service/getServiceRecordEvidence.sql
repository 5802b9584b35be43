SELECT a.id, a.status, a.status_reason, a.region_code, a.team_id,
       json_build_object('person_id', a.server_id, 'name', a.server_name,
                         'volunteer_id', a.volunteer_id, 'service_date', a.service_date,
                         'minutes', a.minutes, 'entered_by', a.entered_by,
                         'entered_by_name', user_name(:district::integer, a.entered_by),
                         'entered_at', a.created_at) AS server,
       COALESCE((SELECT json_agg(json_build_object('state', h.state, 'at', h.at,
                     'person_id', h.person_id, 'name', p.name, 'entered_by', h.entered_by,
                     'entered_by_name', user_name(:district::integer, h.entered_by),
                     'recorded_at', h.recorded_at) ORDER BY h.at, h.recorded_at NULLS FIRST)
                 FROM record_history(:district::integer, a.id) AS h
                 JOIN persons AS p ON p.district_id = :district::integer AND p.id = h.person_id),
                '[]') AS history,
       COALESCE((SELECT json_agg(json_build_object('duty', e.duty, 'person_id', e.person_id,
                     'name', p.name, 'capacity', e.capacity, 'method', e.method,
                     'minutes', e.minutes, 'book_week', e.book_week, 'note', e.note,
                     'witness_id', e.witness_id, 'witness_name', w.name,
                     'sheet_number', e.sheet_number, 'scan', e.scan, 'at', e.at, 'entered_by', e.entered_by,
                     'entered_by_name', user_name(:district::integer, e.entered_by),
                     'recorded_at', e.recorded_at) ORDER BY e.place, e.at, e.person_id)
                 FROM evidence_chain(:district::integer, a.id) AS e
                 JOIN persons AS p ON p.district_id = :district::integer AND p.id = e.person_id
                 LEFT JOIN persons AS w
                     ON w.district_id = :district::integer AND w.id = e.witness_id),
                '[]') AS chain,
       COALESCE((SELECT json_agg(json_build_object('rule', f.rule, 'args', f.args,
                     'text_en', f.text_en, 'text_zh', f.text_zh, 'book_week', f.book_week,
                     'at', f.flagged_at) ORDER BY f.rule)
                 FROM record_findings(:district::integer, a.id, NULL) AS f), '[]') AS flags,
       COALESCE((SELECT json_agg(json_build_object('book_week', x.book_week, 'method', x.method,
                     'result', x.result, 'note', x.note, 'verifier_id', c.verifier_id,
                     'at', c.closed_at) ORDER BY x.book_week)
                 FROM spot_checks AS x
                 JOIN worklist_closes AS c USING (district_id, book_week, region_code)
                 WHERE x.district_id = :district::integer AND x.record_id = a.id), '[]')
           AS spot_checks,
       COALESCE((SELECT json_agg(json_build_object('book_week', x.book_week, 'reason', x.reason,
                     'verifier_id', c.verifier_id, 'at', c.closed_at) ORDER BY x.book_week)
                 FROM close_exceptions AS x
                 JOIN worklist_closes AS c USING (district_id, book_week, region_code)
                 WHERE x.district_id = :district::integer AND x.record_id = a.id), '[]')
           AS left_out,
       COALESCE((SELECT json_agg(json_build_object('from_week', c.from_week, 'to_week', c.to_week,
                     'reason', c.reason, 'at', c.carried_at) ORDER BY c.from_week)
                 FROM carries AS c
                 WHERE c.district_id = :district::integer AND c.record_id = a.id), '[]') AS carries,
       COALESCE((SELECT json_agg(json_build_object('id', r.id, 'state', r.state,
                     'awaiting', r.awaiting, 'wrong', r.wrong, 'reason', r.reason,
                     'requester_id', r.requester_id, 'requester_name', r.requester_name,
                     'requested_at', r.requested_at, 'answered_at', r.answered_at)
                     ORDER BY r.requested_at, r.id)
                 FROM correction_request_answers AS r
                 WHERE r.district_id = :district::integer AND r.record_id = a.id), '[]')
           AS correction_requests,
       (SELECT json_build_object('id', l.sheet_id, 'sheet_number', h.sheet_number,
                                 'line_no', l.line_no)
        FROM service_sheet_lines AS l
        JOIN service_sheets AS h ON h.district_id = l.district_id AND h.id = l.sheet_id
        WHERE l.district_id = :district::integer AND l.record_id = a.id) AS sheet,
       a.replaces_id,
       (SELECT n.id FROM service_records AS n
        WHERE n.district_id = :district::integer AND n.replaces_id = a.id) AS replaced_by_id,
       (SELECT json_agg(json_build_object('id', v.id, 'status', n.status, 'minutes', n.minutes,
                   'status_reason', n.status_reason, 'created_at', n.created_at) ORDER BY v.place)
        FROM record_versions(:district::integer, a.id) AS v
        CROSS JOIN LATERAL record_answer(:district::integer, v.id, '{}') AS n) AS versions,
       (SELECT p.settled_at FROM periods AS p
        WHERE p.district_id = :district::integer AND p.grain = 'week'
          AND p.begin_date = a.book_week AND a.status = 'verified') AS settled_at
FROM service_record_answers AS a
WHERE a.district_id = :district::integer AND a.id = :id::uuid
  AND a.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:self_person::uuid IS NULL
       OR :self_person::uuid IN (a.server_id, a.recipient_person_id))
  AND (:own_team::uuid IS NULL OR a.team_id = :own_team::uuid)
