-- A text that an agency begins waits for the person's day: 8 to 20 h.
ALTER TABLE outbox ADD COLUMN held_until TEXT; -- not late until then: it waits on purpose
CREATE TABLE text_templates_of_five_kinds (
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('payment_link', 'stop_confirmation', 'help', 'start_confirmation', 'bill_ready')),
  language TEXT NOT NULL CHECK (language IN ('en', 'es')),
  body TEXT NOT NULL,                       -- with {agency_name}, {phone}, {hours}, {link}; one that breaks the rules is not used
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  PRIMARY KEY (tenant_id, kind, language)
);
INSERT INTO text_templates_of_five_kinds (tenant_id, kind, language, body, updated_at)
  SELECT tenant_id, kind, language, body, updated_at FROM text_templates;
DROP TABLE text_templates;
ALTER TABLE text_templates_of_five_kinds RENAME TO text_templates;
