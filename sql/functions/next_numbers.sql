-- Reserves `how_many` numbers of a counter and gives the first.
CREATE OR REPLACE FUNCTION next_numbers(of_district integer, counter text, how_many bigint)
RETURNS bigint LANGUAGE sql VOLATILE AS $$
    INSERT INTO counters AS c (district_id, name, value) VALUES (of_district, counter, how_many)
    ON CONFLICT (district_id, name) DO UPDATE SET value = c.value + how_many
    RETURNING value - how_many + 1
$$;
