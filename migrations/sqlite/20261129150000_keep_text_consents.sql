-- Consent to texts that an agency begins: given, by what, and who noted it. Appended to only: what takes consent back is an
-- opt-out, and a consent older than any opt-out of agency and number counts for nothing.
CREATE TABLE text_consents (
  consent_id TEXT PRIMARY KEY,              -- derived from its cause, so that a repeat adds nothing
  tenant_id TEXT NOT NULL,
  phone_e164 TEXT NOT NULL,
  given_at TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('given_number', 'written', 'spoken', 'start_text')),
  evidence TEXT NOT NULL,                   -- where it can be looked up: a form, a recording, the event of a text
  actor TEXT NOT NULL,
  recorded_at TEXT NOT NULL
);
CREATE INDEX text_consents_by_number ON text_consents (phone_e164, tenant_id, given_at);
