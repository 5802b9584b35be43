-- Founds a district, or completes it: $1 code, $2 name, $3 time zone, $4 founded on. One statement,
-- safe to repeat. The values are the defaults of the founding document (Dezhou, Decheng district,
-- 15 May 2014: "德城区不断加强社区老干部志愿者队伍建设"); where it is silent the source says so.
WITH district AS (
    INSERT INTO districts (district_id, name, time_zone, founded_on)
    VALUES ($1::integer, $2, $3, $4::date)
    ON CONFLICT DO NOTHING
), root AS (
    INSERT INTO regions (district_id, region_code, kind)
    VALUES ($1::integer, $1::bigint * 1000000, 'district')
    ON CONFLICT DO NOTHING
), root_fact AS (
    INSERT INTO region_facts (district_id, region_code, name, valid_from)
    VALUES ($1::integer, $1::bigint * 1000000, $2, $4::date)
    ON CONFLICT DO NOTHING
), policy AS (
    INSERT INTO policies (district_id, id, name, region_code, value, source, valid_from)
    SELECT $1::integer, derived_uuid(convert_to('timebank.policy.1:' || p.name, 'UTF8')
                                     || int4send($1::integer)),
           p.name, $1::bigint * 1000000, p.value::jsonb, p.source, $4::date
    FROM (VALUES
        ('registrar_roles', '["team_leader", "community_secretary", "residents_group_head"]',
         '2014-05-15: 组长或社区书记登记'),
        ('attester_capacities', '{"patrol": ["partner_unit"],
           "legal_lecture": ["venue_keeper", "witness"], "performance": ["venue_keeper", "witness"],
           "blackboard": ["committee_member"], "lunch_table": ["guardian"]}',
         '2014-05-15: 服务对象签字 (who signs where nobody single is served is a default)'),
        ('spot_check_percent', '10',
         '2014-05-15: 每周核实 (the share is a default; the document names none)'),
        ('star_ladder', '"district_default"', '2014-05-15: 评定为一至五星级别'),
        ('reciprocity_threshold', '3', 'default; the document is silent'),
        ('week_cutoff', '"P3D"', '2014-05-15: 每周核实 (Wednesday 24:00 is a default)'),
        ('day_minutes_at_once', '480', 'default; local rules know 8 hours a day'),
        ('day_minutes_subdistrict', '720', 'default; local rules know 12 hours a day'),
        ('service_window', '"06:00-22:00"', 'default; the document is silent'),
        ('service_window_exempt', '["patrol"]', 'default; the document is silent'),
        ('registrar_outlier_records', '30', 'default; the document is silent'),
        ('registrar_outlier_percent', '300', 'default; the document is silent'),
        ('paper_signature', '"numbered"', '2014-05-15: 服务对象签字 (the sheet''s number is a default)'),
        ('correction_answer_days', '15', 'default; the document is silent'),
        ('complaint_answer_days', '15', 'default; the document is silent'),
        ('feedback_days', '30', 'default; the document is silent'),
        ('objection_days', '7', 'default; the document is silent'),
        ('objection_answer_days', '15', 'default; the document is silent'),
        ('appraisal_ratings_min', '3', 'default; the document is silent'),
        ('appraisal_mean_hundredths', '300', 'default; the document is silent'),
        ('honour_percent', '10', 'default; the document is silent'),
        ('availability', '"on_verification"', '2014-05-15: 将核实后的志愿服务时间存入时间储蓄证'),
        ('rounding', '"none"', 'default; the document is silent'),
        ('points_per_hour', '1', 'default; the document is silent'),
        ('storage_cap_minutes', '"none"', 'default; the document is silent')
    ) AS p(name, value, source)
    ON CONFLICT DO NOTHING
), step (ladder, star, minutes, title, source) AS (
    VALUES
        ('district_default', 1, 6000, '一星级老干部志愿者', '2014-05-15'),
        ('district_default', 2, 12000, '二星级老干部志愿者', '2014-05-15'),
        ('district_default', 3, 18000, '三星级老干部志愿者', '2014-05-15'),
        ('district_default', 4, 24000, '四星级老干部志愿者', '2014-05-15'),
        ('district_default', 5, 30000, '五星级老干部志愿者', '2014-05-15'),
        ('national_2012', 1, 6000, '一星级志愿者', '2012'),
        ('national_2012', 2, 18000, '二星级志愿者', '2012'),
        ('national_2012', 3, 36000, '三星级志愿者', '2012'),
        ('national_2012', 4, 60000, '四星级志愿者', '2012'),
        ('national_2012', 5, 90000, '五星级志愿者', '2012')
), ladder AS (
    INSERT INTO star_ladders (district_id, ladder, star, minutes, title, valid_from, source)
    SELECT $1::integer, s.ladder, s.star, s.minutes, s.title, $4::date, CASE s.source
               WHEN '2012' THEN '志愿服务记录办法 (民政部 2012)'
               ELSE '2014-05-15: 累计志愿服务时间每100小时可晋升一级 (the titles are defaults)' END
    FROM step AS s
    ON CONFLICT DO NOTHING
), listed (category_code, field, name, name_en) AS (
    VALUES
        ('education', 'education', '社区教育', 'Community education'),
        ('culture', 'culture', '社区文化', 'Community culture'),
        ('environment', 'environment', '社区环境', 'Community environment'),
        ('health', 'health', '社区卫生', 'Community health'),
        ('security', 'security', '社区治安', 'Community security'),
        ('living', 'living', '生活服务', 'Everyday help'),
        ('mutual_help', 'mutual_help', '邻里互助', 'Help among neighbours'),
        ('time_gift', 'mutual_help', '送时服务', 'Gift of time'),
        ('companionship', 'mutual_help', '志愿陪聊', 'Company and talk'),
        ('home_care', 'living', '居家养老', 'Care at home'),
        ('paired_help', 'living', '结对帮扶', 'Paired help'),
        ('lunch_table', 'living', '午间小饭桌', 'Lunch table for latchkey children'),
        ('medical', 'health', '医疗服务', 'Medical service'),
        ('legal_mediation', 'security', '法律调解', 'Legal mediation'),
        ('legal_advice', 'security', '法律咨询', 'Legal advice'),
        ('legal_lecture', 'education', '法律知识讲座', 'Lecture on the law'),
        ('patrol', 'security', '治安巡逻', 'Patrol'),
        ('heart_talk', 'mutual_help', '舒心会', 'Meeting to settle quarrels'),
        ('marriage_introduction', 'mutual_help', '婚姻介绍', 'Marriage introduction'),
        ('performance', 'culture', '文艺演出', 'Performance'),
        ('blackboard', 'culture', '黑板报', 'Blackboard newspaper'),
        ('prior_service', 'other', '历年志愿服务', 'Service before the time bank')
), category AS (
    INSERT INTO service_categories (district_id, category_code, field)
    SELECT $1::integer, category_code, field FROM listed
    ON CONFLICT DO NOTHING
), category_fact AS (
    INSERT INTO service_category_facts (district_id, category_code, name, name_en, valid_from)
    SELECT $1::integer, category_code, name, name_en, $4::date FROM listed
    ON CONFLICT DO NOTHING
), skilled (skill_code, field, needs_certificate, name, name_en) AS (
    VALUES
        ('teaching', 'education', false, '教学辅导', 'Teaching'),
        ('calligraphy', 'culture', false, '书法绘画', 'Calligraphy and painting'),
        ('performing_arts', 'culture', false, '文艺表演', 'Performing arts'),
        ('writing', 'culture', false, '写作宣传', 'Writing and publicity'),
        ('gardening', 'environment', false, '园艺绿化', 'Gardening'),
        ('medicine', 'health', true, '医疗', 'Medicine'),
        ('nursing', 'health', true, '护理', 'Nursing'),
        ('first_aid', 'health', true, '急救', 'First aid'),
        ('law', 'security', false, '法律', 'Law'),
        ('mediation', 'security', false, '调解', 'Mediation'),
        ('repairs', 'living', false, '家电维修', 'Household repairs'),
        ('cooking', 'living', false, '烹饪', 'Cooking'),
        ('haircutting', 'living', false, '理发', 'Haircutting'),
        ('counselling', 'mutual_help', false, '心理疏导', 'Counselling'),
        ('companionship', 'mutual_help', false, '陪伴聊天', 'Keeping company')
), skill AS (
    INSERT INTO skills (district_id, skill_code, field, needs_certificate)
    SELECT $1::integer, skill_code, field, needs_certificate FROM skilled
    ON CONFLICT DO NOTHING
), skill_fact AS (
    INSERT INTO skill_facts (district_id, skill_code, name, name_en, valid_from)
    SELECT $1::integer, skill_code, name, name_en, $4::date FROM skilled
    ON CONFLICT DO NOTHING
)
SELECT $1::integer AS district_id
