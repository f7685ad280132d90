-- Whether an agency's phone menu has a key that stops texts to the caller's number.
ALTER TABLE tenants ADD COLUMN opt_out_key INTEGER NOT NULL DEFAULT 0;
