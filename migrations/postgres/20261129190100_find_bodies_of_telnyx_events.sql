-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS telnyx_events_with_body ON telnyx_events (received_at) WHERE pruned_at IS NULL;
