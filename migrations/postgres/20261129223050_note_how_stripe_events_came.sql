-- As for Telnyx: `backfill` where the event was asked for, since its webhook never came. NULL: by a webhook.
ALTER TABLE stripe_events ADD COLUMN verified_by TEXT;
