-- Restores of this database. While one is open no text leaves: what a person wrote after the backup, a STOP above all, may
-- not be known yet. `backfill` asks for it and closes them.
CREATE TABLE restores (
  restore_id TEXT PRIMARY KEY,
  backup_at TIMESTAMPTZ NOT NULL,           -- what was acknowledged after this is not in it
  restored_at TIMESTAMPTZ NOT NULL,
  closed_at TIMESTAMPTZ,
  closed_by TEXT
);
GRANT SELECT, INSERT, UPDATE ON restores TO fusion_comms_service;
