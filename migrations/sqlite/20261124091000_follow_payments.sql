-- What became of a payment after its session: refunds, a bank debit under way, and when Stripe is asked next.
ALTER TABLE billing_checkout_sessions ADD COLUMN amount_refunded INTEGER NOT NULL DEFAULT 0; -- cents, the running total
ALTER TABLE billing_checkout_sessions ADD COLUMN debit_pending_since TEXT; -- completed, and a bank debit has yet to settle
ALTER TABLE billing_checkout_sessions ADD COLUMN check_at TEXT;            -- the reconcile asks Stripe then, while it is open
CREATE INDEX billing_checkout_sessions_to_check ON billing_checkout_sessions (check_at) WHERE status = 'open';
