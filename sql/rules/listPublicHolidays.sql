SELECT h.holiday_date, h.kind, h.name, h.source
FROM public_holidays AS h
WHERE h.district_id = :district::integer
  AND (:year_from::integer IS NULL OR h.holiday_date >= make_date(:year_from::integer, 1, 1))
  AND (:year_to::integer IS NULL OR h.holiday_date <= make_date(:year_to::integer, 12, 31))
  AND (:kind::text IS NULL OR h.kind = :kind::text)
