-- Gives a region another name or setting from a day on; null leaves it as it is. The fact of that
-- day is superseded by what was true before and what is true from then on, which is answered.
CREATE OR REPLACE FUNCTION revise_region(of_district integer, region bigint, since date,
                                         new_name text, new_setting text)
RETURNS region_facts LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    f region_facts;
BEGIN
    UPDATE region_facts AS o
    SET superseded_at = now()
    WHERE o.district_id = of_district AND o.region_code = region
      AND fact_is_true(o.valid_from, o.valid_to, o.superseded_at, since)
    RETURNING o.* INTO STRICT f;
    f.recorded_at := now();
    f.superseded_at := NULL;
    INSERT INTO region_facts (district_id, region_code, name, setting, valid_from, valid_to)
    SELECT of_district, region, f.name, f.setting, f.valid_from, since
    WHERE f.valid_from < since;
    f.name := COALESCE(new_name, f.name);
    f.setting := COALESCE(new_setting, f.setting);
    f.valid_from := since;
    INSERT INTO region_facts SELECT f.*;
    RETURN f;
END
$$;
