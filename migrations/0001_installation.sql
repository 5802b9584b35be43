-- The installation, its districts, their regions, and the rules that are dated data.
--
-- Conventions of every table (docs/ledger.md):
--   * district_id, the 6-digit division code at founding, is the first column of every key;
--     exempt are only: installation, districts and the migrations' own tables.
--   * A dated row says when it is true (valid_from <= day < valid_to) and when it was known
--     (recorded_at <= instant < superseded_at). It is never edited: a change supersedes it.
--   * Constraints are named table__rule; the name is the refusal's or defect's code.
--   * Evidence is insert-only: forbid_change() is the second wall behind the missing grants.

CREATE EXTENSION IF NOT EXISTS btree_gist;

-- The daemon works as this role: it owns nothing and may not change evidence.
DO $$
BEGIN
    CREATE ROLE timebank_service NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;
GRANT timebank_service TO CURRENT_USER;

CREATE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '__insert_only';
END
$$;

CREATE TABLE installation (
    only_row       boolean PRIMARY KEY DEFAULT true,
    kind           text NOT NULL DEFAULT 'production',
    standing_clock timestamptz,
    CONSTRAINT installation__one_row CHECK (only_row),
    CONSTRAINT installation__kind CHECK (kind IN ('production', 'demo', 'test')),
    CONSTRAINT installation__clock_of_production_runs
        CHECK (kind <> 'production' OR standing_clock IS NULL)
);
INSERT INTO installation DEFAULT VALUES;

CREATE TABLE districts (
    district_id integer PRIMARY KEY,
    name        text NOT NULL,
    time_zone   text NOT NULL,
    founded_on  date NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT districts__code_has_six_digits CHECK (district_id BETWEEN 100000 AND 999999)
);

-- Numbers that people read: volunteer, passbook and case numbers, without gaps that matter.
CREATE TABLE counters (
    district_id integer NOT NULL REFERENCES districts,
    name        text NOT NULL,
    value       bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (district_id, name)
);

-- The 12-digit statistical division code; a subtree is one range of codes.
CREATE TABLE regions (
    district_id integer NOT NULL REFERENCES districts,
    region_code bigint NOT NULL,
    kind        text NOT NULL,
    parent_code bigint,
    version     bigint NOT NULL DEFAULT 1,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, region_code),
    CONSTRAINT regions__code_in_district CHECK (region_code / 1000000 = district_id),
    CONSTRAINT regions__kind CHECK (kind IN ('district', 'subdistrict', 'town', 'community')),
    CONSTRAINT regions__code_fits_kind CHECK (CASE kind
        WHEN 'district' THEN region_code % 1000000 = 0
        WHEN 'community' THEN region_code % 1000 <> 0
        ELSE region_code % 1000 = 0 AND region_code % 1000000 <> 0 END),
    CONSTRAINT regions__parent FOREIGN KEY (district_id, parent_code) REFERENCES regions,
    CONSTRAINT regions__only_district_is_root CHECK ((parent_code IS NULL) = (kind = 'district')),
    CONSTRAINT regions__code_below_parent CHECK (parent_code IS NULL OR CASE kind
        WHEN 'community' THEN region_code / 1000 = parent_code / 1000
        ELSE region_code / 1000000 = parent_code / 1000000 END)
);

CREATE TABLE region_facts (
    district_id    integer NOT NULL,
    region_code    bigint NOT NULL,
    name           text NOT NULL,
    setting        text,
    successor_code bigint,
    valid_from     date NOT NULL,
    valid_to       date,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    superseded_at  timestamptz,
    PRIMARY KEY (district_id, region_code, valid_from, recorded_at),
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    FOREIGN KEY (district_id, successor_code) REFERENCES regions (district_id, region_code),
    CONSTRAINT region_facts__setting CHECK (setting IN ('urban', 'rural')),
    CONSTRAINT region_facts__valid_days CHECK (valid_to > valid_from),
    CONSTRAINT region_facts__one_at_a_time EXCLUDE USING gist (
        district_id WITH =, region_code WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (superseded_at IS NULL)
);

-- Local rules: a row a district or community, dated, with its source. version orders all changes.
CREATE TABLE policies (
    district_id   integer NOT NULL REFERENCES districts,
    id            uuid NOT NULL,
    name          text NOT NULL,
    region_code   bigint NOT NULL,
    value         jsonb NOT NULL,
    source        text NOT NULL,
    valid_from    date NOT NULL,
    version       bigint GENERATED ALWAYS AS IDENTITY,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, region_code) REFERENCES regions
);
CREATE INDEX policies__lookup ON policies (district_id, name, region_code, valid_from, version);

CREATE TABLE public_holidays (
    district_id integer NOT NULL REFERENCES districts,
    holiday_date date NOT NULL,
    kind        text NOT NULL,
    name        text NOT NULL,
    source      text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, holiday_date),
    CONSTRAINT public_holidays__kind CHECK (kind IN ('holiday', 'working_day'))
);

CREATE TABLE service_categories (
    district_id   integer NOT NULL REFERENCES districts,
    category_code text NOT NULL,
    field         text NOT NULL,
    version       bigint NOT NULL DEFAULT 1,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, category_code),
    CONSTRAINT service_categories__code_form CHECK (category_code ~ '^[a-z][a-z0-9_]{1,39}$'),
    CONSTRAINT service_categories__field CHECK (field IN ('education', 'culture', 'environment',
        'health', 'security', 'living', 'mutual_help', 'other'))
);

CREATE TABLE service_category_facts (
    district_id   integer NOT NULL,
    category_code text NOT NULL,
    name          text NOT NULL,
    name_en       text,
    valid_from    date NOT NULL,
    valid_to      date,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_at timestamptz,
    PRIMARY KEY (district_id, category_code, valid_from, recorded_at),
    FOREIGN KEY (district_id, category_code) REFERENCES service_categories,
    CONSTRAINT service_category_facts__valid_days CHECK (valid_to > valid_from),
    CONSTRAINT service_category_facts__one_at_a_time EXCLUDE USING gist (
        district_id WITH =, category_code WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (superseded_at IS NULL)
);

CREATE TABLE star_ladders (
    district_id integer NOT NULL REFERENCES districts,
    ladder      text NOT NULL,
    star        smallint NOT NULL,
    minutes     bigint NOT NULL,
    title       text NOT NULL,
    valid_from  date NOT NULL,
    source      text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, ladder, valid_from, star),
    CONSTRAINT star_ladders__star CHECK (star BETWEEN 1 AND 5),
    CONSTRAINT star_ladders__minutes_positive CHECK (minutes > 0)
);
