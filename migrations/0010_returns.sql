-- A verifier may send a record back while its week is still open. Such a return takes the record out
-- of the week before the freeze makes the worklist; a later one leaves it there as decided.

ALTER TABLE decisions
    ADD COLUMN before_freeze boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT decisions__before_freeze_returns
        CHECK (NOT before_freeze OR decision = 'return');
