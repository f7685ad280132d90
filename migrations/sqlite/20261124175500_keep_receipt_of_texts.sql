-- When Telnyx received a text: an opt-out that a person reads in it counts from then. NULL before this change.
ALTER TABLE telnyx_sms_messages ADD COLUMN received_at TEXT;
-- What a person wrote, for the thread and for a later START.
CREATE INDEX telnyx_sms_messages_from ON telnyx_sms_messages (from_phone, created_at) WHERE direction = 'IN';
-- The tasks of one text.
CREATE INDEX agency_tasks_by_subject ON agency_tasks (subject);
