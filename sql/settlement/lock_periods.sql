-- One process at a time adds periods to district $1 in a transaction: without this two of them
-- deadlock on the exclusion constraint. A statement of its own, before the one that it guards.
SELECT pg_advisory_xact_lock(hashtext('timebank.periods'), $1::integer)
