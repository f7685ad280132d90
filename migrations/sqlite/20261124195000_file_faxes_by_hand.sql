ALTER TABLE fax_documents ADD COLUMN s3_key_as_sent TEXT; -- the file as it came where the original is our PDF of it (TIFF)
ALTER TABLE fax_documents ADD COLUMN sha256_as_sent TEXT;
ALTER TABLE fax_documents ADD COLUMN s3_key_pages TEXT;   -- what was read: text, words with boxes and confidence, codes, by page
ALTER TABLE fax_documents ADD COLUMN segments TEXT;       -- page ranges with a type each
ALTER TABLE fax_documents ADD COLUMN pcs_checklist TEXT;  -- of a pcs: what was found of signer, credential, dates
ALTER TABLE fax_documents ADD COLUMN filed_by TEXT;       -- who set type and case last: 'classifier' or a person
ALTER TABLE fax_documents ADD COLUMN not_cases TEXT;      -- cases that a person took it off: never attached to them again by itself

-- What must be looked into: a fax that lay on a wrong case.
CREATE TABLE incidents (
  incident_id TEXT PRIMARY KEY,
  tenant_id TEXT,
  kind TEXT NOT NULL CHECK (kind IN ('fax_wrong_patient', 'fax_wrong_trip')),
  subject TEXT NOT NULL,                    -- the fax
  detail TEXT NOT NULL,                     -- case, who attached it, by which evidence, since when
  opened_at TEXT NOT NULL,
  opened_by TEXT NOT NULL,
  reason TEXT NOT NULL,
  closed_at TEXT,
  closed_by TEXT,
  outcome TEXT
);
CREATE INDEX incidents_open ON incidents (opened_at) WHERE closed_at IS NULL;
