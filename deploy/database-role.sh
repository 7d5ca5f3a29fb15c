#!/bin/sh
# Run once by PostgreSQL's container on an empty volume: the portal's role without rights over
# others, its database, and a log that holds nothing of what families write.
set -eu
: "${PORTAL_PASSWORD:?is missing in database.env}"
# The password is read by psql itself: no command line holds it.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv password PORTAL_PASSWORD
CREATE ROLE portal LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
    PASSWORD :'password';
CREATE DATABASE portal OWNER portal ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'
    TEMPLATE template0;
REVOKE ALL ON DATABASE portal FROM PUBLIC;
ALTER DATABASE portal SET log_min_error_statement = 'panic';
ALTER DATABASE portal SET log_error_verbosity = 'terse';
ALTER DATABASE portal SET log_parameter_max_length = '0';
ALTER DATABASE portal SET log_parameter_max_length_on_error = '0';
ALTER DATABASE portal SET log_statement = 'none';
ALTER DATABASE portal SET log_min_duration_statement = '-1';
ALTER DATABASE portal SET log_min_duration_sample = '-1';
ALTER DATABASE portal SET log_transaction_sample_rate = '0';
SQL
