"""Many rows at once: an instance of a model for each would cost more than the rows."""

from collections.abc import Iterable

from django.db import connection


def insert(model, columns: list[str], rows: Iterable[tuple]) -> None:
    """Rows as plain tuples of what the database keeps; the key is given by the database.

    Signals and defaults are not asked. PostgreSQL takes them as one stream, which is
    many times faster than statements; every other database as one prepared statement.
    """
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = ", ".join(quote(model._meta.get_field(name).column) for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as stream:
                for row in rows:
                    stream.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            # Table and columns are names of our models, quoted; nobody types them.
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608
