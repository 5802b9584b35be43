-- The page of a notice as it is printed and hung up (公示栏): A3, upright.

CREATE OR REPLACE FUNCTION html_text(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT replace(replace(replace(replace(value, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"',
                   '&quot;')
$$;

-- 100:30, -0:45: hours and minutes.
CREATE OR REPLACE FUNCTION clock_text(minutes bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN minutes < 0 THEN '-' ELSE '' END || abs(minutes) / 60 || ':'
        || lpad((abs(minutes) % 60)::text, 2, '0')
$$;

CREATE OR REPLACE FUNCTION notice_line_html(l notice_lines, is_revision boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT '<tr' || CASE WHEN is_revision AND l.is_new THEN ' class="new"' ELSE '' END || '><td>'
        || html_text(l.volunteer_number) || '</td><td>' || html_text(l.masked_name) || '</td>'
        || (SELECT string_agg('<td class="n">' || clock_text(f.minutes) || '</td>', '' ORDER BY f.place)
            FROM unnest(ARRAY[l.opening_minutes, l.deposited_minutes, l.withdrawn_minutes,
                              l.donated_minutes, l.corrected_minutes, l.closing_minutes,
                              l.earned_minutes]) WITH ORDINALITY AS f (minutes, place))
        || '<td class="n">' || l.star || '</td><td class="c">' || l.line_code || '</td></tr>'
$$;

-- 2014年第2季度, 2014年度.
CREATE OR REPLACE FUNCTION period_text(of_grain text, begins date) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_char(begins, 'YYYY"年"') || CASE of_grain WHEN 'year' THEN '度'
                                              ELSE to_char(begins, '"第"Q"季度"') END
$$;

CREATE OR REPLACE FUNCTION notice_page_style() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT '@page{size:A3 portrait;margin:15mm}body{font:11pt/1.5 "Noto Serif CJK SC","SimSun",serif;'
        || 'margin:0 auto;max-width:267mm;color:#000}h1{font-size:24pt;text-align:center;margin:0}'
        || 'h2{font-size:16pt;text-align:center;font-weight:normal;margin:0 0 6mm}'
        || 'table{border-collapse:collapse;width:100%}thead{display:table-header-group}'
        || 'tr{break-inside:avoid}th,td{border:0.3pt solid #000;padding:1mm 2mm}'
        || '.n{text-align:right;font-variant-numeric:tabular-nums}'
        || '.c,.d{font-family:monospace;font-size:9pt;overflow-wrap:anywhere}.new td{background:#eee}'
        || 'footer{display:flex;gap:8mm;margin-top:6mm;break-inside:avoid}footer img{width:35mm;'
        || 'height:35mm;flex:none}p{margin:0 0 1mm}'
$$;

CREATE OR REPLACE FUNCTION notice_page_html(n public_notices, p notice_pages) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>' || n.number
        || '</title><style>' || notice_page_style() || '</style></head><body><h1>' || html_text(d.name)
        || '志愿服务时间储蓄公示</h1><h2>' || html_text(COALESCE(region_name(n.district_id, p.region_code,
               q.end_date - 1), lpad(p.region_code::text, 12, '0'))) || '　'
        || period_text(n.grain, n.begin_date)
        || CASE WHEN n.revision > 1 THEN '(第' || n.revision || '版,灰底为更正)' ELSE '' END
        || '</h2><table><thead><tr><th>志愿者编号</th><th>姓名</th><th>期初</th><th>存入</th><th>支取</th>'
        || '<th>捐赠</th><th>更正</th><th>期末</th><th>累计服务</th><th>星级</th><th>验证码</th></tr></thead><tbody>'
        || (SELECT COALESCE(string_agg(notice_line_html(l, n.revision > 1), '' ORDER BY l.index), '')
            FROM notice_lines AS l
            WHERE l.district_id = n.district_id AND l.number = n.number
              AND l.region_code = p.region_code)
        || '</tbody></table><footer><img src="../qr" alt="QR"><div><p>单位:小时:分钟。公示编号 ' || n.number
        || ',共 ' || p.lines || ' 行。</p><p>异议期为张贴后 ' || objection_days(n.district_id,
               civil_date(n.district_id, n.drawn_up_at))
        || ' 个整日,可扫码或到社区提出异议,异议人信息保密。</p><p class="d">本页摘要 ' || encode(p.root, 'hex')
        || '</p><p class="d">公示摘要 ' || encode(n.digest, 'hex') || '</p></div></footer></body></html>'
    FROM districts AS d
    JOIN periods AS q ON q.district_id = d.district_id AND q.grain = n.grain
        AND q.begin_date = n.begin_date
    WHERE d.district_id = n.district_id
$$;
