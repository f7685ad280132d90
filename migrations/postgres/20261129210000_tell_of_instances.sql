-- What each process of the service tells about itself: that it lives, and what it answered to webhooks, minute by minute.
-- Of no agency, and read by the service and the operators only.
CREATE TABLE instances (
  name TEXT PRIMARY KEY,                    -- host and port: the same after a restart
  role TEXT NOT NULL CHECK (role IN ('all', 'web', 'worker')),
  version TEXT NOT NULL,
  telnyx_keys TEXT NOT NULL,                -- fingerprints of the keys it takes webhooks by, with commas between
  workers_run BOOLEAN NOT NULL,
  started_at TIMESTAMPTZ NOT NULL,
  seen_at TIMESTAMPTZ NOT NULL,
  stopped_at TIMESTAMPTZ                    -- it ended in order
);

CREATE TABLE webhook_minutes (
  instance TEXT NOT NULL,
  minute TIMESTAMPTZ NOT NULL,
  channel TEXT NOT NULL,                    -- voice, sms, fax, stripe
  outcome TEXT NOT NULL,                    -- stored, known, unsigned, stale, wrong_signature, unreadable, failed
  n BIGINT NOT NULL,
  oldest_s BIGINT NOT NULL,                 -- seconds from the event's own time to its arrival, the most of the minute
  PRIMARY KEY (minute, channel, outcome, instance)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON instances, webhook_minutes TO fusion_comms_service;
