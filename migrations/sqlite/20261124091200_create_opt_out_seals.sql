-- The opt-out history chained by hash, shortly after each row was written: a changed, missing or reordered row shows.
-- Positions are the order of sealing, not of `seq`: a row may be committed after one with a higher number.
CREATE TABLE opt_out_seals (
  position INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL UNIQUE,              -- of the row in opt_out_history
  hash TEXT NOT NULL,                       -- SHA-256 of the hash before it and of the row
  sealed_at TEXT NOT NULL
);
CREATE TRIGGER opt_out_seals_no_update BEFORE UPDATE ON opt_out_seals BEGIN
  SELECT raise(ABORT, 'opt_out_seals is append-only');
END;
CREATE TRIGGER opt_out_seals_no_delete BEFORE DELETE ON opt_out_seals BEGIN
  SELECT raise(ABORT, 'opt_out_seals is append-only');
END;
