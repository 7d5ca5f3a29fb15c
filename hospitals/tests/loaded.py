"""The pilot directory as the loaders lay it: by them once in a process, then copied.

Each load is as long as some twenty other tests. The loaders themselves are tested with
`load_directory` and `load_conditions`, by nothing that is here.
"""

from django.apps import apps
from django.db import connection, models, transaction

from hospitals.loader import load_directory
from hospitals.loading import load_conditions
from hospitals.models import DirectoryVersion
from portal import audit

# By what was loaded: the statement that fills a table, and its rows, of each table.
_kept: dict[bool, list[tuple[str, list]]] = {}


@transaction.atomic
def lay_directory(*, with_conditions: bool = False) -> None:
    """The rows of a first load; into tables that hold rows already the loaders load anew."""
    if any(model._base_manager.exists() for model in _models()):
        _load(with_conditions)
    elif with_conditions not in _kept:
        _load(with_conditions)
        _kept[with_conditions] = [_read(model) for model in _models()]
    else:
        with connection.cursor() as cursor:
            for statement, rows in _kept[with_conditions]:
                cursor.executemany(statement, rows)
        DirectoryVersion.raise_number()
        audit.record(by=None, action="directory.loaded", obj=DirectoryVersion.objects.get())


def _load(with_conditions: bool) -> None:
    load_directory()
    if with_conditions:
        load_conditions()


def _models() -> list[type[models.Model]]:
    every = apps.get_app_config("hospitals").get_models(include_auto_created=True)
    return [model for model in every if model is not DirectoryVersion]


def _read(model) -> tuple[str, list]:
    fields = model._meta.concrete_fields
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table}")  # noqa: S608  names of our own
        rows = cursor.fetchall()
    # A moment would be that of the first load, not of the test that asks for a copy.
    moments = [at for at, field in enumerate(fields) if isinstance(field, models.DateTimeField)]
    assert not any(row[at] for row in rows for at in moments), table
    marks = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows  # noqa: S608
