-- Calls and the steps they took. A step is applied once per cause, whatever happens to telnyx_events.
CREATE TABLE telnyx_calls (
  call_control_id TEXT PRIMARY KEY,
  tenant_id TEXT,
  from_phone TEXT,                          -- as the carrier sent it: a number, a SIP URI, anonymous
  to_phone TEXT,
  state TEXT NOT NULL,
  statement_id TEXT,
  sms_phone TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,      -- misses in this state
  deadline_at TIMESTAMPTZ,                  -- when the present wait leads on by itself
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  session_id TEXT,                          -- Telnyx call_session_id: shared by both legs of a transfer
  phase JSONB NOT NULL DEFAULT '"ended"',   -- what is awaited within the state
  step INTEGER NOT NULL DEFAULT 0,          -- counts the waits; travels in client_state
  prompts INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX telnyx_calls_by_session ON telnyx_calls (session_id);
CREATE INDEX telnyx_calls_deadline ON telnyx_calls (deadline_at) WHERE deadline_at IS NOT NULL;
CREATE INDEX telnyx_calls_by_tenant ON telnyx_calls (tenant_id, created_at);

CREATE TABLE telnyx_call_steps (
  call_control_id TEXT NOT NULL,
  cause_id TEXT NOT NULL,
  from_state TEXT,
  to_state TEXT NOT NULL,
  at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (call_control_id, cause_id)
);

-- What a person of the agency should look at.
CREATE TABLE agency_tasks (
  task_id TEXT PRIMARY KEY,                 -- UUIDv5 of the cause
  tenant_id TEXT,
  kind TEXT NOT NULL,                       -- call_back, link_not_sent, text_to_read, fax_unassigned
  subject TEXT NOT NULL,                    -- id of the call, message or fax
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  done_at TIMESTAMPTZ
);
CREATE INDEX agency_tasks_open ON agency_tasks (tenant_id, created_at) WHERE done_at IS NULL;
