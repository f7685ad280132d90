-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS stripe_events_with_body ON stripe_events (received_at) WHERE pruned_at IS NULL;
