"""The audit says which pages it has not seen."""

from portal.tests.access_matrix import MATRIX
from tools.audit import unseen

CASE = "case/SH-2345-6789"
PAPER = "0b53aa8f-e4ce-49dc-8e66-4bc2f682ea00"


def test_an_address_is_seen_in_any_language_whatever_its_parts():
    paths = {f"ar/{CASE}/", f"pl/{CASE}/papers/{PAPER}/look/", "zh-hans/hospitals/scmc/"}
    ways = {
        "en/case/<str:reference>/",
        "en/case/<str:reference>/papers/<uuid:record_id>/look/",
        "en/hospitals/<slug:slug>/",
    }
    assert set(unseen(set())) - set(unseen(paths)) == ways


def test_a_page_below_another_is_not_taken_for_it():
    assert "en/hospitals/" in unseen({"en/hospitals/scmc/"})
    assert "en/case/<str:reference>/papers/photos/" in unseen({f"en/{CASE}/papers/"})


def test_what_only_forms_and_programs_ask_for_is_no_page():
    ways = unseen(set())
    assert "en/case/<str:reference>/stay/" in MATRIX
    assert "en/case/<str:reference>/stay/" not in ways
    assert "en/hospitals/suggest/" not in ways
    assert "readyz" not in ways
