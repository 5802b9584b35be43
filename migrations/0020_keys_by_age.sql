-- The oldest keys are found by ranges of blocks: keys come in the order of their age. As a B-tree it was
-- taken for the look-up of one key too, by plans made while there were few, and cost each insert.
DROP INDEX idempotency_keys__age;
CREATE INDEX idempotency_keys__age ON idempotency_keys USING brin (district_id, recorded_at);
