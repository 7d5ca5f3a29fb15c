"""Bad input, counted: a clear answer, nothing changed, no question for every row.

How long the largest files take is measured by `make bench-exchange`.
"""

import resource
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook

from hospitals.exchange.columns import HEADER
from hospitals.exchange.reading import MAX_ROWS
from hospitals.models import ImportDraft, Listing, Revision, Specialty
from hospitals.tests.exchange import (
    IMPORT,
    as_csv,
    as_xlsx,
    full_listing,
    problem,
    replace_part,
    saved,
    upload,
    zip_of,
)
from portal.tests.fixtures import make_listing, sign_in_staff

pytestmark = pytest.mark.django_db
SHEET_PART = "xl/worksheets/sheet1.xml"
MEGABYTES = 100
# What a page of this site asks for its own frame, its reader and what they may do.
FRAME_QUERIES = 12
# A listing of the file against the one that is there: they grow with its rows, no faster.
READS_A_ROW, WRITES_A_ROW = 26, 35


@pytest.fixture
def listing(scmc):
    return full_listing(scmc)


@pytest.fixture
def partner(editor, listing):
    editor.language = "en"
    editor.save()
    client = sign_in_staff(editor)
    # The first answer of a process compiles templates and reads catalogues.
    client.get(IMPORT)
    return client


def long_csv(rows: int) -> bytes:
    return b"specialty,title_pl\n" + b"neurosurgery,Guz\n" * rows


def long_xlsx(rows: int) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("listings")
    sheet.append(["specialty", "title_pl"])
    for number in range(rows):
        sheet.append(["neurosurgery", f"Guz {number}"])
    return saved(book)


def many_styles() -> bytes:
    styles = b"<styleSheet>" + b"<xf/>" * 25_000 + b"</styleSheet>"
    return replace_part(as_xlsx(["specialty"], ["a"]), "xl/styles.xml", lambda _part: styles)


BAD_FILES = {
    "100,000 rows": (lambda: long_csv(100_000), "The file has more than 2000 rows."),
    "more than 5 MB": (lambda: long_csv(400_000), "The file is larger than 5 MB."),
    "a workbook of 100,000 rows": (lambda: long_xlsx(100_000), "The file has more than 2000 rows."),
    "one line of 5 MB": (lambda: b"specialty," + b"x" * 4_900_000, "The first row is far too long"),
    "5 MB of quotation marks": (lambda: b'specialty\n"' + b'""' * 2_400_000, "Near row 2"),
    "a million separators": (lambda: b"," * 4_000_000, "The first row is far too long"),
    "the wrong encoding": (
        lambda: ("specialty,title_pl\n" + "neurosurgery,żółć\n" * 100_000).encode("cp1250"),
        "We cannot tell how the letters",
    ),
    "a zip bomb": (lambda: zip_of({SHEET_PART: b" " * 60_000_000}), "This workbook holds far more"),
    "a bomb of styles": (many_styles, "This workbook holds far more"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_answered_clearly_at_once_and_changes_nothing(partner, name):
    make, words = BAD_FILES[name]
    data = make()
    before = peak()
    with CaptureQueriesContext(connection) as asked:
        page = upload(partner, data)
    grown = peak() - before
    assert problem(page).startswith(words)
    assert (ImportDraft.objects.count(), Revision.objects.count()) == (0, 0)
    assert len(asked) <= FRAME_QUERIES
    assert grown < MEGABYTES


def peak() -> float:
    """Of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def wide_rows(count: int) -> list[list[str]]:
    """As many rows and columns as are allowed, each with something to say about it."""
    filled = ["neurosurgery" if name == "specialty" else "x" for name in HEADER[1:]]
    return [list(HEADER[1:]), *([filled] * count)]


def count_queries(partner, data: bytes, name: str, rows: int) -> int:
    """Upload a file whose every row is wrong; return how often the database was asked."""
    with CaptureQueriesContext(connection) as asked:
        page = upload(partner, data, name)
    assert len(page.context["wrong"]) == rows
    return len(asked)


def test_largest_file_asks_no_more_than_a_small_one(partner):
    small = count_queries(partner, as_csv(*wide_rows(2)), "listings.csv", 2)
    assert count_queries(partner, as_csv(*wide_rows(MAX_ROWS)), "listings.csv", MAX_ROWS) == small


def test_workbook_at_the_limit_of_tags_asks_no_more_than_a_small_one(partner):
    small = count_queries(partner, as_xlsx(*wide_rows(2)), "listings.xlsx", 2)
    assert count_queries(partner, as_xlsx(*wide_rows(230)), "listings.xlsx", 230) == small


def test_workbook_above_the_limit_of_tags_is_refused_before_it_is_read(partner):
    page = upload(partner, as_xlsx(*wide_rows(260)), "listings.xlsx")
    assert problem(page).startswith("This workbook holds far more than a table")


def test_every_specialty_at_once_is_shown_and_sent(partner, listing, editor):
    for number in range(72):
        make_listing(listing.hospital, f"specialty-{number}")
    slugs = Specialty.objects.values_list("slug", flat=True)
    names = ["specialty", "title_pl", "description_pl", "price_low", "price_currency"]
    data = as_csv(names, *([slug, "Tytuł", "Opis", "5", "CNY"] for slug in slugs))
    with CaptureQueriesContext(connection) as to_show:
        page = upload(partner, data)
    seen = [row["seen"] for row in page.context["rows"]]
    draft = ImportDraft.objects.get()
    with CaptureQueriesContext(connection) as to_send:
        partner.post(f"{IMPORT}{draft.pk}/send/", {"seen": seen})
    assert Revision.objects.pending().count() == 73
    assert len(to_show) <= 2 * FRAME_QUERIES + READS_A_ROW * 73
    assert len(to_send) <= 2 * FRAME_QUERIES + WRITES_A_ROW * 73


@pytest.mark.django_db(transaction=True)
def test_r3_ten_clicks_at_once_send_once(partner, editor, listing):
    heart = make_listing(listing.hospital, "heart")
    upload(partner, as_csv(["specialty", "title_pl"], ["neurosurgery", "A"], ["heart", "B"]))
    draft = ImportDraft.objects.get()
    clients = [sign_in_staff(editor) for _number in range(10)]
    barrier = Barrier(len(clients))

    def click(client):
        barrier.wait(timeout=30)
        try:
            answer = client.post(f"{IMPORT}{draft.pk}/send/", {"seen": ["2:1:", "3:1:"]})
            return answer.status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        assert set(pool.map(click, clients)) == {302}
    pending = Revision.objects.values_list("listing", flat=True)
    assert sorted(pending) == sorted([listing.pk, heart.pk])
    assert ImportDraft.objects.count() == 0
    assert Listing.objects.filter(version=1).count() == 2
