-- The service's login, made once with a fresh database cluster: it owns its database and may create roles, no more.
-- The cluster's first login is a superuser and would be past row-level security.
CREATE ROLE fusion_comms LOGIN CREATEROLE PASSWORD 'trial';
CREATE DATABASE fusion_comms OWNER fusion_comms;
