-- Statements, cases, Checkout Sessions and their short links.
CREATE TABLE billing_statements (
  tenant_id TEXT NOT NULL,
  statement_id TEXT NOT NULL,
  case_id TEXT,
  amount_cents BIGINT NOT NULL,
  currency TEXT NOT NULL DEFAULT 'usd',
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'on_hold', 'paid', 'refunded', 'disputed')),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, statement_id)
);

CREATE TABLE billing_cases (
  case_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  case_number TEXT NOT NULL DEFAULT '',
  statement_id TEXT NOT NULL DEFAULT '',
  run_number TEXT NOT NULL DEFAULT '',
  patient_last TEXT NOT NULL DEFAULT '',
  patient_first TEXT NOT NULL DEFAULT '',
  patient_middle TEXT NOT NULL DEFAULT '',
  patient_suffix TEXT NOT NULL DEFAULT '',
  patient_dob TEXT NOT NULL DEFAULT '',     -- yyyy-mm-dd
  sex TEXT NOT NULL DEFAULT '',
  date_of_service TEXT NOT NULL DEFAULT '', -- yyyy-mm-dd
  payer TEXT NOT NULL DEFAULT '',
  member_id TEXT NOT NULL DEFAULT '',
  payer_claim_number TEXT NOT NULL DEFAULT '',
  pickup_facility TEXT NOT NULL DEFAULT '',
  destination_facility TEXT NOT NULL DEFAULT '',
  hcpcs TEXT NOT NULL DEFAULT '',
  address TEXT NOT NULL DEFAULT '',
  city TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT '',
  zip TEXT NOT NULL DEFAULT '',
  phone TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, case_id)
);

CREATE TABLE billing_checkout_sessions (
  session_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  statement_id TEXT NOT NULL,
  call_control_id TEXT,
  amount_cents BIGINT NOT NULL,
  currency TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'complete', 'expired', 'refunded', 'disputed', 'mismatch')),
  checkout_url TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  completed_at TIMESTAMPTZ,
  account TEXT NOT NULL,                    -- acct_... the session lives on
  reference TEXT NOT NULL UNIQUE,           -- the opaque reference that Stripe knows
  payment_intent TEXT,
  expires_at TIMESTAMPTZ,
  token TEXT NOT NULL UNIQUE                -- of the short link /p/<token>
);
CREATE INDEX billing_checkout_sessions_by_statement ON billing_checkout_sessions (tenant_id, statement_id);
CREATE INDEX billing_checkout_sessions_by_intent ON billing_checkout_sessions (payment_intent);
CREATE INDEX billing_checkout_sessions_by_call ON billing_checkout_sessions (call_control_id);
