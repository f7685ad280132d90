-- An agency whose sending is stopped, since a text of its went out after an opt-out or by a person's hand. While a row
-- stands unlifted the gate lets out only what the law asks for: the confirmation of a STOP, the answer to a HELP.
CREATE TABLE sending_freezes (
  freeze_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  frozen_at TIMESTAMPTZ NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  lifted_at TIMESTAMPTZ,                    -- what went out before it has been looked into
  lifted_by TEXT,
  lift_reason TEXT
);
CREATE UNIQUE INDEX sending_freezes_standing ON sending_freezes (tenant_id) WHERE lifted_at IS NULL;

ALTER TABLE sending_freezes ENABLE ROW LEVEL SECURITY;
ALTER TABLE sending_freezes FORCE ROW LEVEL SECURITY;
CREATE POLICY service_sees_all ON sending_freezes TO fusion_comms_service USING (true) WITH CHECK (true);
CREATE POLICY tenant_sees_own ON sending_freezes TO fusion_comms_tenant
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
-- An agency sees that it is frozen; it neither freezes nor lifts.
GRANT SELECT ON sending_freezes TO fusion_comms_tenant;
GRANT SELECT, INSERT, UPDATE ON sending_freezes TO fusion_comms_service;
