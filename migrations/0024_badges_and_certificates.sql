-- The national ladder (志愿服务记录办法, 民政部 2012) for districts that were founded without it. Each district has
-- its own rows of it, like those of any ladder, so that every key begins with the district.
INSERT INTO star_ladders (district_id, ladder, star, minutes, title, valid_from, source)
SELECT d.district_id, 'national_2012', s.star, s.minutes, s.title, d.founded_on,
       '志愿服务记录办法 (民政部 2012)'
FROM districts AS d
CROSS JOIN (VALUES (1, 6000, '一星级志愿者'), (2, 18000, '二星级志愿者'), (3, 36000, '三星级志愿者'),
                   (4, 60000, '四星级志愿者'), (5, 90000, '五星级志愿者')) AS s (star, minutes, title)
ON CONFLICT DO NOTHING;

-- Badges (徽章) are things. Each movement takes them from a region's stock, into one, or both; a stock is the sum of
-- its movements and never below 0.
CREATE TABLE badge_movements (
    district_id integer NOT NULL,
    id          uuid NOT NULL,
    kind        text NOT NULL,
    star        smallint NOT NULL,
    quantity    integer NOT NULL,
    from_region bigint,
    to_region   bigint,
    moved_on    date NOT NULL,
    reason      text NOT NULL,
    moved_by    uuid NOT NULL, -- the person
    entered_by  uuid NOT NULL,
    moved_at    timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, from_region) REFERENCES regions (district_id, region_code),
    FOREIGN KEY (district_id, to_region) REFERENCES regions (district_id, region_code),
    FOREIGN KEY (district_id, moved_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT badge_movements__regions_fit_kind CHECK (CASE kind
        WHEN 'receive' THEN from_region IS NULL AND to_region IS NOT NULL
        WHEN 'transfer' THEN from_region IS NOT NULL AND to_region IS NOT NULL
                             AND from_region <> to_region
        WHEN 'issue' THEN from_region IS NOT NULL AND to_region IS NULL AND quantity = 1
        WHEN 'lost' THEN from_region IS NOT NULL AND to_region IS NULL
        WHEN 'damaged' THEN from_region IS NOT NULL AND to_region IS NULL
        ELSE false END),
    CONSTRAINT badge_movements__star CHECK (star BETWEEN 1 AND 5),
    CONSTRAINT badge_movements__quantity_positive CHECK (quantity > 0)
);
CREATE INDEX badge_movements__from ON badge_movements (district_id, from_region, star)
    WHERE from_region IS NOT NULL;
CREATE INDEX badge_movements__to ON badge_movements (district_id, to_region, star)
    WHERE to_region IS NOT NULL;

-- A badge in a volunteer's hand, signed for: one an award; another copy only with a reason.
CREATE TABLE badge_handovers (
    district_id integer NOT NULL,
    id          uuid NOT NULL,
    award_id    uuid NOT NULL,
    copy_no     smallint NOT NULL,
    movement_id uuid NOT NULL, -- what it took from the stock
    handed_on   date NOT NULL,
    handed_by   uuid NOT NULL, -- the person
    received_by uuid NOT NULL, -- who signed
    relation    text, -- to the volunteer, where somebody else signed
    method      text NOT NULL,
    witness_id  uuid,
    reason      text,
    entered_by  uuid NOT NULL,
    handed_at   timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, award_id) REFERENCES star_awards (district_id, id),
    FOREIGN KEY (district_id, movement_id) REFERENCES badge_movements (district_id, id),
    FOREIGN KEY (district_id, handed_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, received_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, witness_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT badge_handovers__copy_once UNIQUE (district_id, award_id, copy_no),
    CONSTRAINT badge_handovers__movement_once UNIQUE (district_id, movement_id),
    CONSTRAINT badge_handovers__copy_positive CHECK (copy_no >= 1),
    CONSTRAINT badge_handovers__copy_has_reason CHECK ((copy_no > 1) = (reason IS NOT NULL)),
    CONSTRAINT badge_handovers__method CHECK (method IN ('paper', 'thumbprint')),
    CONSTRAINT badge_handovers__thumbprint_has_witness
        CHECK (method <> 'thumbprint' OR witness_id IS NOT NULL),
    CONSTRAINT badge_handovers__different_persons CHECK (received_by <> handed_by
        AND COALESCE(witness_id NOT IN (received_by, handed_by), true))
);

GRANT SELECT, INSERT ON badge_movements, badge_handovers TO timebank_service;
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON badge_movements
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON badge_handovers
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- Certificates (证明): what a volunteer asks for, and what was issued, with all that it says frozen into the row.
CREATE TABLE certificate_requests (
    district_id  integer NOT NULL,
    id           uuid NOT NULL,
    volunteer_id uuid NOT NULL,
    kind         text NOT NULL,
    period_from  date,
    period_to    date,
    award_id     uuid,
    purpose      text,
    via          text NOT NULL,
    entered_by   uuid NOT NULL,
    requested_at timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    FOREIGN KEY (district_id, award_id) REFERENCES star_awards (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT certificate_requests__fits_kind CHECK (CASE kind
        WHEN 'service' THEN period_from <= period_to AND num_nonnulls(period_from, period_to) = 2
                            AND award_id IS NULL
        WHEN 'star' THEN award_id IS NOT NULL AND num_nonnulls(period_from, period_to) = 0
        ELSE false END),
    CONSTRAINT certificate_requests__via CHECK (via IN ('app', 'phone', 'counter', 'visit'))
);
CREATE INDEX certificate_requests__volunteer ON certificate_requests (district_id, volunteer_id);

CREATE TABLE certificate_declines (
    district_id integer NOT NULL,
    request_id  uuid NOT NULL,
    reason      text NOT NULL,
    declined_by uuid NOT NULL, -- the person
    entered_by  uuid NOT NULL,
    declined_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, request_id),
    FOREIGN KEY (district_id, request_id) REFERENCES certificate_requests (district_id, id),
    FOREIGN KEY (district_id, declined_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id)
);

CREATE TABLE certificates (
    district_id      integer NOT NULL,
    id               uuid NOT NULL,
    number           text NOT NULL, -- ends with eight random characters: who knows it was given it
    kind             text NOT NULL,
    volunteer_id     uuid NOT NULL,
    volunteer_number text NOT NULL,
    name             text NOT NULL,
    request_id       uuid,
    period_from      date,
    period_to        date,
    minutes          bigint,
    contents         jsonb NOT NULL, -- [{category_code, category_name, records, minutes}]
    award_id         uuid,
    star             smallint,
    title            text,
    award_year       smallint,
    region_code      bigint NOT NULL,
    issuer           text NOT NULL,
    handler_id       uuid NOT NULL,
    handler_name     text NOT NULL,
    issued_on        date NOT NULL,
    entered_by       uuid NOT NULL,
    issued_at        timestamptz NOT NULL,
    recorded_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, volunteer_id) REFERENCES volunteers,
    FOREIGN KEY (district_id, request_id) REFERENCES certificate_requests (district_id, id),
    FOREIGN KEY (district_id, award_id) REFERENCES star_awards (district_id, id),
    FOREIGN KEY (district_id, region_code) REFERENCES regions,
    FOREIGN KEY (district_id, handler_id) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id),
    CONSTRAINT certificates__number_once UNIQUE (district_id, number),
    CONSTRAINT certificates__request_once UNIQUE (district_id, request_id),
    CONSTRAINT certificates__number_form
        CHECK (number ~ '^[1-9][0-9]{5}-ZM[0-9]{4}-[0-9]{6,}-[0-9A-HJKMNP-TV-Z]{8}$'),
    CONSTRAINT certificates__fits_kind CHECK (CASE kind
        WHEN 'service' THEN period_from <= period_to AND minutes > 0 AND contents <> '[]'
                            AND num_nonnulls(period_from, period_to, minutes) = 3
                            AND num_nonnulls(award_id, star, title, award_year) = 0
        WHEN 'star' THEN num_nonnulls(award_id, star, title, award_year) = 4 AND contents = '[]'
                         AND num_nonnulls(period_from, period_to, minutes) = 0
        ELSE false END)
);
CREATE INDEX certificates__volunteer ON certificates (district_id, volunteer_id);
CREATE INDEX certificates__award ON certificates (district_id, award_id) WHERE award_id IS NOT NULL;

CREATE TABLE certificate_revocations (
    district_id    integer NOT NULL,
    certificate_id uuid NOT NULL,
    reason         text NOT NULL,
    revoked_by     uuid NOT NULL, -- the person
    entered_by     uuid NOT NULL,
    revoked_at     timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, certificate_id),
    FOREIGN KEY (district_id, certificate_id) REFERENCES certificates (district_id, id),
    FOREIGN KEY (district_id, revoked_by) REFERENCES persons (district_id, id),
    FOREIGN KEY (district_id, entered_by) REFERENCES users (district_id, id)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['certificate_requests', 'certificate_declines', 'certificates',
                                'certificate_revocations'] LOOP
        EXECUTE format('GRANT SELECT, INSERT ON %I TO timebank_service', name);
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
    END LOOP;
END
$$;
