-- Leaving and dissolving become facts in time. Consent to sensitive categories; deaths taken back;
-- skills, availability and referrals of volunteers; policies that end. Regions that are merged into
-- another need no table: region_facts has the successor.

-- Days on which somebody was no volunteer any more, until he rejoined (valid_to). A leaving known so
-- far counts as known since the volunteer was: so the reports printed until now stay as they are.
CREATE TABLE volunteer_departures (
    district_id   integer NOT NULL,
    id            uuid NOT NULL,
    volunteer_id  uuid NOT NULL,
    reason        text NOT NULL,
    valid_from    date NOT NULL,
    valid_to      date,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_at timestamptz,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    CONSTRAINT volunteer_departures__valid_days CHECK (valid_to > valid_from),
    CONSTRAINT volunteer_departures__one_at_a_time EXCLUDE USING gist (
        district_id WITH =, volunteer_id WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (superseded_at IS NULL)
);
CREATE INDEX volunteer_departures__volunteer ON volunteer_departures (district_id, volunteer_id);
INSERT INTO volunteer_departures (district_id, id, volunteer_id, reason, valid_from, recorded_at)
SELECT district_id, gen_random_uuid(), id, COALESCE(left_reason, ''), left_on, recorded_at
FROM volunteers
WHERE left_on IS NOT NULL;
ALTER TABLE volunteers DROP COLUMN left_on, DROP COLUMN left_reason;

-- The same of teams.
CREATE TABLE team_dissolutions (
    district_id   integer NOT NULL,
    id            uuid NOT NULL,
    team_id       uuid NOT NULL,
    valid_from    date NOT NULL,
    valid_to      date,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_at timestamptz,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, team_id) REFERENCES teams,
    CONSTRAINT team_dissolutions__valid_days CHECK (valid_to > valid_from),
    CONSTRAINT team_dissolutions__one_at_a_time EXCLUDE USING gist (
        district_id WITH =, team_id WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (superseded_at IS NULL)
);
CREATE INDEX team_dissolutions__team ON team_dissolutions (district_id, team_id);
INSERT INTO team_dissolutions (district_id, id, team_id, valid_from, recorded_at)
SELECT district_id, gen_random_uuid(), id, dissolved_on, recorded_at
FROM teams
WHERE dissolved_on IS NOT NULL;
ALTER TABLE teams DROP COLUMN dissolved_on;

-- A team has one leader at a time.
ALTER TABLE team_memberships ADD CONSTRAINT team_memberships__one_leader EXCLUDE USING gist (
    district_id WITH =, team_id WITH =, daterange(valid_from, valid_to) WITH &&)
    WHERE (superseded_at IS NULL AND position = 'leader');

CREATE INDEX region_facts__successor ON region_facts (district_id, successor_code)
    WHERE successor_code IS NOT NULL;

-- The recipient categories are told with consent (志愿服务条例, State Council order 685, art. 20): of the
-- person, or of the guardian for who cannot consent alone. Evidence; a withdrawal is a row of its own.
CREATE TABLE consents (
    district_id integer NOT NULL,
    id          uuid NOT NULL,
    person_id   uuid NOT NULL,
    categories  text[] NOT NULL,
    given_on    date NOT NULL,
    guardian_id uuid,
    relation    text,
    method      text NOT NULL,
    document    text,
    witness_id  uuid,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, person_id) REFERENCES persons,
    FOREIGN KEY (district_id, guardian_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, witness_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, recorded_by) REFERENCES persons (district_id, id),
    CONSTRAINT consents__categories CHECK (categories <> '{}' AND categories <@ ARRAY['empty_nest',
        'solitary', 'hardship', 'ill', 'disabled', 'poor_student', 'latchkey_child']),
    CONSTRAINT consents__guardian_is_another CHECK (guardian_id <> person_id),
    CONSTRAINT consents__guardian_has_relation CHECK ((guardian_id IS NULL) = (relation IS NULL)),
    CONSTRAINT consents__relation CHECK (relation IN ('parent', 'grandparent', 'spouse', 'child',
        'sibling', 'other_relative', 'committee', 'organisation')),
    CONSTRAINT consents__method CHECK (method IN ('paper', 'thumbprint', 'verbal')),
    CONSTRAINT consents__paper_is_filed CHECK (method <> 'paper' OR document IS NOT NULL),
    CONSTRAINT consents__spoken_has_witness CHECK (method = 'paper' OR witness_id IS NOT NULL)
);
CREATE INDEX consents__person ON consents (district_id, person_id);

CREATE TABLE consent_withdrawals (
    district_id  integer NOT NULL,
    consent_id   uuid NOT NULL,
    withdrawn_on date NOT NULL,
    reason       text,
    recorded_by  uuid NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, consent_id),
    FOREIGN KEY (district_id, consent_id) REFERENCES consents (district_id, id),
    FOREIGN KEY (district_id, recorded_by) REFERENCES persons (district_id, id)
);

-- A death that was reported wrongly, and why it was taken back.
CREATE TABLE death_revocations (
    district_id integer NOT NULL,
    id          uuid NOT NULL,
    person_id   uuid NOT NULL,
    died_on     date NOT NULL,
    reason      text NOT NULL,
    revoked_by  uuid NOT NULL,
    revoked_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, person_id) REFERENCES persons,
    FOREIGN KEY (district_id, revoked_by) REFERENCES persons (district_id, id)
);

-- The district's catalogue of skills (特长). Some count with a certificate only.
CREATE TABLE skills (
    district_id       integer NOT NULL REFERENCES districts,
    skill_code        text NOT NULL,
    field             text NOT NULL,
    needs_certificate boolean NOT NULL,
    version           bigint NOT NULL DEFAULT 1,
    recorded_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, skill_code),
    CONSTRAINT skills__code_form CHECK (skill_code ~ '^[a-z][a-z0-9_]{1,39}$'),
    CONSTRAINT skills__field CHECK (field IN ('education', 'culture', 'environment', 'health',
        'security', 'living', 'mutual_help', 'other'))
);

CREATE TABLE skill_facts (
    district_id   integer NOT NULL,
    skill_code    text NOT NULL,
    name          text NOT NULL,
    name_en       text,
    valid_from    date NOT NULL,
    valid_to      date,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_at timestamptz,
    PRIMARY KEY (district_id, skill_code, valid_from, recorded_at),
    FOREIGN KEY (district_id, skill_code) REFERENCES skills,
    CONSTRAINT skill_facts__valid_days CHECK (valid_to > valid_from),
    CONSTRAINT skill_facts__one_at_a_time EXCLUDE USING gist (
        district_id WITH =, skill_code WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (superseded_at IS NULL)
);

-- level: 1 can help, 2 can do it alone, 3 can teach it.
CREATE TABLE volunteer_skills (
    district_id             integer NOT NULL,
    id                      uuid NOT NULL,
    volunteer_id            uuid NOT NULL,
    skill_code              text NOT NULL,
    level                   smallint NOT NULL,
    evidence                text,
    certificate_number      text,
    certificate_issuer      text,
    certificate_valid_until date, -- the last day
    verified_by             uuid,
    verified_on             date,
    valid_from              date NOT NULL,
    valid_to                date,
    recorded_at             timestamptz NOT NULL DEFAULT now(),
    superseded_at           timestamptz,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    FOREIGN KEY (district_id, skill_code) REFERENCES skills,
    FOREIGN KEY (district_id, verified_by) REFERENCES persons (district_id, id),
    CONSTRAINT volunteer_skills__level CHECK (level BETWEEN 1 AND 3),
    CONSTRAINT volunteer_skills__certificate_whole CHECK (certificate_number IS NOT NULL
        OR (certificate_issuer IS NULL AND certificate_valid_until IS NULL)),
    CONSTRAINT volunteer_skills__verified_whole
        CHECK ((verified_by IS NULL) = (verified_on IS NULL)),
    CONSTRAINT volunteer_skills__valid_days CHECK (valid_to > valid_from),
    CONSTRAINT volunteer_skills__one_at_a_time EXCLUDE USING gist (district_id WITH =,
        volunteer_id WITH =, skill_code WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (superseded_at IS NULL)
);
CREATE INDEX volunteer_skills__volunteer ON volunteer_skills (district_id, volunteer_id);
CREATE INDEX volunteer_skills__skill ON volunteer_skills (district_id, skill_code, volunteer_id);

-- Windows of the week in which somebody can serve. weekday: 1 Monday to 7 Sunday; times of the
-- district's day, to 24:00 at the latest.
CREATE TABLE availabilities (
    district_id   integer NOT NULL,
    id            uuid NOT NULL,
    volunteer_id  uuid NOT NULL,
    weekday       smallint NOT NULL,
    starts_at     time NOT NULL,
    ends_at       time NOT NULL,
    valid_from    date NOT NULL,
    valid_to      date,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_at timestamptz,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    CONSTRAINT availabilities__weekday CHECK (weekday BETWEEN 1 AND 7),
    CONSTRAINT availabilities__times CHECK (ends_at > starts_at),
    CONSTRAINT availabilities__valid_days CHECK (valid_to > valid_from),
    CONSTRAINT availabilities__one_at_a_time EXCLUDE USING gist (district_id WITH =,
        volunteer_id WITH =, weekday WITH =, daterange(valid_from, valid_to) WITH &&,
        int4range(extract(epoch FROM starts_at)::integer, extract(epoch FROM ends_at)::integer)
            WITH &&)
        WHERE (superseded_at IS NULL)
);
CREATE INDEX availabilities__volunteer ON availabilities (district_id, volunteer_id);

-- Days on which somebody cannot serve in spite of the windows.
CREATE TABLE absences (
    district_id   integer NOT NULL,
    id            uuid NOT NULL,
    volunteer_id  uuid NOT NULL,
    reason        text NOT NULL,
    valid_from    date NOT NULL,
    valid_to      date,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_at timestamptz,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    CONSTRAINT absences__valid_days CHECK (valid_to > valid_from),
    CONSTRAINT absences__one_at_a_time EXCLUDE USING gist (
        district_id WITH =, volunteer_id WITH =, daterange(valid_from, valid_to) WITH &&)
        WHERE (superseded_at IS NULL)
);
CREATE INDEX absences__volunteer ON absences (district_id, volunteer_id);

-- Who brought whom: of each volunteer one living row at most, and no circles (setReferral).
CREATE TABLE referrals (
    district_id   integer NOT NULL,
    id            uuid NOT NULL,
    volunteer_id  uuid NOT NULL,
    referrer_id   uuid NOT NULL,
    referred_on   date NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_at timestamptz,
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    FOREIGN KEY (district_id, referrer_id) REFERENCES volunteers (district_id, id),
    CONSTRAINT referrals__of_another CHECK (referrer_id <> volunteer_id)
);
CREATE UNIQUE INDEX referrals__one_living ON referrals (district_id, volunteer_id)
    WHERE superseded_at IS NULL;
CREATE INDEX referrals__referrer ON referrals (district_id, referrer_id);

ALTER TABLE volunteers
    ADD COLUMN weekly_minutes_max integer,
    ADD COLUMN willing_categories text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT volunteers__weekly_minutes CHECK (weekly_minutes_max BETWEEN 1 AND 10080);

-- A policy's row ends on a day: from then on the next one in order holds. Its version orders it among
-- the changes of policies.
CREATE TABLE policy_ends (
    district_id integer NOT NULL,
    policy_id   uuid NOT NULL,
    valid_to    date NOT NULL,
    reason      text NOT NULL,
    version     bigint NOT NULL DEFAULT nextval(pg_get_serial_sequence('policies', 'version')),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, policy_id),
    FOREIGN KEY (district_id, policy_id) REFERENCES policies (district_id, id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['consents', 'consent_withdrawals', 'death_revocations',
                                'policy_ends'] LOOP
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
    END LOOP;
    EXECUTE format('GRANT USAGE ON SEQUENCE %s TO timebank_service',
                   pg_get_serial_sequence('policies', 'version'));
END
$$;

GRANT SELECT, INSERT ON volunteer_departures, team_dissolutions, consents, consent_withdrawals,
    death_revocations, skills, skill_facts, volunteer_skills, availabilities, absences, referrals,
    policy_ends TO timebank_service;
GRANT UPDATE ON volunteer_departures, team_dissolutions, skills, skill_facts, volunteer_skills,
    availabilities, absences, referrals TO timebank_service;
GRANT DELETE ON households TO timebank_service;
