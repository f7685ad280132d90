-- What became of a payment after its session: refunds, a bank debit under way, and when Stripe is asked next.
ALTER TABLE billing_checkout_sessions
  ADD COLUMN amount_refunded BIGINT NOT NULL DEFAULT 0, -- cents, the running total
  ADD COLUMN debit_pending_since TIMESTAMPTZ,           -- completed, and a bank debit has yet to settle
  ADD COLUMN check_at TIMESTAMPTZ;                      -- the reconcile asks Stripe then, while it is open
CREATE INDEX billing_checkout_sessions_to_check ON billing_checkout_sessions (check_at) WHERE status = 'open';
