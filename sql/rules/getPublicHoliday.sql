SELECT h.holiday_date, h.kind, h.name, h.source
FROM public_holidays AS h
WHERE h.district_id = :district::integer AND h.holiday_date = :holiday_date::date
