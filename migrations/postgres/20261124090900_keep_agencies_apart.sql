-- Group roles and row-level security: an agency's rows are seen by it and by the service, by nobody else.
-- Roles belong to the whole cluster, so two migrations at once may meet here: whoever comes second tries again.
DO $$
DECLARE
  role_name TEXT;
  tries INTEGER := 0;
BEGIN
  LOOP
    BEGIN
      FOREACH role_name IN ARRAY ARRAY['fusion_comms_tenant', 'fusion_comms_service'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role_name) THEN
          EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
        -- From PostgreSQL 16 on the creator is a member who may grant, yet neither has the role's rights nor may take
        -- it. A superuser has every right without being a member.
        IF NOT pg_has_role(current_user, role_name, 'USAGE')
          OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
          EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
        END IF;
      END LOOP;
      EXIT;
    EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN
      tries := tries + 1;
      IF tries > 50 THEN RAISE; END IF;
      PERFORM pg_sleep(0.05);
    END;
  END LOOP;
END $$;

-- A setting that was local to an earlier transaction is empty, not NULL: an empty name is no agency's.
DO $$
DECLARE
  t TEXT;
BEGIN
  FOREACH t IN ARRAY ARRAY[
    'tenant_phone_numbers', 'telnyx_events', 'stripe_events', 'outbox', 'telnyx_calls', 'agency_tasks',
    'telnyx_sms_messages', 'telnyx_opt_outs', 'opt_out_history', 'fax_documents',
    'billing_statements', 'billing_cases', 'billing_checkout_sessions', 'audit_log']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY service_sees_all ON %I TO fusion_comms_service USING (true) WITH CHECK (true)', t);
    EXECUTE format($p$CREATE POLICY tenant_sees_own ON %I TO fusion_comms_tenant
      USING (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
      WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), ''))$p$, t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO fusion_comms_tenant', t);
  END LOOP;
END $$;

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY service_sees_all ON tenants TO fusion_comms_service USING (true) WITH CHECK (true);
CREATE POLICY tenant_sees_own ON tenants TO fusion_comms_tenant
  USING (id = nullif(current_setting('app.tenant_id', true), '')) WITH CHECK (id = nullif(current_setting('app.tenant_id', true), ''));
GRANT SELECT, UPDATE ON tenants TO fusion_comms_tenant;

-- Steps carry no agency of their own: they are seen with their call.
ALTER TABLE telnyx_call_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE telnyx_call_steps FORCE ROW LEVEL SECURITY;
CREATE POLICY service_sees_all ON telnyx_call_steps TO fusion_comms_service USING (true) WITH CHECK (true);
CREATE POLICY tenant_sees_own ON telnyx_call_steps FOR SELECT TO fusion_comms_tenant
  USING (EXISTS (SELECT 1 FROM telnyx_calls c WHERE c.call_control_id = telnyx_call_steps.call_control_id));
GRANT SELECT ON telnyx_call_steps TO fusion_comms_tenant;

-- Histories are written by triggers and by the service: an agency reads its own and appends nothing to the opt-out history.
REVOKE INSERT, UPDATE, DELETE ON opt_out_history FROM fusion_comms_tenant;
REVOKE UPDATE, DELETE ON audit_log FROM fusion_comms_tenant;

-- Operators' logins are members of this role.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO fusion_comms_service;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO fusion_comms_service, fusion_comms_tenant;
