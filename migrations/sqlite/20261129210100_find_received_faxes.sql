-- Every event wrote into an index of its key, of which only a fax's first event was ever looked for.
CREATE INDEX telnyx_events_received_faxes ON telnyx_events (order_key) WHERE event_type = 'fax.received';
DROP INDEX telnyx_events_by_key;
