-- People, households and kin; volunteers and teams; users, their roles and tokens.
-- ID numbers and phones are ciphertext (…_sealed) with a keyed look-up (…_lookup): src/auth/seal.c.

CREATE TABLE persons (
    district_id      integer NOT NULL REFERENCES districts,
    id               uuid NOT NULL,
    name             text NOT NULL,
    sex              text,
    birth_date       date,
    ethnicity        text,
    id_number_sealed bytea,
    id_number_lookup bytea,
    phone_sealed     bytea,
    phone_lookup     bytea,
    contact_channel  text,
    died_on          date,
    origin           text NOT NULL DEFAULT 'entered',
    version          bigint NOT NULL DEFAULT 1,
    recorded_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    CONSTRAINT persons__sex CHECK (sex IN ('female', 'male')),
    CONSTRAINT persons__origin CHECK (origin IN ('entered', 'synthetic')),
    CONSTRAINT persons__contact_channel CHECK (contact_channel IN ('app', 'phone', 'counter', 'visit')),
    CONSTRAINT persons__id_number_unique UNIQUE (district_id, id_number_lookup),
    CONSTRAINT persons__id_number_whole CHECK ((id_number_sealed IS NULL) = (id_number_lookup IS NULL)),
    CONSTRAINT persons__phone_whole CHECK ((phone_sealed IS NULL) = (phone_lookup IS NULL)),
    CONSTRAINT persons__born_before_death CHECK (died_on >= birth_date)
);
CREATE INDEX persons__phone ON persons (district_id, phone_lookup) WHERE phone_lookup IS NOT NULL;

-- lixiu and tuixiu are who someone is; the others are recipient categories (sensitive, by consent).
CREATE TABLE person_categories (
    district_id   integer NOT NULL,
    id            uuid NOT NULL,
    person_id     uuid NOT NULL,
    category      text NOT NULL,
    valid_from    date NOT NULL,
    valid_to      date,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_at timestamptz,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, person_id) REFERENCES persons,
    CONSTRAINT person_categories__category CHECK (category IN ('lixiu', 'tuixiu', 'empty_nest',
        'solitary', 'hardship', 'ill', 'disabled', 'poor_student', 'latchkey_child')),
    CONSTRAINT person_categories__valid_days CHECK (valid_to > valid_from),
    CONSTRAINT person_categories__one_at_a_time EXCLUDE USING gist (district_id WITH =,
        person_id WITH =, category WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (superseded_at IS NULL)
);
CREATE INDEX person_categories__category_of ON person_categories (district_id, category, person_id);

CREATE TABLE households (
    district_id  integer NOT NULL REFERENCES districts,
    id           uuid NOT NULL,
    region_code  bigint NOT NULL,
    address_line text NOT NULL,
    version      bigint NOT NULL DEFAULT 1,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, region_code) REFERENCES regions
);
CREATE INDEX households__region ON households (district_id, region_code, id);

CREATE TABLE residences (
    district_id   integer NOT NULL,
    id            uuid NOT NULL,
    person_id     uuid NOT NULL,
    region_code   bigint NOT NULL,
    household_id  uuid,
    address_line  text,
    valid_from    date NOT NULL,
    valid_to      date,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_at timestamptz,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, person_id) REFERENCES persons,
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    FOREIGN KEY (district_id, household_id) REFERENCES households,
    CONSTRAINT residences__valid_days CHECK (valid_to > valid_from),
    CONSTRAINT residences__one_at_a_time EXCLUDE USING gist (
        district_id WITH =, person_id WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (superseded_at IS NULL)
);
CREATE INDEX residences__region ON residences (district_id, region_code, person_id);
CREATE INDEX residences__person ON residences (district_id, person_id);
CREATE INDEX residences__household ON residences (district_id, household_id, person_id)
    WHERE household_id IS NOT NULL;

-- One row a pair: relative_id is the <relation> of person_id. Spouse and sibling hold both ways;
-- a parent's row is also the child's.
CREATE TABLE kinships (
    district_id   integer NOT NULL,
    id            uuid NOT NULL,
    person_id     uuid NOT NULL,
    relative_id   uuid NOT NULL,
    relation      text NOT NULL,
    valid_from    date NOT NULL,
    valid_to      date,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_at timestamptz,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, person_id) REFERENCES persons,
    FOREIGN KEY (district_id, relative_id) REFERENCES persons (district_id, id),
    CONSTRAINT kinships__relation CHECK (relation IN ('spouse', 'parent', 'child', 'sibling')),
    CONSTRAINT kinships__of_two CHECK (person_id <> relative_id),
    CONSTRAINT kinships__valid_days CHECK (valid_to > valid_from),
    CONSTRAINT kinships__one_at_a_time EXCLUDE USING gist (district_id WITH =, person_id WITH =,
        relative_id WITH =, relation WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (superseded_at IS NULL)
);
CREATE INDEX kinships__person ON kinships (district_id, person_id);
CREATE INDEX kinships__relative ON kinships (district_id, relative_id);

CREATE TABLE volunteers (
    district_id      integer NOT NULL REFERENCES districts,
    id               uuid NOT NULL,
    person_id        uuid NOT NULL,
    volunteer_number text NOT NULL,
    joined_on        date NOT NULL,
    left_on          date,
    left_reason      text,
    health           text,
    experience       text,
    willingness      text,
    version          bigint NOT NULL DEFAULT 1,
    recorded_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, person_id) REFERENCES persons,
    CONSTRAINT volunteers__person_once UNIQUE (district_id, person_id),
    CONSTRAINT volunteers__number_unique UNIQUE (district_id, volunteer_number),
    CONSTRAINT volunteers__number_of_district
        CHECK (left(volunteer_number, 6) = district_id::text),
    CONSTRAINT volunteers__left_after_joining CHECK (left_on >= joined_on)
);

CREATE TABLE teams (
    district_id  integer NOT NULL REFERENCES districts,
    id           uuid NOT NULL,
    region_code  bigint NOT NULL,
    name         text NOT NULL,
    kind         text NOT NULL,
    founded_on   date NOT NULL,
    dissolved_on date,
    origin       text NOT NULL DEFAULT 'entered',
    version      bigint NOT NULL DEFAULT 1,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    CONSTRAINT teams__name_unique UNIQUE (district_id, region_code, name),
    CONSTRAINT teams__origin CHECK (origin IN ('entered', 'document', 'synthetic')),
    CONSTRAINT teams__kind CHECK (kind IN ('general', 'home_care', 'patrol', 'medical',
        'legal_mediation', 'arts', 'minority', 'lunch_table', 'publicity')),
    CONSTRAINT teams__dissolved_after_founding CHECK (dissolved_on >= founded_on)
);
CREATE INDEX teams__region ON teams (district_id, region_code, id);

CREATE TABLE team_memberships (
    district_id   integer NOT NULL,
    id            uuid NOT NULL,
    team_id       uuid NOT NULL,
    volunteer_id  uuid NOT NULL,
    position      text NOT NULL,
    valid_from    date NOT NULL,
    valid_to      date,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_at timestamptz,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, team_id) REFERENCES teams,
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    CONSTRAINT team_memberships__position CHECK (position IN ('leader', 'deputy_leader', 'member')),
    CONSTRAINT team_memberships__valid_days CHECK (valid_to > valid_from),
    CONSTRAINT team_memberships__one_at_a_time EXCLUDE USING gist (district_id WITH =,
        team_id WITH =, volunteer_id WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (superseded_at IS NULL)
);
CREATE INDEX team_memberships__team ON team_memberships (district_id, team_id, volunteer_id);
CREATE INDEX team_memberships__volunteer ON team_memberships (district_id, volunteer_id);

CREATE TABLE users (
    district_id integer NOT NULL REFERENCES districts,
    id          uuid NOT NULL,
    person_id   uuid NOT NULL,
    disabled_at timestamptz,
    version     bigint NOT NULL DEFAULT 1,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, person_id) REFERENCES persons,
    CONSTRAINT users__person_once UNIQUE (district_id, person_id)
);

-- One role on one region subtree (or one team of it) for some time; a deputy is such a grant too.
CREATE TABLE role_grants (
    district_id integer NOT NULL,
    id          uuid NOT NULL,
    user_id     uuid NOT NULL,
    role        text NOT NULL,
    region_code bigint NOT NULL,
    team_id     uuid,
    deputy_of   uuid,
    valid_from  date NOT NULL,
    valid_to    date,
    revoked_at  timestamptz,
    version     bigint NOT NULL DEFAULT 1,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    scope_low   bigint GENERATED ALWAYS AS (region_code) STORED,
    scope_high  bigint GENERATED ALWAYS AS (region_code + CASE
        WHEN region_code % 1000000 = 0 THEN 999999
        WHEN region_code % 1000 = 0 THEN 999
        ELSE 0 END) STORED,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, user_id) REFERENCES users,
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    FOREIGN KEY (district_id, team_id) REFERENCES teams,
    FOREIGN KEY (district_id, deputy_of) REFERENCES users (district_id, id),
    CONSTRAINT role_grants__role CHECK (role IN ('district_admin', 'subdistrict_admin',
        'subdistrict_clerk', 'community_secretary', 'community_clerk', 'team_leader',
        'residents_group_head', 'information_officer', 'volunteer', 'resident', 'auditor',
        'report_reader')),
    CONSTRAINT role_grants__leader_has_team CHECK (role <> 'team_leader' OR team_id IS NOT NULL),
    CONSTRAINT role_grants__valid_days CHECK (valid_to > valid_from)
);
CREATE INDEX role_grants__user ON role_grants (district_id, user_id);
CREATE INDEX role_grants__region ON role_grants (district_id, region_code, role);

CREATE TABLE tokens (
    district_id integer NOT NULL,
    id          uuid NOT NULL,
    grant_id    uuid NOT NULL,
    label       text NOT NULL,
    token_hash  bytea NOT NULL,
    prefix      text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz,
    revoked_at  timestamptz,
    version     bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, grant_id) REFERENCES role_grants,
    CONSTRAINT tokens__hash_unique UNIQUE (district_id, token_hash),
    CONSTRAINT tokens__hash_is_sha256 CHECK (octet_length(token_hash) = 32)
);
CREATE INDEX tokens__grant ON tokens (district_id, grant_id);
