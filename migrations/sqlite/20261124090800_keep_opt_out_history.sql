-- Who changes the ledger and why: set and cleared within the changing transaction.
CREATE TABLE change_context (
  only_row INTEGER PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
  actor TEXT NOT NULL,
  reason TEXT
);

-- Appends every change of the ledger to its history, by whatever hand.
CREATE TRIGGER opt_out_history_granted AFTER INSERT ON telnyx_opt_outs BEGIN
  INSERT INTO opt_out_history (tenant_id, phone_e164, change, opted_out_at, source, actor, reason, at)
  VALUES (NEW.tenant_id, NEW.phone_e164, 'granted', NEW.opted_out_at, NEW.source,
    coalesce((SELECT actor FROM change_context), 'sqlite'), (SELECT reason FROM change_context),
    strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'));
END;
-- A row moved to another agency or number is one lifted and another granted.
CREATE TRIGGER opt_out_history_moved AFTER UPDATE ON telnyx_opt_outs
WHEN (OLD.tenant_id, OLD.phone_e164) IS NOT (NEW.tenant_id, NEW.phone_e164) BEGIN
  INSERT INTO opt_out_history (tenant_id, phone_e164, change, opted_out_at, source, previous_source, actor, reason, at)
  VALUES (OLD.tenant_id, OLD.phone_e164, 'lifted', OLD.opted_out_at, OLD.source, OLD.source,
    coalesce((SELECT actor FROM change_context), 'sqlite'), (SELECT reason FROM change_context),
    strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'));
END;
CREATE TRIGGER opt_out_history_changed AFTER UPDATE ON telnyx_opt_outs BEGIN
  INSERT INTO opt_out_history (tenant_id, phone_e164, change, opted_out_at, source, previous_source, actor, reason, at)
  VALUES (NEW.tenant_id, NEW.phone_e164, 'changed', NEW.opted_out_at, NEW.source, OLD.source,
    coalesce((SELECT actor FROM change_context), 'sqlite'), (SELECT reason FROM change_context),
    strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'));
END;
CREATE TRIGGER opt_out_history_lifted AFTER DELETE ON telnyx_opt_outs BEGIN
  INSERT INTO opt_out_history (tenant_id, phone_e164, change, opted_out_at, source, previous_source, actor, reason, at)
  VALUES (OLD.tenant_id, OLD.phone_e164, 'lifted', OLD.opted_out_at, OLD.source, OLD.source,
    coalesce((SELECT actor FROM change_context), 'sqlite'), (SELECT reason FROM change_context),
    strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'));
END;

CREATE TRIGGER opt_out_history_no_update BEFORE UPDATE ON opt_out_history BEGIN
  SELECT raise(ABORT, 'opt_out_history is append-only');
END;
CREATE TRIGGER opt_out_history_no_delete BEFORE DELETE ON opt_out_history BEGIN
  SELECT raise(ABORT, 'opt_out_history is append-only');
END;
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN
  SELECT raise(ABORT, 'audit_log is append-only');
END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN
  SELECT raise(ABORT, 'audit_log is append-only');
END;
