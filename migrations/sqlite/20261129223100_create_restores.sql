-- Restores of this database. While one is open no text leaves: what a person wrote after the backup, a STOP above all, may
-- not be known yet. `backfill` asks for it and closes them.
CREATE TABLE restores (
  restore_id TEXT PRIMARY KEY,
  backup_at TEXT NOT NULL,           -- what was acknowledged after this is not in it
  restored_at TEXT NOT NULL,
  closed_at TEXT,
  closed_by TEXT
);
