-- step: post
WITH request AS (
    SELECT r.*, COALESCE(r.posted_by, r.actor_person) AS poster
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, actor_person uuid, scope_low bigint, scope_high bigint, number text,
         postings jsonb, posted_by uuid)
), listed AS MATERIALIZED (
    SELECT r.ordinal, e.place_in_list, x.region_code, x.place, x.posted_at,
           derived_uuid(convert_to('timebank.posting.1', 'UTF8') || uuid_send(r.new_id)
                        || int8send(e.place_in_list)) AS id
    FROM request AS r
    CROSS JOIN LATERAL jsonb_array_elements(r.postings) WITH ORDINALITY AS e (value, place_in_list)
    CROSS JOIN LATERAL jsonb_to_record(e.value) AS x(region_code bigint, place text,
                                                     posted_at timestamptz)
), judged AS MATERIALIZED (
    SELECT r.*, n.drawn_up_at, strange.regions, CASE
        WHEN n.number IS NULL OR p.id IS NULL OR strange.is_outside THEN 'not_found'
        WHEN strange.regions IS NOT NULL THEN 'notice_pages_unknown'
        WHEN strange.has_wrong_time THEN 'posting_time_invalid' END AS code
    FROM request AS r
    LEFT JOIN public_notices AS n
        ON n.district_id = :district::integer AND n.number = r.number
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = r.poster
    CROSS JOIN LATERAL (
        SELECT bool_or(l.region_code NOT BETWEEN r.scope_low AND r.scope_high) AS is_outside,
               string_agg(DISTINCT lpad(l.region_code::text, 12, '0'), ', ')
                   FILTER (WHERE g.region_code IS NULL) AS regions,
               bool_or(l.posted_at > r.at OR l.posted_at < n.drawn_up_at) AS has_wrong_time
        FROM listed AS l
        LEFT JOIN notice_pages AS g ON g.district_id = :district::integer AND g.number = r.number
            AND g.region_code = l.region_code
        WHERE l.ordinal = r.ordinal
    ) AS strange
), posted AS (
    INSERT INTO notice_postings (district_id, id, number, region_code, place, posted_at, posted_by,
                                 entered_by)
    SELECT :district::integer, l.id, j.number, l.region_code, l.place, l.posted_at, j.poster,
           j.actor_user
    FROM judged AS j
    JOIN listed AS l USING (ordinal)
    WHERE j.code IS NULL
    ORDER BY l.id
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('regions', COALESCE(j.regions, ''), 'drawn_up_at', j.drawn_up_at)
               AS args,
           j.number AS subject_id, :district::bigint * 1000000 AS region_code,
           CASE WHEN j.code IS NULL THEN j.number END AS number, s.pages, s.posted_pages,
           s.posted_at, s.window_ends_at,
           CASE WHEN j.code IS NULL THEN (
               SELECT json_agg(json_build_object(
                          'id', l.id, 'region_code', lpad(l.region_code::text, 12, '0'),
                          'place', l.place, 'posted_at', l.posted_at, 'taken_down_at', NULL)
                          ORDER BY l.place_in_list)
               FROM listed AS l WHERE l.ordinal = j.ordinal) END AS postings
    FROM judged AS j
    LEFT JOIN LATERAL notice_standing(:district::integer, j.number, j.postings) AS s
        ON j.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
