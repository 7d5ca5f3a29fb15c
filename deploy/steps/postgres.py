"""The machine's own PostgreSQL: a role without rights over others, a database, a quiet log."""

import subprocess

from deploy.steps import values
from deploy.steps.host import USER, Host, StopError

# A failed statement holds what a family wrote, and so does the detail of an error ("Failing row
# contains ..."). Only a superuser may set these, so the portal's own role cannot undo them.
QUIET_LOG = {
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
}
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


def settings_sql(database: str) -> str:
    return "".join(
        f"ALTER DATABASE \"{database}\" SET {name} = '{value}';\n"
        for name, value in QUIET_LOG.items()
    )


def role_sql(role: str = USER) -> str:
    rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    return (
        "DO $$ BEGIN\n"
        f"  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN\n"
        f'    CREATE ROLE "{role}";\n'
        "  END IF;\n"
        "END $$;\n"
        f'ALTER ROLE "{role}" {rights};\n'
    )


class Server:
    """Asked as its superuser; `env` says which server where it is not this machine's own."""

    def __init__(self, host: Host, user: str = "postgres", env: dict | None = None):
        self.host, self.user = host, user
        self.env = {"PGOPTIONS": "-c client_min_messages=warning", **(env or {})}

    def sql(self, text: str, database: str = "postgres") -> str:
        words = ["psql", "--no-psqlrc", "-AtqX", "-v", "ON_ERROR_STOP=1", "-d", database]
        return self.host.output(*words, user=self.user, input=text, env=self.env)

    def has(self, database: str) -> bool:
        return bool(self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{database}';"))

    def make(self, database: str, role: str = USER) -> None:
        """The role and an empty database of its own, unless they are there; and the settings."""
        self.sql(role_sql(role))
        if not self.has(database):
            self.sql(
                f'CREATE DATABASE "{database}" OWNER "{role}" ENCODING \'UTF8\' '
                "LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0;"
            )
        self.sql(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC;\n' + settings_sql(database))

    def drop(self, database: str) -> None:
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE);')

    def rename(self, database: str, other: str) -> None:
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{database}' AND pid <> pg_backend_pid();\n"
            f'ALTER DATABASE "{database}" RENAME TO "{other}";'
        )

    def loud(self, database: str) -> list[str]:
        """The settings by which words could get into the log, as a new connection has them."""
        asked = "".join(f"SHOW {name};\n" for name in QUIET_LOG)
        found = self.sql(asked, database).splitlines()
        return [name for name, value in zip(QUIET_LOG, found, strict=True)
                if value != QUIET_LOG[name]]  # fmt: skip


class Snapshot:
    """One moment of a database, which pg_dump and our counting both see."""

    def __init__(self, host: Host, settings: dict[str, str], user: str):
        self.host, self.user, self.env = host, user, values.postgres(settings)

    def __enter__(self) -> "Snapshot":
        words = ["psql", "--no-psqlrc", "-AtqX", "-v", "ON_ERROR_STOP=1"]
        self.psql = self.host.start(*words, user=self.user, env=self.env)
        (self.name,) = self._ask(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_export_snapshot()"
        )
        return self

    def __exit__(self, *error) -> None:
        self.psql.communicate()

    def _ask(self, sql: str) -> list[str]:
        self.psql.stdin.write(f"{sql};\n\\echo --end--\n")
        self.psql.stdin.flush()
        found = []
        for line in self.psql.stdout:
            if line.rstrip("\n") == "--end--":
                return found
            found.append(line.rstrip("\n"))
        raise StopError("PostgreSQL did not answer to the end.")

    def counts(self) -> dict[str, int]:
        tables = self._ask(TABLES)
        return {name: int(self._ask(f'SELECT count(*) FROM "{name}"')[0]) for name in tables}

    def dump(self, file) -> None:
        words = ["pg_dump", "--format=custom", f"--snapshot={self.name}"]
        self.host.run(*words, user=self.user, env=self.env, stdout=file)


def load(host: Host, settings: dict[str, str], user: str, dump) -> None:
    """A dump into an empty database, as its owner: everything, or nothing and an error."""
    words = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error"]
    env = values.postgres(settings)
    words += ["--single-transaction", "-d", env["PGDATABASE"]]
    host.run(*words, user=user, env=env, stdin=dump)


def check_dump(host: Host, dump) -> None:
    host.run("pg_restore", "--list", stdin=dump, stdout=subprocess.DEVNULL)
