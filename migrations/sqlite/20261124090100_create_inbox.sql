-- Provider events: the durable inbox and the deduplication guard. Nothing refers to it.
CREATE TABLE telnyx_events (
  event_id TEXT NOT NULL UNIQUE,
  event_type TEXT NOT NULL,
  channel TEXT NOT NULL DEFAULT 'other',    -- the route: voice, sms, fax
  tenant_id TEXT,
  received_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  occurred_at TEXT,
  raw_json TEXT NOT NULL,                  -- cleaned before it is written, see docs/ARCHITECTURE.md
  processed_at TEXT,
  parked_at TEXT,                    -- given up after several tries; last_error says why
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  order_key TEXT,                           -- events with the same key are worked one at a time, oldest first
  due_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  leased_until TEXT,
  leased_by TEXT,
  digits_cleared INTEGER NOT NULL DEFAULT 0,
  stop_pending TEXT,                       -- opt-outs whose ledger row was locked at receipt; the gate reads them
  verified_by TEXT                          -- fingerprint of the key that verified the signature
);
CREATE INDEX telnyx_events_open ON telnyx_events (channel, seq) WHERE processed_at IS NULL AND parked_at IS NULL;
CREATE INDEX telnyx_events_open_by_key ON telnyx_events (order_key, seq) WHERE processed_at IS NULL AND parked_at IS NULL;
CREATE INDEX telnyx_events_by_key ON telnyx_events (order_key);
CREATE INDEX telnyx_events_parked ON telnyx_events (parked_at) WHERE parked_at IS NOT NULL;
CREATE INDEX telnyx_events_received ON telnyx_events (received_at);
CREATE INDEX telnyx_events_stop_pending ON telnyx_events (seq) WHERE stop_pending IS NOT NULL;
CREATE INDEX telnyx_events_leased ON telnyx_events (leased_by) WHERE leased_by IS NOT NULL;
CREATE UNIQUE INDEX telnyx_events_one_lease_a_key ON telnyx_events (order_key) WHERE leased_by IS NOT NULL;

CREATE TABLE stripe_events (
  event_id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  account TEXT,                             -- acct_...; names the agency
  tenant_id TEXT,
  received_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  occurred_at TEXT,
  raw_json TEXT NOT NULL,
  processed_at TEXT,
  parked_at TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  order_key TEXT,
  due_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  leased_until TEXT,
  leased_by TEXT
);
CREATE INDEX stripe_events_open ON stripe_events (seq) WHERE processed_at IS NULL AND parked_at IS NULL;
CREATE INDEX stripe_events_open_by_key ON stripe_events (order_key, seq) WHERE processed_at IS NULL AND parked_at IS NULL;
CREATE INDEX stripe_events_leased ON stripe_events (leased_by) WHERE leased_by IS NOT NULL;
CREATE UNIQUE INDEX stripe_events_one_lease_a_key ON stripe_events (order_key) WHERE leased_by IS NOT NULL;
