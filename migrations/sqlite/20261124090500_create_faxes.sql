CREATE TABLE fax_documents (
  fax_id TEXT PRIMARY KEY,
  tenant_id TEXT,                           -- NULL: the dialled number is nobody's
  from_phone TEXT,
  to_phone TEXT,
  s3_key_original TEXT,                     -- set only once the file is in the store
  sha256_original TEXT,
  page_count INTEGER,
  doc_type TEXT,
  case_id TEXT,
  status TEXT NOT NULL CHECK (status IN ('receiving', 'received', 'classified', 'needs_review', 'unreadable', 'failed')),
  last_error TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  occurred_at TEXT,                  -- of fax.received: its UTC day is in the object key
  partial INTEGER NOT NULL DEFAULT 0,   -- cut short in transmission
  size_bytes INTEGER,
  suggestions TEXT,                        -- candidates with the kinds of evidence, for a person
  reasons TEXT,                            -- why this type
  classified_at TEXT
);
CREATE INDEX fax_documents_by_tenant ON fax_documents (tenant_id, created_at);
CREATE INDEX fax_documents_waiting ON fax_documents (updated_at) WHERE status IN ('receiving', 'received');
