"""What leaves as a file, and that the same file brought back changes nothing."""

from datetime import date
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hospitals.actions import values
from hospitals.actions.core import ActionRefusedError
from hospitals.actions.exchange import record_export
from hospitals.exchange.cells import CLEAR, FORMULA_SIGNS
from hospitals.exchange.columns import HEADER
from hospitals.exchange.difference import SAME, plan_rows
from hospitals.exchange.listings import own_listings, public_values
from hospitals.exchange.reading import read_table
from hospitals.exchange.writing import write_csv, write_workbook
from hospitals.models import Claim, Listing
from hospitals.tests.exchange import (
    LISTINGS,
    exported,
    full_listing,
    make_condition,
    rows_of_csv,
    sheet_of,
)
from portal.models import AuditEvent
from portal.tests.fixtures import make_listing, sign_in_staff

pytestmark = pytest.mark.django_db
CANARY = "zqxcanary"
TEXTS = st.one_of(
    st.text(st.sampled_from("'=+-@\t\r\n\"; ,＝ab"), max_size=12),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40),
    st.sampled_from([CLEAR, f"'{CLEAR}", "'=1", '=HYPERLINK("x")', "جراحة\nالأعصاب", "- a\r\n- b"]),
)


@pytest.fixture
def listing(scmc):
    return full_listing(scmc)


@pytest.fixture
def partner(editor):
    return sign_in_staff(editor)


def read_back(hospital, kind) -> list:
    """The plans of our own file."""
    if kind == "csv":
        data = "".join(write_csv(hospital)).encode()
    else:
        file = BytesIO()
        write_workbook(hospital, file)
        data = file.getvalue()
    table = read_table(data)
    return plan_rows(hospital, table.header, table.as_json())


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_own_file_brought_back_changes_nothing(listing, kind):
    make_listing(listing.hospital, "heart")
    plans = read_back(listing.hospital, kind)
    assert [(plan.number, plan.kind, plan.changes) for plan in plans] == [
        (2, SAME, []),
        (3, SAME, []),
    ]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20,
          deadline=None)  # fmt: skip
@given(title=TEXTS, description=TEXTS, said=TEXTS)
def test_any_text_survives_the_way_there_and_back(listing, kind, title, description, said):
    Listing.objects.filter(pk=listing.pk).update(title_pl=title, description_ar=description)
    Claim.objects.filter(listing=listing, kind="price").update(text_zh_hans=said)
    (plan,) = read_back(listing.hospital, kind)
    assert (plan.kind, plan.problems, plan.changes) == (SAME, [], [])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20,
          deadline=None)  # fmt: skip
@given(text=TEXTS)
def test_no_cell_of_an_export_is_a_formula(listing, text):
    Listing.objects.filter(pk=listing.pk).update(description_pl=text, title_ar=text)
    rows = rows_of_csv("".join(write_csv(listing.hospital)).encode())
    assert [
        cell for row in rows for cell in row if cell.lstrip(" ")[:1] in tuple(FORMULA_SIGNS)
    ] == []


def test_workbook_holds_texts_as_texts_and_numbers_as_numbers(partner, listing):
    Listing.objects.filter(pk=listing.pk).update(title_pl="=1+1", description_pl="007")
    sheet = sheet_of(exported(partner, "xlsx"))
    cells = dict(zip(HEADER, sheet[2], strict=True))
    assert {
        name: (cells[name].value, cells[name].data_type)
        for name in ("title_pl", "description_pl", "price_low", "volume_source_title", "is_public")
    } == {
        "title_pl": ("=1+1", "s"),
        "description_pl": ("007", "s"),
        "price_low": (9000, "n"),
        "volume_source_title": ("=Yearbook", "s"),
        "is_public": ("yes", "s"),
    }
    assert cells["title_pl"].quotePrefix
    assert cells["accepting_until"].value.date() == date(2027, 3, 31)
    assert cells["accepting_until"].number_format == "yyyy-mm-dd"
    assert [cell for row in sheet for cell in row if cell.data_type == "f"] == []


def test_csv_has_the_names_of_the_columns_and_a_row_a_listing(partner, listing):
    data = exported(partner)
    assert data[:3] == b"\xef\xbb\xbf"
    header, row = rows_of_csv(data)
    assert tuple(header) == HEADER
    cells = dict(zip(header, row, strict=True))
    assert {name: cells[name] for name in cells if cells[name]} == {
        "hospital": "scmc",
        "specialty": "neurosurgery",
        "title_en": "Brain surgery",
        "title_zh_hans": "小儿神经外科",
        "title_ar": "جراحة الأعصاب",
        "description_en": "'- children under two\n- no emergencies, please; “now”",
        "audience": "children",
        "min_age_years": "0",
        "max_age_years": "17",
        "accepting": "yes",
        "accepting_until": "2027-03-31",
        "is_public": "yes",
        "conditions": "medulloblastoma",
        "volume_low": "120",
        "volume_period_from": "2024",
        "volume_period_to": "2024-12",
        "volume_source_title": "'=Yearbook",
        "volume_source_url": "https://a.example/",
        "volume_source_date": "2025-06",
        "price_low": "9000",
        "price_high": "12000",
        "price_currency": "CNY",
        "price_source_title": "'=Yearbook",
        "price_source_url": "https://a.example/",
        "price_source_date": "2025-06",
        "waiting_text_en": "'+ papers",
        "waiting_low": "7",
        "waiting_high": "14",
        "languages_codes": "zh-hans; en",
    }


def test_texts_are_quoted_in_csv_and_numbers_are_not(partner, listing):
    assert b',"yes",' in exported(partner)
    assert b",9000,12000," in exported(partner)


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("csv", "text/csv; charset=utf-8"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_export_is_a_private_download(partner, listing, kind, content_type):
    answer = partner.get(f"{LISTINGS}export.{kind}")
    assert answer["Content-Type"] == content_type
    assert answer["Content-Disposition"].startswith('attachment; filename="scmc-listings-20')
    assert answer["Content-Disposition"].endswith(f'.{kind}"')
    assert "no-store" in answer["Cache-Control"]


def test_workbook_explains_itself_in_the_readers_language(partner, editor, listing):
    editor.language = "en"
    editor.save()
    data = exported(partner, "xlsx")
    explained = {row[0].value: row[1].value for row in sheet_of(data, "help")}
    assert set(HEADER) <= set(explained)
    assert explained["waiting_low"] == "Waiting time: from (days)"
    keys = [[cell.value for cell in row] for row in sheet_of(data, "keys")]
    assert ["specialty", "neurosurgery", "Neurosurgery"] in keys
    assert ["conditions", "medulloblastoma", "Medulloblastoma"] in keys


def test_reviewer_may_export(reviewer, listing):
    assert len(rows_of_csv(exported(sign_in_staff(reviewer)))) == 2


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_h6_export_holds_own_rows_only(partner, listing, renji, kind):
    foreign = full_listing(renji, "heart", title_en=CANARY, description_pl=CANARY)
    Claim.objects.filter(listing=foreign).update(text_en=CANARY)
    data = exported(partner, kind)
    if kind == "xlsx":
        cells = [cell.value for row in sheet_of(data) for cell in row]
        assert [cell for cell in cells if cell and CANARY in str(cell)] == []
        assert sheet_of(data).max_row == 2
    else:
        assert CANARY.encode() not in data
        assert len(rows_of_csv(data)) == 2


def test_export_leaves_a_trace_without_contents(partner, editor, listing):
    exported(partner, "csv")
    event = AuditEvent.objects.get(action="listing.exported")
    assert (event.actor_label, event.object_label, event.data) == (
        editor.get_username(),
        "scmc",
        {"kind": "csv", "rows": 1},
    )


def test_export_of_another_hospital_is_refused_by_the_action(editor, renji):
    with pytest.raises(ActionRefusedError):
        record_export(by=editor, hospital=renji, kind="csv")
    assert AuditEvent.objects.filter(action="listing.exported").count() == 0


@pytest.mark.parametrize("count", [1, 30])
def test_export_asks_the_same_number_of_questions(scmc, django_assert_num_queries, count):
    full_listing(scmc)
    for number in range(1, count):
        make_listing(scmc, f"specialty-{number}")
    with django_assert_num_queries(6):
        assert len(list(write_csv(scmc))) == count + 2


def test_values_are_those_that_proposals_compare_with(listing):
    """Two readers of the same columns: what one exports, the other must find unchanged."""
    fast = public_values(own_listings(listing.hospital).get())
    slow = values.current(Listing.objects.get(pk=listing.pk), values.LISTING_FIELDS)
    assert {name: fast.get(name) for name in slow} == slow


def test_empty_hospital_exports_the_header(partner):
    assert len(rows_of_csv(exported(partner))) == 1


def test_list_offers_what_the_reader_may_do(partner, reviewer, listing):
    page = partner.get(LISTINGS).text
    ways = [f"{LISTINGS}{way}" for way in ("bulk/", "import/", "export.csv", "export.xlsx")]
    assert [way for way in ways if f'href="{way}"' not in page] == []
    page = sign_in_staff(reviewer).get(LISTINGS).text
    assert [way for way in ways if f'href="{way}"' in page] == ways[2:]


def test_condition_of_the_export_is_known_by_name_too(listing):
    condition = make_condition("leukaemia", "Leukaemia, acute", name_zh_hans="急性白血病")
    assert plan_rows(
        listing.hospital,
        ["specialty", "conditions"],
        [{"number": 2, "cells": ["neurosurgery", "急性白血病; medulloblastoma"], "bad": []}],
    )[0].proposal == {"conditions": [condition.slug, "medulloblastoma"]}
