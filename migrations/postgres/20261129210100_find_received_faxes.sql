-- no-transaction
CREATE INDEX CONCURRENTLY IF NOT EXISTS telnyx_events_received_faxes ON telnyx_events (order_key) WHERE event_type = 'fax.received';
