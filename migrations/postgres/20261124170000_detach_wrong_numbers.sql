-- "Wrong number": the number is no more texted about that statement, also after a START.
CREATE TABLE billing_wrong_numbers (
  tenant_id TEXT NOT NULL,
  statement_id TEXT NOT NULL,
  phone_e164 TEXT NOT NULL,
  told_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, statement_id, phone_e164)
);

ALTER TABLE billing_wrong_numbers ENABLE ROW LEVEL SECURITY;
ALTER TABLE billing_wrong_numbers FORCE ROW LEVEL SECURITY;
CREATE POLICY service_sees_all ON billing_wrong_numbers TO fusion_comms_service USING (true) WITH CHECK (true);
CREATE POLICY tenant_sees_own ON billing_wrong_numbers TO fusion_comms_tenant
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
GRANT SELECT ON billing_wrong_numbers TO fusion_comms_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON billing_wrong_numbers TO fusion_comms_service;
