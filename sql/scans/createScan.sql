-- step: store
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         file_sha256 text, file_type text, file_bytes bigint)
)
INSERT INTO scans (district_id, sha256, media_type, bytes, uploaded_by, uploaded_at)
SELECT DISTINCT ON (q.file_sha256) :district::integer, scan_hash(q.file_sha256), q.file_type, q.file_bytes,
       q.actor_user, q.at
FROM request AS q
ORDER BY q.file_sha256, q.ordinal
ON CONFLICT DO NOTHING

-- step: tell
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         file_sha256 text)
), brought AS (
    INSERT INTO scan_uploads (district_id, sha256, uploaded_by, uploaded_at)
    SELECT DISTINCT ON (q.file_sha256, q.actor_user) :district::integer, scan_hash(q.file_sha256), q.actor_user,
           q.at
    FROM request AS q
    ORDER BY q.file_sha256, q.actor_user, q.ordinal
    ON CONFLICT DO NOTHING
), outcome AS (
    SELECT q.ordinal, NULL::text AS code, NULL::jsonb AS args, q.file_sha256 AS subject_id,
           NULL::bigint AS region_code, q.file_sha256 AS sha256, s.media_type, s.bytes, s.uploaded_by,
           user_name(:district::integer, s.uploaded_by) AS uploaded_by_name, s.uploaded_at
    FROM request AS q
    JOIN scans AS s ON s.district_id = :district::integer AND s.sha256 = scan_hash(q.file_sha256)
)
SELECT * FROM outcome ORDER BY ordinal
