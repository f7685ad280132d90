-- Agencies, the numbers they own, and what the service knows of its own schema.
CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  billing_contact_phone TEXT NOT NULL,      -- E.164; where callers are transferred, what HELP names
  stripe_connected_account_id TEXT,         -- acct_...; payments need it
  timezone TEXT NOT NULL DEFAULT 'America/New_York',
  messaging_profile_id TEXT,                -- Telnyx; NULL shares the default profile
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
);
CREATE INDEX tenants_by_account ON tenants (stripe_connected_account_id);

CREATE TABLE tenant_phone_numbers (
  phone_e164 TEXT NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ('billing_voice', 'billing_sms', 'billing_fax')),
  tenant_id TEXT NOT NULL,
  forward_to_phone_e164 TEXT,               -- where callers of this number are transferred
  PRIMARY KEY (phone_e164, purpose, tenant_id)
);
CREATE INDEX tenant_phone_numbers_by_tenant ON tenant_phone_numbers (tenant_id, purpose);

-- A newer schema names here the oldest program version that may still run on it.
CREATE TABLE schema_minimum (
  only_row INTEGER PRIMARY KEY DEFAULT 1 CHECK (only_row = 1),
  version INTEGER NOT NULL
);
INSERT INTO schema_minimum (version) VALUES (20261124090000);
