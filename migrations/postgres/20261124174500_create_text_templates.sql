-- An agency's own wordings of its texts, by kind and language; where there is none, ours serves.
CREATE TABLE text_templates (
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('payment_link', 'stop_confirmation', 'help', 'start_confirmation')),
  language TEXT NOT NULL CHECK (language IN ('en', 'es')),
  body TEXT NOT NULL,                       -- with {agency_name}, {phone}, {hours}, {link}; one that breaks the rules is not used
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, kind, language)
);

ALTER TABLE text_templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE text_templates FORCE ROW LEVEL SECURITY;
CREATE POLICY service_sees_all ON text_templates TO fusion_comms_service USING (true) WITH CHECK (true);
CREATE POLICY tenant_sees_own ON text_templates TO fusion_comms_tenant
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
-- An agency's wording passes our linter first, which the database does not have.
GRANT SELECT ON text_templates TO fusion_comms_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON text_templates TO fusion_comms_service;
