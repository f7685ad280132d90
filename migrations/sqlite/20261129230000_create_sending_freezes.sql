-- An agency whose sending is stopped, since a text of its went out after an opt-out or by a person's hand. While a row
-- stands unlifted the gate lets out only what the law asks for: the confirmation of a STOP, the answer to a HELP.
CREATE TABLE sending_freezes (
  freeze_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  frozen_at TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  lifted_at TEXT,                           -- what went out before it has been looked into
  lifted_by TEXT,
  lift_reason TEXT
);
CREATE UNIQUE INDEX sending_freezes_standing ON sending_freezes (tenant_id) WHERE lifted_at IS NULL;
