-- What the carrier said last of a number.
CREATE INDEX telnyx_sms_messages_failed_to ON telnyx_sms_messages (to_phone, created_at) WHERE direction = 'OUT' AND error IS NOT NULL;
