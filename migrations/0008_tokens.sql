-- What a token may do, when it was last used, and how every daemon hears of a revocation.

ALTER TABLE tokens
    ADD COLUMN scopes text[] NOT NULL DEFAULT '{read,write}',
    ADD COLUMN last_used_at timestamptz,
    ADD CONSTRAINT tokens__scopes_known CHECK (scopes <@ ARRAY['read', 'write', 'reports']),
    ADD CONSTRAINT tokens__scopes_not_empty CHECK (cardinality(scopes) > 0);

-- Daemons LISTEN to timebank_tokens and forget what they believed of all tokens. They read each
-- token anew then, and after a reconnection, so that a notification that was missed costs nothing.
CREATE FUNCTION notify_token_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY timebank_tokens;
    RETURN NULL;
END
$$;

CREATE TRIGGER notify_token_change AFTER UPDATE OF revoked_at, expires_at, scopes ON tokens
    FOR EACH STATEMENT EXECUTE FUNCTION notify_token_change();
CREATE TRIGGER notify_token_change AFTER UPDATE OF revoked_at, valid_from, valid_to ON role_grants
    FOR EACH STATEMENT EXECUTE FUNCTION notify_token_change();
CREATE TRIGGER notify_token_change AFTER UPDATE OF disabled_at ON users
    FOR EACH STATEMENT EXECUTE FUNCTION notify_token_change();
-- Role grants count civil days of the business clock.
CREATE TRIGGER notify_token_change AFTER UPDATE OF standing_clock ON installation
    FOR EACH STATEMENT EXECUTE FUNCTION notify_token_change();
