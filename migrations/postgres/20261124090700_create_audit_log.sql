-- Who changed what, append-only.
CREATE TABLE audit_log (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at TIMESTAMPTZ NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  tenant_id TEXT,
  before JSONB,
  after JSONB
);
CREATE INDEX audit_log_by_subject ON audit_log (subject, seq);
