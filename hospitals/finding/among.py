"""A column is one of many keys: one text of SQL, however many they are.

With `IN` each number of keys is a new statement to write, to parse and to plan; a search
has up to five hundred of them.
"""

import json
from collections.abc import Iterable

from django.db.models import BooleanField, F, Func


class Among(Func):
    """A condition for `filter`: `Among("entry", keys)`. The keys are whole numbers."""

    output_field = BooleanField()

    def __init__(self, column: str, keys: Iterable[int]):
        super().__init__(F(column))
        self._keys = list(keys)

    def as_sql(self, compiler, connection, **_context):
        column, values = compiler.compile(self.source_expressions[0])
        listed = "(SELECT value FROM json_each(%s))"
        return f"{column} IN {listed}", (*values, json.dumps(self._keys))

    def as_postgresql(self, compiler, connection, **_context):
        column, values = compiler.compile(self.source_expressions[0])
        return f"{column} = ANY(%s::bigint[])", (*values, self._keys)
