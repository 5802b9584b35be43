-- Sign-in sheets: each rule of their tables broken once, and evidence that nobody changes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
SELECT plan(13);
SELECT pg_temp.tb_serve(101, 1, 3, '2014-06-02', 60, '2014-06-02');
SELECT pg_temp.tb_serve(102, 2, 3, '2014-06-02', 60, '2014-06-02');

CREATE FUNCTION pg_temp.sheet(n integer, changes jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
    INSERT INTO service_sheets
    SELECT * FROM jsonb_populate_record(NULL::service_sheets, jsonb_build_object(
        'district_id', 371402, 'id', pg_temp.tb_id(n), 'region_code', 371402001001,
        'sheet_number', 'S' || n, 'category_code', 'companionship', 'recipient_kind', 'public',
        'place', 'p', 'content', 'c', 'service_date', '2014-06-02', 'attestation', '{}'::jsonb,
        'registrar_id', pg_temp.tb_id(5), 'lines_count', 2, 'minutes', 120,
        'entered_by', pg_temp.tb_id(7), 'entered_at', pg_temp.tb_at('2014-06-02 18:00'),
        'recorded_at', now()) || changes)
$$;
CREATE FUNCTION pg_temp.line(sheet integer, line integer, record integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO service_sheet_lines (district_id, sheet_id, line_no, record_id)
    VALUES (371402, pg_temp.tb_id(sheet), line, pg_temp.tb_id(record))
$$;

SELECT lives_ok($$SELECT pg_temp.sheet(1, '{"lines_count": 200, "minutes": 200}')$$, '200 lines are a sheet');
SELECT throws_like($$SELECT pg_temp.sheet(2, '{"lines_count": 201, "minutes": 201}')$$,
    '%service_sheets__lines%', 'one more is none');
SELECT throws_like($$SELECT pg_temp.sheet(2, '{"lines_count": 0}')$$, '%service_sheets__lines%', 'nor is none');
SELECT throws_like($$SELECT pg_temp.sheet(2, '{"minutes": 1}')$$, '%service_sheets__minutes%',
    'each line has a minute');
SELECT throws_like($$SELECT pg_temp.sheet(2, '{"starts_at": "2014-06-02 09:00+08"}')$$,
    '%service_sheets__both_times%', 'both times or none');
SELECT throws_like($$SELECT pg_temp.sheet(2, '{"sheet_number": "S1"}')$$, '%service_sheets__number_once%',
    'a number is good once in a community');
SELECT lives_ok($$SELECT pg_temp.sheet(2, '{"sheet_number": "S1", "region_code": 371402001002}')$$,
    'and again in another');
SELECT lives_ok($$SELECT pg_temp.line(1, 1, 101)$$, 'a record is a line');
SELECT throws_like($$SELECT pg_temp.line(1, 2, 101)$$, '%service_sheet_lines__record_once%', 'of one sheet, once');
SELECT throws_like($$SELECT pg_temp.line(1, 0, 102)$$, '%service_sheet_lines__line_no%', 'lines count from 1');
SELECT throws_like($$SELECT pg_temp.line(1, 201, 102)$$, '%service_sheet_lines__line_no%', 'to 200');
SELECT throws_like($$UPDATE service_sheets SET minutes = 1$$, '%insert-only%', 'a sheet is never changed');
SELECT throws_like($$DELETE FROM service_sheet_lines$$, '%insert-only%', 'nor a line of it');
SELECT * FROM finish();
ROLLBACK;
