-- Settlements that somebody asks for: an order, and what came of it. The settlement's thread carries it out.

CREATE TABLE settlement_orders (
    district_id integer NOT NULL REFERENCES districts,
    id          uuid NOT NULL,
    grain       text, -- no greater ones; null: all
    dry_run     boolean NOT NULL,
    ordered_by  uuid NOT NULL,
    ordered_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, id),
    FOREIGN KEY (district_id, ordered_by) REFERENCES users (district_id, id),
    CONSTRAINT settlement_orders__grain CHECK (grain IN ('week', 'month', 'quarter', 'year'))
);

-- steps: as the answer shows them.
CREATE TABLE settlement_order_results (
    district_id integer NOT NULL,
    order_id    uuid NOT NULL,
    outcome     text NOT NULL,
    steps       jsonb NOT NULL,
    finished_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (district_id, order_id),
    FOREIGN KEY (district_id, order_id) REFERENCES settlement_orders,
    CONSTRAINT settlement_order_results__outcome
        CHECK (outcome IN ('done', 'busy', 'halted', 'failed'))
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['settlement_orders', 'settlement_order_results'] LOOP
        EXECUTE format('CREATE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()', name);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO timebank_service', name);
    END LOOP;
END
$$;
