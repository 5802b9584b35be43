-- After one_week.sql: a neighbouring district, 371403, from which person 9, whose name is that of person 1, moves here;
-- and person 8 here, who moves away. tb_out and tb_in give what the functions do.
INSERT INTO districts VALUES (371403, '陵城区', 'Asia/Shanghai', '2014-05-15');
INSERT INTO regions (district_id, region_code, kind, parent_code) VALUES
    (371403, 371403000000, 'district', NULL), (371403, 371403001000, 'subdistrict', 371403000000),
    (371403, 371403001001, 'community', 371403001000);
INSERT INTO periods (district_id, grain, begin_date, end_date, freezes_at, due_at)
SELECT 371403, 'month', begin_date, end_date, freezes_at, due_at FROM periods
WHERE district_id = 371402 AND grain = 'month';
CREATE TEMP TABLE mover (district integer, n integer, name text, region bigint);
INSERT INTO mover VALUES (371402, 8, 'person 8', 371402001001), (371403, 9, 'person 1', 371403001001);
INSERT INTO persons (district_id, id, name) SELECT district, pg_temp.tb_id(n), name FROM mover;
INSERT INTO residences (district_id, id, person_id, region_code, address_line, valid_from)
SELECT district, gen_random_uuid(), pg_temp.tb_id(n), region, 'house 9', '2010-01-01' FROM mover;
INSERT INTO users (district_id, id, person_id)
SELECT district, pg_temp.tb_id(n), pg_temp.tb_id(n) FROM mover;
INSERT INTO volunteers (district_id, id, person_id, volunteer_number, joined_on)
SELECT district, pg_temp.tb_id(n), pg_temp.tb_id(n), district || n::text, '2014-05-15' FROM mover;
INSERT INTO accounts (district_id, id, kind, region_code)
SELECT district, pg_temp.tb_id(n), 'passbook', region FROM mover;
INSERT INTO accounts (district_id, id, kind, region_code)
SELECT district, issuance_account(district, region), 'issuance', region FROM mover
ON CONFLICT DO NOTHING;
INSERT INTO balances (district_id, account_id) SELECT district, pg_temp.tb_id(n) FROM mover;
INSERT INTO passbooks (district_id, id, volunteer_id, account_id, passbook_number, opened_on)
SELECT district, pg_temp.tb_id(n), pg_temp.tb_id(n), pg_temp.tb_id(n), district || n::text,
       '2014-05-15' FROM mover;

-- Each has 500 minutes from before the time bank.
SELECT move_minutes(district, pg_temp.tb_id(800 + n), issuance_account(district, region),
                    pg_temp.tb_id(n), 500, 'opening', region, booking_month(district, '2014-07-12'),
                    pg_temp.tb_at('2014-07-12 09:00')) FROM mover;
UPDATE balances SET earned_minutes = 500 WHERE account_id IN (SELECT pg_temp.tb_id(n) FROM mover);

CREATE FUNCTION pg_temp.tb_out(move integer, from_district integer, book integer,
                               to_district integer, moved timestamptz)
RETURNS jsonb LANGUAGE sql AS $$
    SELECT move_out((from_district, pg_temp.tb_id(move), 'out', pg_temp.tb_id(book), to_district,
                     NULL, 0, 0, 0, '2014-01-01', '', pg_temp.tb_id(move + 10),
                     booking_month(from_district, civil_date(from_district, moved)), 'paper',
                     pg_temp.tb_id(book), moved, now())::passbook_moves, 0, 999999999999)
$$;

-- By the statement as it was made out.
CREATE FUNCTION pg_temp.tb_in(statement jsonb, to_district integer, book integer, transfer integer,
                              moved timestamptz)
RETURNS text LANGUAGE sql AS $$
    SELECT move_in((to_district, m.id, 'in', pg_temp.tb_id(book), m.district_id,
                    statement ->> 'passbook_number', m.minutes, m.earned_minutes, m.star, m.moved_on,
                    m.seal, pg_temp.tb_id(transfer),
                    booking_month(to_district, civil_date(to_district, moved)), 'paper',
                    pg_temp.tb_id(7), moved, now())::passbook_moves, pg_temp.tb_id(transfer + 1), 0,
                   999999999999) -> 'refused' ->> 'code'
    FROM jsonb_populate_record(NULL::passbook_moves, statement) AS m
$$;
