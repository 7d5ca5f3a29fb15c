"""Row Z1: who gets which answer at every address, against the one reviewed table."""

import pytest
from django.core.cache import cache
from django.db import transaction

from portal.tests.access_matrix import MATRIX
from portal.tests.cast import CAST, METHODS, Stage
from portal.tests.routes import all_routes

pytestmark = pytest.mark.any_engine


def ask(client, method: str, path: str) -> int:
    """The status alone: whatever the request changed is taken back."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        answer = client.generic(method, path)
        # A file that is given out piece by piece is closed at its end.
        status, _body = answer.status_code, b"".join(answer)
        transaction.set_rollback(True)
    client.cookies = cookies
    cache.clear()
    return status


def expected(row: dict, method: str, who: str) -> int:
    """HEAD is answered like GET; PUT and DELETE are refused to everybody everywhere."""
    if method in ("PUT", "DELETE") and method not in row:
        return 405
    line = row["GET" if method == "HEAD" and method not in row else method]
    return line.get(who, line["others"])


def read(line: str) -> dict:
    """ "302; 200: lead coordinator" as a table by person."""
    first, *parts = line.split(";")
    table = {"others": int(first)}
    for part in parts:
        status, _colon, people = part.partition(":")
        table |= {who: int(status) for who in people.split()}
    return table


TABLE = {
    route: {"GET": read(get), "POST": read(post)}
    | {method: read(line) for more in others for method, line in more.items()}
    for route, (get, post, *others) in MATRIX.items()
}


def test_every_address_is_in_the_table_and_no_other_Z1():
    assert {route.pattern for route in all_routes()} == set(MATRIX)


def test_the_table_names_nobody_who_does_not_exist_Z1():
    named = {who for row in TABLE.values() for line in row.values() for who in line}
    assert named - {"others"} <= set(CAST)


@pytest.mark.parametrize("who", CAST)
def test_answers_are_those_of_the_table_Z1(db, who):
    stage = Stage()
    client = stage.client(who)
    wrong = {}
    for route in all_routes():
        path = stage.path(route)
        for method in METHODS:
            status = ask(client, method, path)
            if status != expected(TABLE[route.pattern], method, who):
                wrong[f"{method} {route.pattern}"] = status
    assert wrong == {}
