-- An agency's own wordings of its texts, by kind and language; where there is none, ours serves.
CREATE TABLE text_templates (
  tenant_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('payment_link', 'stop_confirmation', 'help', 'start_confirmation')),
  language TEXT NOT NULL CHECK (language IN ('en', 'es')),
  body TEXT NOT NULL,                       -- with {agency_name}, {phone}, {hours}, {link}; one that breaks the rules is not used
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  PRIMARY KEY (tenant_id, kind, language)
);
