-- As telnyx_keys, for the signing secrets of Stripe's webhooks. NULL: told by an older program.
ALTER TABLE instances ADD COLUMN stripe_secrets TEXT;
