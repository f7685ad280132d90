CREATE INDEX telnyx_sms_messages_handed_over ON telnyx_sms_messages (handed_over_at) WHERE handed_over_at IS NOT NULL;
