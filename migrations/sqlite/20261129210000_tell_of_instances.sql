-- What each process of the service tells about itself: that it lives, and what it answered to webhooks, minute by minute.
CREATE TABLE instances (
  name TEXT PRIMARY KEY,                    -- host and port: the same after a restart
  role TEXT NOT NULL CHECK (role IN ('all', 'web', 'worker')),
  version TEXT NOT NULL,
  telnyx_keys TEXT NOT NULL,                -- fingerprints of the keys it takes webhooks by, with commas between
  workers_run BOOLEAN NOT NULL,
  started_at TEXT NOT NULL,
  seen_at TEXT NOT NULL,
  stopped_at TEXT                           -- it ended in order
);

CREATE TABLE webhook_minutes (
  instance TEXT NOT NULL,
  minute TEXT NOT NULL,
  channel TEXT NOT NULL,                    -- voice, sms, fax, stripe
  outcome TEXT NOT NULL,                    -- stored, known, unsigned, stale, wrong_signature, unreadable, failed
  n BIGINT NOT NULL,
  oldest_s BIGINT NOT NULL,                 -- seconds from the event's own time to its arrival, the most of the minute
  PRIMARY KEY (minute, channel, outcome, instance)
);
