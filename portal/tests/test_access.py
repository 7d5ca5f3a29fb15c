"""One walk over every address for each of the cast; each answer is asked all questions at once.

Z1: the status is that of the one reviewed table. W1, W2: the policy and the headers. A6: pages of
the offices are kept nowhere. W4: looking changes no row but the traces of reading.
"""

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from portal.tests.access_matrix import MATRIX
from portal.tests.cast import CAST, METHODS, Stage
from portal.tests.routes import all_routes, staff_routes
from portal.tests.test_headers import check_headers

pytestmark = pytest.mark.any_engine


# Rows that a reader leaves behind: who read what, and the session itself. The list of papers is
# worked out anew from the directory by whoever looks; nobody says anything by it. A reviewer who
# looks before the copy of a scan is there queues the job that makes it.
TRACES = {
    "portal.auditevent", "sessions.session", "cases.checklistitem",
    "django_tasks_database.dbtaskresult",
}  # fmt: skip
READS = ("GET", "HEAD")


def ask(client, method: str, path: str):
    """The answer with its body read; what another method than a read changed is taken back."""
    if method in READS:
        return finish(client.generic(method, path))
    cookies = client.cookies.copy()
    with transaction.atomic():
        answer = finish(client.generic(method, path))
        transaction.set_rollback(True)
    client.cookies = cookies
    # Pages that were kept of rows that are gone again.
    cache.clear()
    return answer


def finish(answer):
    """A file that is given out piece by piece is closed at its end."""
    for _piece in answer:
        pass
    return answer


def rows() -> dict:
    """Every row of every table but the traces of reading."""
    return {
        model._meta.label_lower: sorted(map(str, model.objects.order_by().values_list()))
        for model in apps.get_models()
        if model._meta.label_lower not in TRACES
    }


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
def test_every_answer_is_as_it_should_be_Z1_W1_W2_W4_A6(db, who):
    stage = Stage()
    client = stage.client(who)
    # The first page of a new day counts the session as seen.
    client.get("/office/")
    before, wrong = rows(), []
    for route in all_routes():
        for method in READS:
            wrong += faults(route, method, who, ask(client, method, stage.path(route)))
    assert wrong == []
    assert rows() == before
    for route in all_routes():
        for method in METHODS:
            if method not in READS:
                wrong += faults(route, method, who, ask(client, method, stage.path(route)))
    assert wrong == []


def faults(route, method: str, who: str, answer) -> list[str]:
    """All that is wrong with one answer."""
    found = []
    if answer.status_code != expected(TABLE[route.pattern], method, who):
        found.append(f"{method} {route.pattern}: {answer.status_code}")
    # Only what may be read is for everybody's pages.
    check_headers(answer, route if method in READS else f"{method} {route.pattern}")
    kept = answer.headers.get("Cache-Control", "")
    is_left_out = "logout" in route.pattern or (method in ("PUT", "DELETE"))
    if route.site and not is_left_out and not {"no-store", "private"} <= set(words_of(kept)):
        found.append(f"{method} {route.pattern}: {kept}")
    return found


def words_of(header: str) -> list[str]:
    return [word.strip() for word in header.split(",")]


@pytest.mark.parametrize("who", ["lead", "editor", "auditor", "administrator", "nobody"])
def test_pages_of_what_is_not_there_are_kept_nowhere_A6(db, who):
    """Pages of objects that do not exist, and what is refused for want of a token."""
    client = Stage().client(who)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    for route in staff_routes():
        if "logout" in route.pattern:
            continue
        refused = strict.post(route.path())
        for answer in (client.get(route.path()), refused):
            assert {"no-store", "private"} <= set(words_of(answer["Cache-Control"])), route
        assert refused.status_code == 403, route
