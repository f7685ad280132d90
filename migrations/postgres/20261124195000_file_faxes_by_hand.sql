ALTER TABLE fax_documents
  ADD COLUMN s3_key_as_sent TEXT,           -- the file as it came where the original is our PDF of it (TIFF)
  ADD COLUMN sha256_as_sent TEXT,
  ADD COLUMN s3_key_pages TEXT,             -- what was read: text, words with boxes and confidence, codes, by page
  ADD COLUMN segments JSONB,                -- page ranges with a type each
  ADD COLUMN pcs_checklist JSONB,           -- of a pcs: what was found of signer, credential, dates
  ADD COLUMN filed_by TEXT,                 -- who set type and case last: 'classifier' or a person
  ADD COLUMN not_cases JSONB;               -- cases that a person took it off: never attached to them again by itself

-- What must be looked into: a fax that lay on a wrong case.
CREATE TABLE incidents (
  incident_id TEXT PRIMARY KEY,
  tenant_id TEXT,
  kind TEXT NOT NULL CHECK (kind IN ('fax_wrong_patient', 'fax_wrong_trip')),
  subject TEXT NOT NULL,                    -- the fax
  detail JSONB NOT NULL,                    -- case, who attached it, by which evidence, since when
  opened_at TIMESTAMPTZ NOT NULL,
  opened_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  closed_at TIMESTAMPTZ,
  closed_by TEXT,
  outcome TEXT
);
CREATE INDEX incidents_open ON incidents (opened_at) WHERE closed_at IS NULL;

ALTER TABLE incidents ENABLE ROW LEVEL SECURITY;
ALTER TABLE incidents FORCE ROW LEVEL SECURITY;
CREATE POLICY service_sees_all ON incidents TO fusion_comms_service USING (true) WITH CHECK (true);
CREATE POLICY tenant_sees_own ON incidents TO fusion_comms_tenant
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''));
-- An incident is a record: opened and closed by our commands, deleted by nobody.
GRANT SELECT ON incidents TO fusion_comms_tenant;
GRANT SELECT, INSERT, UPDATE ON incidents TO fusion_comms_service;
