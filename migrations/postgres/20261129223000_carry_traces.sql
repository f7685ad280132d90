-- Where an effect stands in a trace (W3C trace context), so that it joins what caused it, whichever process does it.
ALTER TABLE outbox ADD COLUMN trace_parent TEXT;
