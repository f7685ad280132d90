-- Statement numbers that were keyed and are none of the agency's, by caller: against guessing. The number itself is not kept.
CREATE TABLE statement_misses (
  cause_id TEXT PRIMARY KEY,                -- the event that brought the digits
  tenant_id TEXT NOT NULL,
  from_phone TEXT NOT NULL,
  at TIMESTAMPTZ NOT NULL
);
CREATE INDEX statement_misses_by_caller ON statement_misses (from_phone, at);

ALTER TABLE statement_misses ENABLE ROW LEVEL SECURITY;
ALTER TABLE statement_misses FORCE ROW LEVEL SECURITY;
CREATE POLICY service_sees_all ON statement_misses TO fusion_comms_service USING (true) WITH CHECK (true);
CREATE POLICY tenant_sees_own ON statement_misses TO fusion_comms_tenant
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
GRANT SELECT ON statement_misses TO fusion_comms_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON statement_misses TO fusion_comms_service;
