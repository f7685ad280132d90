-- Who changed what, append-only.
CREATE TABLE audit_log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  tenant_id TEXT,
  before TEXT,
  after TEXT
);
CREATE INDEX audit_log_by_subject ON audit_log (subject, seq);
