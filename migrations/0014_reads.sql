-- How reads find their rows.

-- "One at a time" is a rule, not a way to find rows. As a partial index WHERE superseded_at IS NULL its
-- GiST index cost the planner a hair less than the B-tree on the same columns, was chosen for every
-- look-up of a living fact, and read a hundred pages where the B-tree reads three. No query says
-- its condition as it is put here, so it serves the constraint alone.

ALTER TABLE region_facts
    DROP CONSTRAINT region_facts__one_at_a_time,
    ADD CONSTRAINT region_facts__one_at_a_time EXCLUDE USING gist (
        district_id WITH =, region_code WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (COALESCE(superseded_at, 'infinity') = 'infinity');

ALTER TABLE service_category_facts
    DROP CONSTRAINT service_category_facts__one_at_a_time,
    ADD CONSTRAINT service_category_facts__one_at_a_time EXCLUDE USING gist (
        district_id WITH =, category_code WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (COALESCE(superseded_at, 'infinity') = 'infinity');

ALTER TABLE person_categories
    DROP CONSTRAINT person_categories__one_at_a_time,
    ADD CONSTRAINT person_categories__one_at_a_time EXCLUDE USING gist (district_id WITH =,
        person_id WITH =, category WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (COALESCE(superseded_at, 'infinity') = 'infinity');
CREATE INDEX person_categories__person ON person_categories (district_id, person_id);

ALTER TABLE residences
    DROP CONSTRAINT residences__one_at_a_time,
    ADD CONSTRAINT residences__one_at_a_time EXCLUDE USING gist (
        district_id WITH =, person_id WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (COALESCE(superseded_at, 'infinity') = 'infinity');

ALTER TABLE kinships
    DROP CONSTRAINT kinships__one_at_a_time,
    ADD CONSTRAINT kinships__one_at_a_time EXCLUDE USING gist (district_id WITH =, person_id WITH =,
        relative_id WITH =, relation WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (COALESCE(superseded_at, 'infinity') = 'infinity');

ALTER TABLE team_memberships
    DROP CONSTRAINT team_memberships__one_at_a_time,
    ADD CONSTRAINT team_memberships__one_at_a_time EXCLUDE USING gist (district_id WITH =,
        team_id WITH =, volunteer_id WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (COALESCE(superseded_at, 'infinity') = 'infinity');

-- The latest drafts and records of any region, read from the end without fetching a row.
CREATE INDEX service_drafts__date ON service_drafts (district_id, service_date, id, region_code);
CREATE INDEX service_records__date ON service_records (district_id, service_date, id, region_code);
