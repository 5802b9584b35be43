-- The rules that flag records, each with what it means, what is said of a record ({name}: of the flag's
-- args), and the policies that it goes by. day_over_8h is what long_day was called while its threshold
-- was no policy yet: nothing is flagged by it any more, but flags of it are kept.
DROP FUNCTION IF EXISTS flag_rules();
CREATE FUNCTION flag_rules()
RETURNS TABLE (rule text, meaning_en text, meaning_zh text, text_en text, text_zh text,
               policies text[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT r.rule, r.meaning_en, r.meaning_zh, r.text_en, r.text_zh, r.policies::text[]
    FROM (VALUES
        ('same_address', 'Server and recipient live at one address, though in two households',
         '服务人与受助人同一地址但不同户', 'Both live at the same address.', '双方住址相同。', '{}'),
        ('outside_region', 'The recipient lives outside the record''s community',
         '受助人住在记录所属社区之外', 'The recipient lives in {region_code}.',
         '受助人住在 {region_code}。', '{}'),
        ('recipient_deceased', 'The recipient had died before', '受助人此前已去世',
         'The recipient died on {died_on}.', '受助人已于 {died_on} 去世。', '{}'),
        ('recipient_absent', 'The recipient was away, or has moved out of the district',
         '受助人当日外出或已迁出本区', 'The recipient had been away since {since} ({reason}).',
         '受助人自 {since} 起不在({reason})。', '{}'),
        ('long_day', 'The volunteer''s day is longer than what counts at once',
         '志愿者当日时间超过可直接计入的分钟数',
         '{minutes} minutes on that day; {at_once_minutes} count at once, up to {subdistrict_minutes} with the subdistrict, more with the district.',
         '当日共 {minutes} 分钟;{at_once_minutes} 分钟以内直接计入,{subdistrict_minutes} 分钟以内由街道(镇)核定,超出由区级核定。',
         '{day_minutes_at_once,day_minutes_subdistrict}'),
        ('day_over_8h', 'More than eight hours on one day', '当日超过 8 小时',
         '{minutes} minutes on that day.', '当日共 {minutes} 分钟。', '{}'),
        ('outside_window', 'Outside the hours in which services are usual', '在通常服务时段之外',
         'From {begins} to {ends}; usual is {window}.', '{begins} 至 {ends},通常时段为 {window}。',
         '{service_window,service_window_exempt}'),
        ('missing_signature', 'Signed on paper, and no sheet is named', '纸质签字未注明签到表编号',
         'The signature cannot be found: no sheet number.', '无签到表编号,无法查找签字。',
         '{paper_signature}'),
        ('registrar_outlier', 'One registrar registered far more than is usual here',
         '该登记人本周登记数远超本社区通常数',
         'The registrar registered {records} records this week; usual are {usual}.',
         '该登记人本周登记 {records} 条,通常为 {usual} 条。',
         '{registrar_outlier_records,registrar_outlier_percent}'),
        ('reciprocity', 'Two persons serve each other again and again', '两人之间反复互相服务',
         'In four weeks {given} times given and {received} times received.',
         '四周内提供 {given} 次,接受 {received} 次。', '{reciprocity_threshold}'),
        ('spot_check_failed', 'An earlier spot check found it wrong', '此前抽查不符',
         'A spot check found it wrong.', '抽查结果不符。', '{}')
    ) AS r(rule, meaning_en, meaning_zh, text_en, text_zh, policies)
$$;

-- A text with the args in their places.
CREATE OR REPLACE FUNCTION text_with_args(words text, args jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    arg record;
BEGIN
    FOR arg IN SELECT * FROM jsonb_each_text(args) LOOP
        words := replace(words, '{' || arg.key || '}', COALESCE(arg.value, ''));
    END LOOP;
    RETURN words;
END
$$;

-- What the rules have found in a record by a week (null: ever), in words too.
CREATE OR REPLACE FUNCTION record_findings(of_district integer, of_record uuid, until date)
RETURNS TABLE (rule text, args jsonb, text_en text, text_zh text, book_week date,
               flagged_at timestamptz)
LANGUAGE plpgsql STABLE ROWS 2 SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT f.rule, f.args, text_with_args(r.text_en, f.args), text_with_args(r.text_zh, f.args),
           f.book_week, f.flagged_at
    FROM record_flags AS f
    LEFT JOIN flag_rules() AS r ON r.rule = f.rule
    WHERE f.district_id = of_district AND f.record_id = of_record
      AND (until IS NULL OR f.book_week <= until)
    ORDER BY f.rule COLLATE "C";
END
$$;
