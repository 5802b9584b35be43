-- The year (年度审查考核评比): each volunteer's appraisal, what the community proposes, what the subdistrict decides.

-- Drawn up when the year freezes, and never changed. region_code: the home of the year's last day. gate: why a
-- higher star waits for another year. Ranks are by the minutes of the year, of those that the gate lets pass.
CREATE TABLE appraisals (
    district_id       integer NOT NULL REFERENCES districts,
    year              smallint NOT NULL,
    volunteer_id      uuid NOT NULL,
    region_code       bigint NOT NULL,
    earned_minutes    bigint NOT NULL, -- of the whole life, as the fourth quarter was published
    year_minutes      bigint NOT NULL,
    ratings           bigint NOT NULL,
    rating_sum        bigint NOT NULL,
    upheld_complaints bigint NOT NULL,
    gate              text NOT NULL,
    worn_star         smallint NOT NULL,
    eligible_star     smallint NOT NULL,
    proposed_star     smallint NOT NULL,
    community_rank    integer,
    subdistrict_rank  integer,
    drawn_up_at       timestamptz NOT NULL,
    recorded_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, year, volunteer_id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    CONSTRAINT appraisals__gate CHECK (gate IN ('pass', 'feedback', 'complaint')),
    CONSTRAINT appraisals__stars CHECK (worn_star BETWEEN 0 AND 5 AND eligible_star BETWEEN 0 AND 5
        AND proposed_star BETWEEN worn_star AND 5)
);
CREATE INDEX appraisals__region ON appraisals (district_id, year, region_code);

-- One act of a community on its list, and one of the subdistrict on that. turn: from 1; a proposal that was
-- sent back is made again.
CREATE TABLE appraisal_acts (
    district_id integer NOT NULL,
    id          uuid NOT NULL,
    year        smallint NOT NULL,
    region_code bigint NOT NULL,
    turn        integer NOT NULL,
    act         text NOT NULL,
    list_digest bytea NOT NULL,
    reason      text,
    acted_by    uuid NOT NULL,
    entered_by  uuid NOT NULL,
    acted_at    timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    FOREIGN KEY (district_id, acted_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT appraisal_acts__turn_once UNIQUE (district_id, year, region_code, turn),
    CONSTRAINT appraisal_acts__act CHECK (act IN ('propose', 'confirm', 'return')),
    CONSTRAINT appraisal_acts__return_says_why CHECK (act <> 'return' OR reason IS NOT NULL)
);

-- A star below the one that follows from the figures: to be said with its reason.
CREATE TABLE appraisal_deviations (
    district_id  integer NOT NULL,
    act_id       uuid NOT NULL,
    volunteer_id uuid NOT NULL,
    star         smallint NOT NULL,
    reason       text NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, act_id, volunteer_id),
    FOREIGN KEY (district_id, act_id) REFERENCES appraisal_acts (district_id, id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    CONSTRAINT appraisal_deviations__star CHECK (star BETWEEN 0 AND 5)
);

-- Who is honoured: by the community in its proposal, of these by the subdistrict in its confirmation.
CREATE TABLE appraisal_honours (
    district_id  integer NOT NULL,
    act_id       uuid NOT NULL,
    volunteer_id uuid NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, act_id, volunteer_id),
    FOREIGN KEY (district_id, act_id) REFERENCES appraisal_acts (district_id, id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers
);
CREATE INDEX appraisal_honours__volunteer ON appraisal_honours (district_id, volunteer_id);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['appraisals', 'appraisal_acts', 'appraisal_deviations',
                                'appraisal_honours'] LOOP
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO timebank_service', name);
    END LOOP;
END
$$;
