-- Movements and hand-overs of badges keep their own rules whoever writes, and are never changed.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
\ir story/one_week.sql
\ir story/violates.sql
SELECT plan(27);

INSERT INTO star_awards (district_id, id, volunteer_id, star, award_year, awarded_on, kind, evidence)
VALUES (371402, pg_temp.tb_id(401), pg_temp.tb_id(1), 1, 2013, '2013-12-31', 'opening', 'x');
INSERT INTO badge_movements (district_id, id, kind, star, quantity, from_region, to_region,
    moved_on, reason, moved_by, entered_by, moved_at)
SELECT 371402, pg_temp.tb_id(v.n), v.kind, 1, v.quantity, v.from_region, v.to_region, '2014-06-01',
       'x', pg_temp.tb_id(5), pg_temp.tb_id(7), pg_temp.tb_at('2014-06-01 08:00')
FROM (VALUES (411, 'receive', 9, NULL::bigint, 371402001000),
             (412, 'transfer', 4, 371402001000, 371402001001),
             (413, 'issue', 1, 371402001001, NULL),
             (414, 'lost', 1, 371402001001, NULL),
             (415, 'damaged', 1, 371402001001, NULL),
             (416, 'issue', 1, 371402001001, NULL)) AS v (n, kind, quantity, from_region, to_region);
SELECT is(badge_stock(371402, 371402001000, 1), 5::bigint, 'what was not handed on');
SELECT is(badge_stock(371402, 371402001001, 1), 0::bigint, 'all gone');
SELECT is(badge_stock(371402, 371402001001, 2), 0::bigint, 'of another star there never was one');

CREATE FUNCTION pg_temp.tb_movement(edit text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.edited('badge_movements', 'kind = ''receive''', edit)
$$;
SELECT pg_temp.violates(pg_temp.tb_movement(v.edit), v.name)
FROM (VALUES ('{"star": 6}', 'badge_movements__star'), ('{"star": 0}', 'badge_movements__star'),
             ('{"quantity": 0}', 'badge_movements__quantity_positive'),
             ('{"kind": "found"}', 'badge_movements__regions_fit_kind'),
             ('{"from_region": 371402001001}', 'badge_movements__regions_fit_kind'),
             ('{"to_region": null}', 'badge_movements__regions_fit_kind'),
             ('{"kind": "transfer"}', 'badge_movements__regions_fit_kind'),
             ('{"kind": "transfer", "from_region": 371402001000}',
              'badge_movements__regions_fit_kind'),
             ('{"kind": "lost"}', 'badge_movements__regions_fit_kind'),
             ('{"kind": "damaged"}', 'badge_movements__regions_fit_kind'),
             ('{"kind": "issue", "from_region": 371402001000, "to_region": null}',
              'badge_movements__regions_fit_kind')) AS v (edit, name);

INSERT INTO badge_handovers (district_id, id, award_id, copy_no, movement_id, handed_on, handed_by,
                             received_by, method, entered_by, handed_at)
VALUES (371402, pg_temp.tb_id(421), pg_temp.tb_id(401), 1, pg_temp.tb_id(413), '2014-06-01',
        pg_temp.tb_id(5), pg_temp.tb_id(1), 'paper', pg_temp.tb_id(7), now());
CREATE FUNCTION pg_temp.tb_handover(edit jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.edited('badge_handovers', 'true', (jsonb_build_object('copy_no', 2, 'reason', 'x',
        'movement_id', pg_temp.tb_id(416)) || edit)::text)
$$;
SELECT pg_temp.violates(pg_temp.tb_handover(v.edit), v.name)
FROM (VALUES ('{"copy_no": 1, "reason": null}'::jsonb, 'badge_handovers__copy_once'),
             (jsonb_build_object('movement_id', pg_temp.tb_id(413)),
              'badge_handovers__movement_once'),
             ('{"copy_no": 0, "reason": null}', 'badge_handovers__copy_positive'),
             ('{"reason": null}', 'badge_handovers__copy_has_reason'),
             ('{"method": "code"}', 'badge_handovers__method'),
             ('{"method": "thumbprint"}', 'badge_handovers__thumbprint_has_witness'),
             (jsonb_build_object('received_by', pg_temp.tb_id(5)),
              'badge_handovers__different_persons'),
             (jsonb_build_object('witness_id', pg_temp.tb_id(5)),
              'badge_handovers__different_persons'),
             (jsonb_build_object('witness_id', pg_temp.tb_id(1)),
              'badge_handovers__different_persons')) AS v (edit, name);
SELECT throws_ok(v.edit, '23001', NULL, v.edit)
FROM (VALUES ('UPDATE badge_movements SET quantity = 1'), ('DELETE FROM badge_movements'),
             ('UPDATE badge_handovers SET handed_on = now()'), ('DELETE FROM badge_handovers'))
    AS v (edit);
SELECT * FROM finish();
ROLLBACK;
