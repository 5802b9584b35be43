-- All codes of a draft are kept while it waits, so that codes and wrong tries are counted over a day:
-- a new code must not bring new tries. The newest is the one that is good.

ALTER TABLE one_time_codes
    DROP CONSTRAINT one_time_codes_pkey,
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE one_time_codes
    ALTER COLUMN id DROP DEFAULT,
    ADD PRIMARY KEY (district_id, id);
CREATE INDEX one_time_codes__draft ON one_time_codes (district_id, draft_id, recorded_at);

-- Its place is taken by evidence_chain().
DROP FUNCTION IF EXISTS record_evidence(integer, uuid);
