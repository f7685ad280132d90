-- What the states do not say: why a text was refused within a call, why a transfer failed, which prompt could not be played.
ALTER TABLE telnyx_call_steps ADD COLUMN why TEXT;
