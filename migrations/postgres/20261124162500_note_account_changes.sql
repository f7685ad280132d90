-- Since when an agency has its connected account: an older "deauthorized" that comes late does not take it away again.
ALTER TABLE tenants ADD COLUMN stripe_account_set_at TIMESTAMPTZ;
