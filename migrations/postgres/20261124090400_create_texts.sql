-- Texts in and out, the opt-out ledger and its history.
CREATE TABLE telnyx_sms_messages (
  message_id TEXT PRIMARY KEY,              -- inbound: Telnyx's id; outbound: ours for ever
  telnyx_message_id TEXT,
  tenant_id TEXT,
  direction TEXT NOT NULL CHECK (direction IN ('IN', 'OUT')),
  from_phone TEXT NOT NULL,
  to_phone TEXT NOT NULL,
  body TEXT NOT NULL,
  status TEXT NOT NULL,
  statement_id TEXT,
  call_control_id TEXT,
  error TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  class TEXT NOT NULL DEFAULT 'other',      -- why it was sent: payment_link, stop_confirmation, help, start_confirmation
  cause_id TEXT,
  asked_at TIMESTAMPTZ,                     -- receipt of the text that this one answers
  request TEXT,                             -- the body sent to Telnyx, byte for byte on every try
  handed_over_at TIMESTAMPTZ,               -- the first commit that set sending
  ambiguous BOOLEAN NOT NULL DEFAULT FALSE, -- a try ended without an answer
  label TEXT,                               -- how an inbound text was read
  rule TEXT,
  review BOOLEAN NOT NULL DEFAULT FALSE,
  gate TEXT                                 -- the gate's last decision, with the ledger row it saw
);
CREATE INDEX telnyx_sms_messages_by_telnyx_id ON telnyx_sms_messages (telnyx_message_id);
CREATE INDEX telnyx_sms_messages_by_numbers ON telnyx_sms_messages (to_phone, from_phone, created_at) WHERE direction = 'OUT';
CREATE INDEX telnyx_sms_messages_by_statement ON telnyx_sms_messages (statement_id);
CREATE INDEX telnyx_sms_messages_by_tenant ON telnyx_sms_messages (tenant_id, created_at);

CREATE TABLE telnyx_opt_outs (
  tenant_id TEXT NOT NULL,
  phone_e164 TEXT NOT NULL,
  opted_out_at TIMESTAMPTZ NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('manual_admin', 'api', 'call', 'import', 'telnyx_block', 'sms_stop')),
  PRIMARY KEY (tenant_id, phone_e164)
);
CREATE INDEX telnyx_opt_outs_by_phone ON telnyx_opt_outs (phone_e164);

-- One row a number: a STOP and a hand-over take it in turn.
CREATE TABLE sms_locks (
  phone_e164 TEXT PRIMARY KEY
);

-- Every change of the ledger, by whatever hand, written by the database itself.
CREATE TABLE opt_out_history (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  phone_e164 TEXT NOT NULL,
  change TEXT NOT NULL CHECK (change IN ('granted', 'changed', 'lifted')),
  opted_out_at TIMESTAMPTZ NOT NULL,        -- of the row as it is after the change; before it where lifted
  source TEXT NOT NULL,
  previous_source TEXT,
  actor TEXT NOT NULL,
  reason TEXT,
  at TIMESTAMPTZ NOT NULL
);
CREATE INDEX opt_out_history_by_number ON opt_out_history (phone_e164, tenant_id, seq);
