-- Effects owed to the outside world, written in the transaction that decided them.
CREATE TABLE outbox (
  effect_id TEXT NOT NULL UNIQUE,               -- UUIDv5 of the cause and the place in the step
  lane TEXT NOT NULL,                       -- voice, link, sms, fax: each has its own workers
  kind TEXT NOT NULL,
  order_key TEXT NOT NULL,                  -- effects with the same key are done one at a time, in order
  cause_id TEXT NOT NULL,                   -- event, deadline or effect that caused it
  tenant_id TEXT,
  payload TEXT NOT NULL,                   -- what to do; request bodies are frozen text within it
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  expires_at TEXT,                   -- given up after this, and shown to a person
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  due_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  leased_until TEXT,
  leased_by TEXT,
  done_at TEXT,
  parked_at TEXT
);
CREATE INDEX outbox_open ON outbox (lane, seq) WHERE done_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_open_by_key ON outbox (order_key, seq) WHERE done_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_by_cause ON outbox (cause_id);
CREATE INDEX outbox_parked ON outbox (parked_at) WHERE parked_at IS NOT NULL;
CREATE INDEX outbox_leased ON outbox (leased_by) WHERE leased_by IS NOT NULL;

-- The queue where there is no SQS: classify work for faxes.
CREATE TABLE queue_messages (
  message_id TEXT PRIMARY KEY,
  body TEXT NOT NULL,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  visible_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  receive_count INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX queue_messages_visible ON queue_messages (visible_at);
