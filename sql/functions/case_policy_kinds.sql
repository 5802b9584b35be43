-- The local rules of what people say of records, notices and each other, and of the yearly appraisal, as
-- policy_kinds() has them. Dropped first, because its columns may change.
DROP FUNCTION IF EXISTS case_policy_kinds();
CREATE FUNCTION case_policy_kinds()
RETURNS TABLE (name text, is_of_district boolean, meaning_en text, meaning_zh text,
               expected_en text, expected_zh text, default_value jsonb, value_schema jsonb)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT k.name, k.is_of_district, k.meaning_en, k.meaning_zh, k.expected_en, k.expected_zh,
           k.default_value::jsonb, k.value_schema::jsonb
    FROM (VALUES
        ('correction_answer_days', false, 'Within how many days a correction request is answered',
         '更正申请的答复期限(天)', 'an integer from 1 to 365', '1 至 365 的整数', '15',
         '{"type": "integer", "minimum": 1, "maximum": 365}'),
        ('complaint_answer_days', false, 'Within how many days a complaint is decided',
         '投诉的处理期限(天)', 'an integer from 1 to 365', '1 至 365 的整数', '15',
         '{"type": "integer", "minimum": 1, "maximum": 365}'),
        ('feedback_days', false, 'For how many full days feedback on a signed service is taken',
         '签字后受理服务反馈的整日数', 'an integer from 1 to 365', '1 至 365 的整数', '30',
         '{"type": "integer", "minimum": 1, "maximum": 365}'),
        ('objection_days', true, 'For how many full days objections to a notice are taken',
         '公示异议期(整日数)', 'an integer from 1 to 60', '1 至 60 的整数', '7',
         '{"type": "integer", "minimum": 1, "maximum": 60}'),
        ('objection_answer_days', false, 'Within how many days an objection is decided',
         '公示异议的处理期限(天)', 'an integer from 1 to 365', '1 至 365 的整数', '15',
         '{"type": "integer", "minimum": 1, "maximum": 365}'),
        ('appraisal_ratings_min', true,
         'From how many ratings in a year on feedback decides on a star', '年度反馈达到此数量方计入星级评定',
         'an integer from 1 to 1000', '1 至 1000 的整数', '3',
         '{"type": "integer", "minimum": 1, "maximum": 1000}'),
        ('appraisal_mean_hundredths', true,
         'Which mean rating of a year, in hundredths, a higher star needs',
         '晋升星级所需的年度反馈平均分(百分之一分)', 'an integer from 100 to 500', '100 至 500 的整数',
         '300', '{"type": "integer", "minimum": 100, "maximum": 500}'),
        ('honour_percent', false, 'Share of those ranked in a year who may be honoured',
         '年度评比表彰名额比例(百分比)', 'an integer from 0 to 100', '0 至 100 的整数', '10',
         '{"type": "integer", "minimum": 0, "maximum": 100}')
    ) AS k(name, is_of_district, meaning_en, meaning_zh, expected_en, expected_zh, default_value,
           value_schema)
$$;
