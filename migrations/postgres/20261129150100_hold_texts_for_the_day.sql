-- A text that an agency begins waits for the person's day: 8 to 20 h.
ALTER TABLE outbox ADD COLUMN held_until TIMESTAMPTZ; -- not late until then: it waits on purpose
ALTER TABLE text_templates DROP CONSTRAINT text_templates_kind_check;
ALTER TABLE text_templates ADD CONSTRAINT text_templates_kind_check
  CHECK (kind IN ('payment_link', 'stop_confirmation', 'help', 'start_confirmation', 'bill_ready'));
