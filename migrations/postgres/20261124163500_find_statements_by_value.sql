-- A caller may key the zeros before a statement's number or leave them out.
CREATE INDEX billing_statements_by_value ON billing_statements (tenant_id, ltrim(statement_id, '0'));
