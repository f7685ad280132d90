-- Where an agency wants two people for lifting an opt-out by hand: what one has asked for and another may lift. At most
-- one request stands for a number.
ALTER TABLE tenants ADD COLUMN lift_by_two INTEGER NOT NULL DEFAULT 0;

CREATE TABLE lift_requests (
  tenant_id TEXT NOT NULL,
  phone_e164 TEXT NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  requested_at TEXT NOT NULL,
  PRIMARY KEY (tenant_id, phone_e164)
);
