-- no-transaction
DROP INDEX CONCURRENTLY IF EXISTS telnyx_events_by_key;
