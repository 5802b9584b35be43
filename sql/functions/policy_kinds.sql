-- The local rules that the daemon knows, each written once: what it means, what fits it
-- (`value_schema` is JSON Schema; star_ladder names a ladder besides), and what holds from the
-- founding (sql/install/found_district.sql). Dropped first, because its columns may change.
DROP FUNCTION IF EXISTS policy_kinds();
CREATE FUNCTION policy_kinds()
RETURNS TABLE (name text, is_of_district boolean, meaning_en text, meaning_zh text,
               expected_en text, expected_zh text, default_value jsonb, value_schema jsonb)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT k.name, k.is_of_district, k.meaning_en, k.meaning_zh, k.expected_en, k.expected_zh,
           k.default_value::jsonb, k.value_schema::jsonb
    FROM (VALUES
        ('registrar_roles', false, 'Roles that register services', '可登记服务的角色',
         'an array of roles that may register', '可登记角色的数组',
         '["team_leader", "community_secretary", "residents_group_head"]',
         '{"type": "array", "minItems": 1, "uniqueItems": true, "items": {"type": "string",
           "enum": ["subdistrict_admin", "subdistrict_clerk", "community_secretary",
                    "community_clerk", "team_leader", "residents_group_head",
                    "information_officer"]}}'),
        ('attester_capacities', false,
         'Who signs for a service to a group or the public, by category; anybody entitled elsewhere',
         '按类别规定服务群体或公众时由谁签字;未列类别不限',
         'an object of categories, each with an array of capacities', '类别到签字身份数组的对象',
         '{"patrol": ["partner_unit"], "legal_lecture": ["venue_keeper", "witness"],
           "performance": ["venue_keeper", "witness"], "blackboard": ["committee_member"],
           "lunch_table": ["guardian"]}',
         '{"type": "object", "additionalProperties": {"type": "array", "minItems": 1,
           "uniqueItems": true, "items": {"type": "string", "enum": ["guardian", "partner_unit",
           "venue_keeper", "committee_member", "organiser", "witness"]}}}'),
        ('spot_check_percent', false, 'Share of the clean records of a week that is checked',
         '每周抽查比例(百分比)', 'an integer from 10 to 100', '10 至 100 的整数', '10',
         '{"type": "integer", "minimum": 10, "maximum": 100}'),
        ('star_ladder', true, 'The ladder by which minutes become stars', '星级评定所用标准',
         'the name of a star ladder', '已有星级标准的名称', '"district_default"',
         '{"type": "string"}'),
        ('reciprocity_threshold', false,
         'How often two may serve each other in four weeks before that is flagged',
         '四周内互相服务达到此次数即提示', 'an integer from 1 to 1000', '1 至 1000 的整数', '3',
         '{"type": "integer", "minimum": 1, "maximum": 1000}'),
        ('availability', true, 'When deposited minutes can be used', '存入时间何时可用',
         '"on_verification" or "after_notice"',
         '"on_verification"(核实后可用)或 "after_notice"(公示结束后可用)', '"on_verification"',
         '{"type": "string", "enum": ["on_verification", "after_notice"]}'),
        ('points_per_hour', true, 'How many points an hour of verified service shows as',
         '每小时服务显示的积分数', 'an integer from 1 to 1000', '1 至 1000 的整数', '1',
         '{"type": "integer", "minimum": 1, "maximum": 1000}'),
        ('storage_cap_minutes', true,
         'How many minutes a passbook stores; what a week deposits beyond lapses, and counts for the stars',
         '时间储蓄证储存上限(分钟),超出部分自动失效但计入星级',
         '"none" or an integer from 60 to 5256000', '"none"(无上限)或 60 至 5256000 的整数', '"none"',
         '{"anyOf": [{"type": "string", "enum": ["none"]},
                     {"type": "integer", "minimum": 60, "maximum": 5256000}]}')
    ) AS k(name, is_of_district, meaning_en, meaning_zh, expected_en, expected_zh, default_value,
           value_schema)
    UNION ALL
    SELECT * FROM case_policy_kinds()
    UNION ALL
    SELECT * FROM week_policy_kinds()
$$;

-- The place within the value that does not fit this schema, as a JSON pointer from /value; null
-- when all does.
CREATE OR REPLACE FUNCTION policy_value_fault(value jsonb, schema jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    number numeric;
BEGIN
    IF schema ? 'anyOf' THEN
        RETURN (SELECT '/value'
                WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(schema -> 'anyOf') AS a(fitting)
                                  WHERE policy_value_fault(value, a.fitting) IS NULL));
    ELSIF schema ->> 'type' = 'integer' THEN
        number := CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric END;
        RETURN CASE WHEN NOT COALESCE(number % 1 = 0
                        AND number BETWEEN (schema -> 'minimum')::numeric
                                       AND (schema -> 'maximum')::numeric, false)
                    THEN '/value' END;
    ELSIF schema ->> 'type' = 'string' THEN
        RETURN CASE WHEN NOT COALESCE(jsonb_typeof(value) = 'string'
                        AND (schema -> 'enum' IS NULL OR schema -> 'enum' @> value)
                        AND (schema -> 'pattern' IS NULL
                             OR value #>> '{}' ~ (schema ->> 'pattern')), false)
                    THEN '/value' END;
    ELSIF schema ->> 'type' = 'object' THEN
        RETURN CASE WHEN jsonb_typeof(value) IS DISTINCT FROM 'object' THEN '/value' ELSE (
            SELECT '/value/' || replace(replace(min(m.key), '~', '~0'), '/', '~1')
            FROM jsonb_each(value) AS m
            WHERE policy_value_fault(m.value, schema -> 'additionalProperties') IS NOT NULL) END;
    ELSIF jsonb_typeof(value) IS DISTINCT FROM 'array'
          OR jsonb_array_length(value) < COALESCE((schema -> 'minItems')::integer, 1) THEN
        RETURN '/value';
    END IF;
    RETURN (SELECT '/value/' || min(e.place) - 1
            FROM (SELECT one, place, row_number() OVER (PARTITION BY one ORDER BY place) AS turn
                  FROM jsonb_array_elements(value) WITH ORDINALITY AS a(one, place)) AS e
            WHERE e.turn > 1 OR policy_value_fault(e.one, schema -> 'items') IS NOT NULL);
END
$$;

-- The value that holds for a region on a day; what a founding sets where a district has none.
CREATE OR REPLACE FUNCTION policy_setting(of_district integer, policy text, region bigint,
                                          on_date date)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN COALESCE(policy_value(of_district, policy, region, on_date),
                    (SELECT k.default_value FROM policy_kinds() AS k WHERE k.name = policy));
END
$$;

-- The same of an integer.
CREATE OR REPLACE FUNCTION policy_number(of_district integer, policy text, region bigint,
                                         on_date date)
RETURNS integer LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (policy_setting(of_district, policy, region, on_date) #>> '{}')::integer;
END
$$;
