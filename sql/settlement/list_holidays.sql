-- The public holidays and make-up working days of district $1, oldest first.
SELECT holiday_date, kind FROM public_holidays WHERE district_id = $1::integer ORDER BY holiday_date
