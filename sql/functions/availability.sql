-- When somebody can serve: the windows of the week, without the days of absence.

-- Is there a window of this weekday, known for a day, that holds the times? Null: any will do.
CREATE OR REPLACE FUNCTION has_window(of_district integer, volunteer uuid, of_weekday integer,
                                      on_date date, from_time time, to_time time)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM availabilities AS a
        WHERE a.district_id = of_district AND a.volunteer_id = volunteer
          AND (of_weekday IS NULL OR a.weekday = of_weekday)
          AND fact_is_true(a.valid_from, a.valid_to, a.superseded_at, on_date)
          AND (from_time IS NULL OR a.starts_at <= from_time)
          AND (to_time IS NULL OR to_time <= a.ends_at));
END
$$;

-- Can somebody serve on a day, at these times: a volunteer, with such a window, not absent?
CREATE OR REPLACE FUNCTION is_available(of_district integer, volunteer uuid, on_date date,
                                        from_time time, to_time time)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN has_window(of_district, volunteer, extract(isodow FROM on_date)::integer, on_date,
                      from_time, to_time)
       AND departed_on(of_district, volunteer, on_date) IS NULL
       AND NOT EXISTS (
           SELECT FROM absences AS a
           WHERE a.district_id = of_district AND a.volunteer_id = volunteer
             AND fact_is_true(a.valid_from, a.valid_to, a.superseded_at, on_date));
END
$$;
