-- Consent to texts that an agency begins: given, by what, and who noted it. Appended to only: what takes consent back is an
-- opt-out, and a consent older than any opt-out of agency and number counts for nothing.
CREATE TABLE text_consents (
  consent_id TEXT PRIMARY KEY,              -- derived from its cause, so that a repeat adds nothing
  tenant_id TEXT NOT NULL,
  phone_e164 TEXT NOT NULL,
  given_at TIMESTAMPTZ NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('given_number', 'written', 'spoken', 'start_text')),
  evidence TEXT NOT NULL,                   -- where it can be looked up: a form, a recording, the event of a text
  actor TEXT NOT NULL,
  recorded_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX text_consents_by_number ON text_consents (phone_e164, tenant_id, given_at);

ALTER TABLE text_consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE text_consents FORCE ROW LEVEL SECURITY;
CREATE POLICY service_sees_all ON text_consents TO fusion_comms_service USING (true) WITH CHECK (true);
CREATE POLICY tenant_sees_own ON text_consents TO fusion_comms_tenant
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
GRANT SELECT ON text_consents TO fusion_comms_tenant;
GRANT SELECT, INSERT ON text_consents TO fusion_comms_service;
