-- A district of realistic size for the benchmarks, by one INSERT a table: :communities of 100 volunteers
-- and 60 people served, each volunteer with 25 services in the 104 settled weeks before the standing
-- clock. Every constraint is in force but the separation of duties, which holds by construction and is
-- dear a row. The district itself was founded by `timebankd district`. Balances say what the records
-- say; there are no transfers behind them, so this is no ledger to reconcile.
--
-- Variables: district, communities, token_reader, token_writer.

BEGIN;

ALTER TABLE attestations DISABLE TRIGGER duties;
ALTER TABLE registrations DISABLE TRIGGER duties;
ALTER TABLE worklist_closes DISABLE TRIGGER duties;

CREATE FUNCTION pg_temp.id(kind integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid
$$;

-- Kinds of ids: 1 person, 2 household, 3 volunteer, 4 account, 5 team, 6 record, 7 user and grant.
CREATE TEMP TABLE place AS
SELECT c, :district * 1000000::bigint + (1 + (c - 1) / 20) * 1000 + 1 + (c - 1) % 20 AS region_code
FROM generate_series(1, :communities) AS c;

INSERT INTO regions (district_id, region_code, kind, parent_code)
SELECT DISTINCT :district, region_code / 1000 * 1000, 'subdistrict', :district * 1000000::bigint
FROM place
UNION ALL
SELECT :district, region_code, 'community', region_code / 1000 * 1000 FROM place
ORDER BY 3 DESC;

INSERT INTO region_facts (district_id, region_code, name, setting, valid_from)
SELECT district_id, region_code,
       CASE kind WHEN 'community' THEN format('第%s社区', region_code % 1000)
                 ELSE format('第%s街道', region_code / 1000 % 1000) END,
       CASE kind WHEN 'community' THEN 'urban' END, date '2012-05-14'
FROM regions
WHERE district_id = :district AND kind <> 'district';

-- The first 100 of a community's 160 volunteer, the others are served.
CREATE TEMP TABLE member AS
SELECT (c - 1) * 160 + i AS n, c, i, region_code, i <= 100 AS volunteers,
       (c - 1) * 100 + i AS volunteer_n
FROM place CROSS JOIN generate_series(1, 160) AS i;

INSERT INTO persons (district_id, id, name, sex, birth_date, contact_channel, origin)
SELECT :district, pg_temp.id(1, n),
       substr('王李张刘陈杨赵黄周吴', 1 + n % 10, 1) || substr('秀桂建玉春国志文明德', 1 + n / 10 % 10, 1)
           || substr('英兰华珍荣梅平军芳林', 1 + n / 100 % 10, 1),
       CASE n % 2 WHEN 0 THEN 'female' ELSE 'male' END,
       date '1935-01-01' + (n * 7 % 7300)::integer, 'phone', 'synthetic'
FROM member;

INSERT INTO households (district_id, id, region_code, address_line)
SELECT :district, pg_temp.id(2, n), region_code, format('%s号楼%s单元', n % 30 + 1, n % 5 + 1)
FROM member;

INSERT INTO residences (district_id, id, person_id, region_code, household_id, valid_from)
SELECT :district, pg_temp.id(2, n), pg_temp.id(1, n), region_code, pg_temp.id(2, n), '2012-05-14'
FROM member;

INSERT INTO volunteers (district_id, id, person_id, volunteer_number, joined_on, health, experience,
                        willingness)
SELECT :district, pg_temp.id(3, volunteer_n), pg_temp.id(1, n),
       :district || lpad(volunteer_n::text, 7, '0'), '2012-05-14', '良好', '退休教师', '陪聊,居家养老'
FROM member WHERE volunteers;

INSERT INTO accounts (district_id, id, kind, region_code)
SELECT :district, pg_temp.id(4, volunteer_n), 'passbook', region_code FROM member WHERE volunteers;

INSERT INTO passbooks (district_id, id, volunteer_id, account_id, passbook_number, opened_on)
SELECT :district, pg_temp.id(4, volunteer_n), pg_temp.id(3, volunteer_n),
       pg_temp.id(4, volunteer_n), :district || lpad(volunteer_n::text, 8, '0'), '2012-05-14'
FROM member WHERE volunteers;

-- Two teams a community; every tenth volunteer is in both.
INSERT INTO teams (district_id, id, region_code, name, kind, founded_on, origin)
SELECT :district, pg_temp.id(5, c * 2 + t), region_code, format('第%s志愿服务队', t + 1), 'general',
       '2012-05-14', 'synthetic'
FROM place CROSS JOIN generate_series(0, 1) AS t;

INSERT INTO team_memberships (district_id, id, team_id, volunteer_id, position, valid_from)
SELECT :district, pg_temp.id(5, volunteer_n * 2 + t), pg_temp.id(5, c * 2 + t),
       pg_temp.id(3, volunteer_n), 'member', '2012-05-14'
FROM member CROSS JOIN generate_series(0, 1) AS t
WHERE volunteers AND (i % 2 = t OR i % 10 = 0);

-- Who reads the whole district, who writes in its first subdistrict, who registers and verifies.
INSERT INTO persons (district_id, id, name)
SELECT :district, pg_temp.id(7, n), name
FROM (VALUES (1, '审计员'), (2, '街道干事'), (3, '书记'), (4, '组长')) AS officer (n, name);
INSERT INTO users (district_id, id, person_id)
SELECT :district, pg_temp.id(7, n), pg_temp.id(7, n) FROM generate_series(1, 3) AS n;
INSERT INTO role_grants (district_id, id, user_id, role, region_code, valid_from)
VALUES (:district, pg_temp.id(7, 1), pg_temp.id(7, 1), 'auditor', :district * 1000000::bigint,
        '2012-05-14'),
       (:district, pg_temp.id(7, 2), pg_temp.id(7, 2), 'subdistrict_clerk',
        :district * 1000000::bigint + 1000, '2012-05-14');
INSERT INTO tokens (district_id, id, grant_id, label, token_hash, prefix)
SELECT :district, pg_temp.id(7, n), pg_temp.id(7, n), 'bench', sha256(text::bytea), left(text, 14)
FROM (VALUES (1, :'token_reader'), (2, :'token_writer')) AS token (n, text);

-- Service k of a volunteer is in week 4k to 4k+3 of the last 104, an hour or two on its Tuesday.
CREATE TEMP TABLE service AS
SELECT pg_temp.id(6, volunteer_n * 25 + k) AS id, region_code, volunteer_n, n, c,
       pg_temp.id(1, (c - 1) * 160 + 101 + (i + k) % 60) AS recipient_id,
       date '2012-05-14' + 7 * (k * 4 + i % 4) AS week, 60 + i % 3 * 30 AS minutes,
       pg_temp.id(5, c * 2 + i % 2) AS team_id
FROM member CROSS JOIN generate_series(0, 24) AS k
WHERE volunteers;

INSERT INTO service_records (district_id, id, region_code, team_id, volunteer_id, server_id,
    category_code, recipient_kind, recipient_person_id, place, content, service_date, starts_at,
    ends_at, end_date, time_precision, minutes, entered_by, created_at)
SELECT :district, id, region_code, team_id, pg_temp.id(3, volunteer_n), pg_temp.id(1, n),
       'home_care', 'person', recipient_id, '3号楼2单元101', '打扫房间,陪同买药', week + 1, at,
       at + minutes * interval '1 minute', week + 1, 'minute', minutes, pg_temp.id(7, 2), at
FROM service
CROSS JOIN LATERAL (SELECT (week + 1 + time '09:00') AT TIME ZONE 'Asia/Shanghai' AS at) AS clock;

INSERT INTO time_claims (district_id, record_id, volunteer_id, during)
SELECT district_id, id, volunteer_id, tstzrange(starts_at, ends_at)
FROM service_records WHERE district_id = :district;

INSERT INTO attestations (district_id, id, record_id, attester_id, capacity, method, minutes,
                          entered_by, attested_at)
SELECT district_id, id, id, recipient_person_id, 'recipient', 'code', minutes, entered_by, ends_at
FROM service_records WHERE district_id = :district;

INSERT INTO registrations (district_id, record_id, registrar_id, region_code, volunteer_id,
    account_id, service_date, minutes, book_week, registered_late, entered_by, registered_at)
SELECT :district, id, pg_temp.id(7, 4), region_code, pg_temp.id(3, volunteer_n),
       pg_temp.id(4, volunteer_n), week + 1, minutes, week, false, pg_temp.id(7, 2),
       (week + 1 + time '17:00') AT TIME ZONE 'Asia/Shanghai'
FROM service;

INSERT INTO balances (district_id, account_id, posted, earned_minutes)
SELECT :district, pg_temp.id(4, volunteer_n), sum(minutes), sum(minutes)
FROM service GROUP BY volunteer_n;

-- Founding the district has settled its weeks of the past; here they get what was closed in them.
INSERT INTO worklists (district_id, book_week, region_code, seed, prepared_at)
SELECT DISTINCT :district, week, region_code, '\x00'::bytea,
       (week + 7)::timestamp AT TIME ZONE 'Asia/Shanghai'
FROM service;
INSERT INTO worklist_closes (district_id, book_week, region_code, verifier_id, worklist_digest,
                             records, minutes, entered_by, closed_at)
SELECT :district, week, region_code, pg_temp.id(7, 3), '\x00'::bytea, count(*), sum(minutes),
       pg_temp.id(7, 3), (week + 8)::timestamp AT TIME ZONE 'Asia/Shanghai'
FROM service GROUP BY week, region_code;

ALTER TABLE attestations ENABLE TRIGGER duties;
ALTER TABLE registrations ENABLE TRIGGER duties;
ALTER TABLE worklist_closes ENABLE TRIGGER duties;

COMMIT;
