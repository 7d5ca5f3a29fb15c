"""The test databases: migrated once for a whole run, copied for every process of it.

Migrations take as long as hundreds of tests. The first process that needs a database migrates
a template, the others wait for it; TEST_TEMPLATES is a folder of the run, so nothing here outlives
a change of the code. Without it a process makes its own.
"""

import fcntl
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

TEMPLATE = "template_of_tests"
WRITTEN_BY_MIGRATING = {"auth_permission", "django_content_type"}


@pytest.fixture(scope="session")
def django_db_setup(
    request, django_test_environment, django_db_blocker, django_db_modify_db_settings
):
    """In place of pytest-django's: the same database, from the template."""
    from django.db import connection
    from django.test import TransactionTestCase
    from django.test.utils import setup_databases, teardown_databases

    TransactionTestCase._fixture_teardown = empty_tables
    with django_db_blocker.unblock():
        copy_template(connection, Path(os.environ["TEST_TEMPLATES"]))
        # Finds nothing to migrate.
        made = setup_databases(verbosity=0, interactive=False, keepdb=True, serialized_aliases=[])
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            _drop_on_server(connection)
        else:
            teardown_databases(made, verbosity=0)


def empty_tables(_case) -> None:
    """After a test that committed. Django's own way asks for every table, whether it has rows or
    not, and writes anew what comes with migrating: seconds on a server.
    """
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for name in connection.introspection.django_table_names(only_existing=True):
            table = connection.ops.quote_name(name)
            cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608  names of our own
            if name not in WRITTEN_BY_MIGRATING and cursor.fetchone():
                # Foreign keys are asked at the end, when all of it is gone.
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608


def copy_template(connection, folder: Path) -> None:
    """Lays a migrated database where this process expects its own."""
    folder.mkdir(parents=True, exist_ok=True)
    name = connection.creation._get_test_db_name()
    with _alone(folder):
        ready = folder / f"{connection.vendor}.ready"
        if not ready.exists():
            _migrate(connection, _template_name(connection, folder))
            ready.touch()
        COPY[connection.vendor](connection, _template_name(connection, folder), name)


@contextmanager
def _alone(folder: Path):
    """One process of the run at a time; the lock goes with a process that dies."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _template_name(connection, folder: Path) -> str:
    # A server keeps no files: what a run before has left there is made anew.
    return str(folder / TEMPLATE) if connection.vendor == "sqlite" else TEMPLATE


def _migrate(connection, name: str) -> None:
    from django.conf import settings

    own = settings.DATABASES["default"]["NAME"], connection.settings_dict["TEST"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        # The last to leave: SQLite's log goes into the file, and a server copies it.
        connection.close()
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = own[0]
        connection.settings_dict["TEST"]["NAME"] = own[1]


def _copy_file(connection, template: str, name: str) -> None:
    shutil.copyfile(template, name)


def _copy_on_server(connection, template: str, name: str) -> None:
    quote = connection.ops.quote_name
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quote(name)} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {quote(name)} TEMPLATE {quote(template)}")


def _drop_on_server(connection) -> None:
    """By force: a thread of the live server may still be closing its connection."""
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    connection.close()
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


COPY = {"sqlite": _copy_file, "postgresql": _copy_on_server}
