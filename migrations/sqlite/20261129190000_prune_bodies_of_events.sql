-- Bodies of worked events are not kept for ever; their keys are, longer: they tell repeats.
ALTER TABLE telnyx_events ADD COLUMN pruned_at TEXT;
ALTER TABLE stripe_events ADD COLUMN pruned_at TEXT;
