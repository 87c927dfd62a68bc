-- As in SQLite's schema: nobody who can only run our statements changes the audit trail.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'the audit trail is never changed' USING ERRCODE = 'integrity_constraint_violation'; END $$;

CREATE TRIGGER audit_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whoever works on the conversation hears of it; a notice has 8,000 bytes at most.
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN PERFORM pg_notify('frontdesk_news', left(NEW.conversation, 1900)); RETURN NULL; END $$;

CREATE TRIGGER inbox_news AFTER INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION tell();
