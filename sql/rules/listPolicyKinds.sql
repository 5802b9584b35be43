-- no district: the daemon's own, the same in every district
SELECT k.name, k.is_of_district, k.meaning_en, k.meaning_zh, k.expected_en, k.expected_zh,
       k.default_value, k.value_schema
FROM policy_kinds() AS k
WHERE :district::integer IS NOT NULL
