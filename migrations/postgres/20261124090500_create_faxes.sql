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
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  occurred_at TIMESTAMPTZ,                  -- of fax.received: its UTC day is in the object key
  partial BOOLEAN NOT NULL DEFAULT FALSE,   -- cut short in transmission
  size_bytes BIGINT,
  suggestions JSONB,                        -- candidates with the kinds of evidence, for a person
  reasons JSONB,                            -- why this type
  classified_at TIMESTAMPTZ
);
CREATE INDEX fax_documents_by_tenant ON fax_documents (tenant_id, created_at);
CREATE INDEX fax_documents_waiting ON fax_documents (updated_at) WHERE status IN ('receiving', 'received');
