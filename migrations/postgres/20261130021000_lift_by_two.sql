-- Where an agency wants two people for lifting an opt-out by hand: what one has asked for and another may lift. At most
-- one request stands for a number.
ALTER TABLE tenants ADD COLUMN lift_by_two BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE lift_requests (
  tenant_id TEXT NOT NULL,
  phone_e164 TEXT NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  requested_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (tenant_id, phone_e164)
);

ALTER TABLE lift_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE lift_requests FORCE ROW LEVEL SECURITY;
CREATE POLICY service_sees_all ON lift_requests TO fusion_comms_service USING (true) WITH CHECK (true);
CREATE POLICY tenant_sees_own ON lift_requests TO fusion_comms_tenant
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
GRANT SELECT ON lift_requests TO fusion_comms_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON lift_requests TO fusion_comms_service;
