-- The local rules of the weekly verification, as policy_kinds() has them. Dropped first, because its
-- columns may change.
DROP FUNCTION IF EXISTS week_policy_kinds();
CREATE FUNCTION week_policy_kinds()
RETURNS TABLE (name text, is_of_district boolean, meaning_en text, meaning_zh text,
               expected_en text, expected_zh text, default_value jsonb, value_schema jsonb)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT k.name, k.is_of_district, k.meaning_en, k.meaning_zh, k.expected_en, k.expected_zh,
           k.default_value::jsonb, k.value_schema::jsonb
    FROM (VALUES
        ('week_cutoff', true,
         'How long a week is verified after its end, on to the next working day; by a week''s Monday',
         '周末后多久核实截止(遇休息日顺延至下一工作日),按该周周一有效者计',
         'days and hours, as "P3D" (Wednesday 24:00) or "P2DT18H" (Wednesday 18:00), at most "P6DT23H"',
         '天数和小时,如 "P3D"(周三 24 时)、"P2DT18H"(周三 18 时),最长 "P6DT23H"', '"P3D"',
         '{"type": "string", "pattern":
           "^P(0DT([1-9]|1[0-9]|2[0-3])H|[1-6]D(T([1-9]|1[0-9]|2[0-3])H)?)$"}'),
        ('day_minutes_at_once', false,
         'Minutes of one volunteer on a civil day that count at once; more need the subdistrict',
         '一人一日可直接计入的分钟数,超出须街道(镇)核定', 'an integer from 1 to 1440', '1 至 1440 的整数',
         '480', '{"type": "integer", "minimum": 1, "maximum": 1440}'),
        ('day_minutes_subdistrict', false,
         'Minutes of one volunteer on a civil day up to which the subdistrict decides, beyond it the district',
         '一人一日由街道(镇)核定的分钟上限,超出须区级核定', 'an integer from 1 to 1440',
         '1 至 1440 的整数', '720', '{"type": "integer", "minimum": 1, "maximum": 1440}'),
        ('service_window', false,
         'The hours in which services are usual; others are flagged. 00:00-24:00 flags none',
         '通常服务时段,时段外提示;00:00-24:00 为不提示', 'from-to in one day, as "06:00-22:00"',
         '当日起止时刻,如 "06:00-22:00"', '"06:00-22:00"',
         '{"type": "string", "pattern":
           "^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"}'),
        ('service_window_exempt', false, 'Service categories that may be at any hour',
         '不受通常服务时段限制的服务类别', 'an array of category codes', '服务类别代码数组',
         '["patrol"]',
         '{"type": "array", "minItems": 0, "uniqueItems": true, "items": {"type": "string"}}'),
        ('registrar_outlier_records', false,
         'Records that one registrar may register in a week of a community before the number is looked at',
         '同一登记人一周在一社区登记不超过此数不提示', 'an integer from 1 to 100000',
         '1 至 100000 的整数', '30', '{"type": "integer", "minimum": 1, "maximum": 100000}'),
        ('registrar_outlier_percent', false,
         'Beyond which share of the usual number a registrar''s records of a week are flagged',
         '登记数超过通常数的此百分比即提示', 'an integer from 100 to 10000', '100 至 10000 的整数',
         '300', '{"type": "integer", "minimum": 100, "maximum": 10000}'),
        ('paper_signature', false,
         'Whether a signature on paper names the sheet that it is on, or is flagged',
         '纸质签字须注明签到表编号,否则提示', '"numbered" or "any"', '"numbered"(须编号)或 "any"(不限)',
         '"numbered"', '{"type": "string", "enum": ["numbered", "any"]}'),
        ('rounding', true,
         'In which steps verified minutes are credited, rounded down; stars count all. By a week''s Monday',
         '核实时间按何单位计入(向下取整,星级仍按原分钟),按该周周一有效者计',
         '"none", "quarter_hour_down", "half_hour_down" or "hour_down"',
         '"none"(不取整)、"quarter_hour_down"(15 分钟)、"half_hour_down"(30 分钟)或 "hour_down"(60 分钟)',
         '"none"', '{"type": "string", "enum": ["none", "quarter_hour_down", "half_hour_down",
           "hour_down"]}')
    ) AS k(name, is_of_district, meaning_en, meaning_zh, expected_en, expected_zh, default_value,
           value_schema)
$$;
