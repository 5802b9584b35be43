-- no district: the daemon's own, the same in every district
SELECT r.rule, r.meaning_en, r.meaning_zh, r.text_en, r.text_zh, to_json(r.policies) AS policies
FROM flag_rules() AS r
WHERE :district::integer IS NOT NULL
