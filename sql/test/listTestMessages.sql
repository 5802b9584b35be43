SELECT m.id, m.person_id, p.name AS person_name, m.kind, m.subject_id, m.queued_at, m.expires_at,
       m.body_sealed AS text
FROM messages AS m
JOIN persons AS p ON p.district_id = m.district_id AND p.id = m.person_id
WHERE m.district_id = :district::integer
  AND EXISTS (SELECT FROM installation WHERE kind IN ('demo', 'test'))
  AND (:person_id::uuid IS NULL OR m.person_id = :person_id::uuid)
  AND (:subject_id::text IS NULL OR m.subject_id = :subject_id::text)
