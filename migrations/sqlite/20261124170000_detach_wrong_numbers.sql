-- "Wrong number": the number is no more texted about that statement, also after a START.
CREATE TABLE billing_wrong_numbers (
  tenant_id TEXT NOT NULL,
  statement_id TEXT NOT NULL,
  phone_e164 TEXT NOT NULL,
  told_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
  PRIMARY KEY (tenant_id, statement_id, phone_e164)
);
