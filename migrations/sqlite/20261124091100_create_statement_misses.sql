-- Statement numbers that were keyed and are none of the agency's, by caller: against guessing. The number itself is not kept.
CREATE TABLE statement_misses (
  cause_id TEXT PRIMARY KEY,                -- the event that brought the digits
  tenant_id TEXT NOT NULL,
  from_phone TEXT NOT NULL,
  at TEXT NOT NULL
);
CREATE INDEX statement_misses_by_caller ON statement_misses (from_phone, at);
