-- Appends every change of the ledger to its history, also one typed by hand in psql.
-- SECURITY DEFINER: whoever may change the ledger may append, and nobody may do more than append.
CREATE FUNCTION opt_out_history_append() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  who TEXT := coalesce(nullif(current_setting('app.actor', true), ''), session_user);
  why TEXT := nullif(current_setting('app.reason', true), '');
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO opt_out_history (tenant_id, phone_e164, change, opted_out_at, source, actor, reason, at)
    VALUES (NEW.tenant_id, NEW.phone_e164, 'granted', NEW.opted_out_at, NEW.source, who, why, clock_timestamp());
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO opt_out_history (tenant_id, phone_e164, change, opted_out_at, source, previous_source, actor, reason, at)
    VALUES (OLD.tenant_id, OLD.phone_e164, 'lifted', OLD.opted_out_at, OLD.source, OLD.source, who, why, clock_timestamp());
  ELSE
    -- A row moved to another agency or number is one lifted and another granted.
    IF (OLD.tenant_id, OLD.phone_e164) IS DISTINCT FROM (NEW.tenant_id, NEW.phone_e164) THEN
      INSERT INTO opt_out_history (tenant_id, phone_e164, change, opted_out_at, source, previous_source, actor, reason, at)
      VALUES (OLD.tenant_id, OLD.phone_e164, 'lifted', OLD.opted_out_at, OLD.source, OLD.source, who, why, clock_timestamp());
    END IF;
    INSERT INTO opt_out_history (tenant_id, phone_e164, change, opted_out_at, source, previous_source, actor, reason, at)
    VALUES (NEW.tenant_id, NEW.phone_e164, 'changed', NEW.opted_out_at, NEW.source, OLD.source, who, why, clock_timestamp());
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER opt_out_history_append AFTER INSERT OR UPDATE OR DELETE ON telnyx_opt_outs
FOR EACH ROW EXECUTE FUNCTION opt_out_history_append();

-- TRUNCATE fires no row trigger, so it would be a change without history.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is not allowed on %', TG_OP, TG_TABLE_NAME USING HINT = 'histories are append-only; lift an opt-out with DELETE';
END $$;
CREATE TRIGGER telnyx_opt_outs_no_truncate BEFORE TRUNCATE ON telnyx_opt_outs
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER opt_out_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON opt_out_history
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
