-- The opt-out history chained by hash, shortly after each row was written: a changed, missing or reordered row shows.
-- Positions are the order of sealing, not of `seq`: a row may be committed after one with a higher number.
CREATE TABLE opt_out_seals (
  position BIGINT PRIMARY KEY,
  seq BIGINT NOT NULL UNIQUE,               -- of the row in opt_out_history
  hash TEXT NOT NULL,                       -- SHA-256 of the hash before it and of the row
  sealed_at TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER opt_out_seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON opt_out_seals
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON opt_out_seals TO fusion_comms_service;
