"""Which papers a case wants: our own table by specialty, and what hospitals say themselves."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from cases import actions
from cases.checklist import table
from cases.checklist.papers import HELP, ItemState, PaperCode, Said
from cases.checklist.table import default_papers
from cases.models import Case, ChecklistItem
from cases.wanted import wanted_for
from hospitals.choices import Area, ClaimKind, RecordKind
from hospitals.tests.claims import make_claim, make_condition, make_source
from hospitals.tests.finding import index_curated
from portal.tests.fixtures import make_hospital, make_listing

LANGUAGES = [code for code, _name in settings.LANGUAGES]
DATA = Path(settings.BASE_DIR) / "hospitals/data/specialties.json"
SPECIALTIES = [(row["slug"], row["area"]) for row in json.loads(DATA.read_text("utf-8"))]
P = PaperCode


def codes_of(case) -> list[tuple]:
    return list(case.checklist.values_list("code", "is_needed"))


def ask_about(case, **fields) -> Case:
    """A case read anew, whose inquiry says this."""
    inquiry = case.inquiry
    for name, value in fields.items():
        setattr(inquiry, name, value)
    inquiry.save()
    return Case.objects.get(pk=case.pk)


@pytest.fixture
def tumour(db):
    """A condition of children's liver tumours, which two hospitals list."""
    hospitals = [make_hospital("scmc", type="paediatric"), make_hospital("renji")]
    listings = [make_listing(hospital, "childrens-liver-tumours") for hospital in hospitals]
    listings[0].specialty.area = Area.CANCER
    listings[0].specialty.save()
    make_condition("hepatoblastoma", "childrens-liver-tumours", audience="children")
    return listings


# --- the table ---


@pytest.mark.parametrize(("slug", "area"), SPECIALTIES)
@pytest.mark.parametrize("is_child", [True, False])
def test_every_specialty_of_the_data_has_a_list(slug, area, is_child):
    papers = default_papers(slug, area, is_child=is_child)
    assert papers.needed[0] == P.SUMMARY and P.MEDICINES in papers.needed
    assert len(papers.needed) > 2
    assert len(set(papers.codes)) == len(papers.codes)
    assert {P.GROWTH, P.VACCINES} <= set(papers.codes) or not is_child


def test_every_area_has_a_row_and_every_exception_a_specialty():
    assert set(table.BY_AREA) == set(Area)
    assert set(table.BY_SPECIALTY) <= {slug for slug, _area in SPECIALTIES}


def test_a_tumour_wants_tissue_and_images_and_a_broken_bone_does_not():
    cancer = default_papers("childhood-cancer", "cancer").needed
    assert {P.PATHOLOGY, P.IMAGING, P.TREATMENT} <= set(cancer)
    assert P.PATHOLOGY not in default_papers("orthopaedics", "bones").codes


def test_what_nobody_knows_gets_the_general_list():
    assert default_papers() == default_papers("no-such-specialty", "no-such-area")
    assert default_papers().needed == (P.SUMMARY, P.LAB, P.MEDICINES)


def test_our_codes_cover_what_hospitals_may_ask_for():
    own = dict(P.choices)
    assert {value: own.get(value) for value in RecordKind.values} == dict(RecordKind.choices)
    assert max(len(code) for code in P.values) <= 16


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_paper_and_state_has_words(language):
    with override(language):
        assert set(HELP) == set(P)
        for code in P:
            assert all((str(code.label), str(HELP[code].why), str(HELP[code].how)))
        assert all(str(one.label) for one in (*ItemState, *Said))


# --- ours or a hospital's ---


def test_without_a_hospital_and_a_condition_the_list_is_ours(case):
    wanted = wanted_for(case)
    assert wanted.claims == ()
    assert wanted.papers == default_papers(is_child=True)


def test_the_list_is_ours_by_the_specialty_of_the_condition(case, tumour):
    case = ask_about(case, condition="hepatoblastoma")
    wanted = wanted_for(case)
    assert wanted.papers == default_papers("childrens-liver-tumours", "cancer", is_child=True)


def test_free_words_find_the_condition_when_none_was_chosen(case, tumour):
    index_curated()
    case = ask_about(case, diagnosis="Hepatoblastoma", condition="")
    assert wanted_for(case).papers == default_papers(
        "childrens-liver-tumours", "cancer", is_child=True
    )


def test_words_that_nobody_knows_lead_to_the_general_list(case, tumour):
    index_curated()
    case = ask_about(case, diagnosis="zzqq xxvv", condition="")
    assert wanted_for(case).papers == default_papers(is_child=True)


def test_the_problem_in_own_words_counts_when_it_is_plain(case, tumour):
    index_curated()
    plain = ask_about(case, diagnosis="", problem="Hepatoblastoma")
    assert P.PATHOLOGY in wanted_for(plain).papers.needed
    long = "We do not know. It began in May after a long journey, and hepatoblastoma was one word."
    assert P.PATHOLOGY not in wanted_for(ask_about(case, problem=long)).papers.needed


def test_free_words_find_no_childrens_condition_for_an_adult(case, tumour):
    index_curated()
    adult = ask_about(case, diagnosis="Hepatoblastoma", birth_date=date(1980, 2, 3))
    assert wanted_for(adult).papers == default_papers()


def test_words_that_may_no_longer_be_read_decide_nothing_P1(case, tumour):
    actions.refresh_checklist(case=case)
    before = codes_of(case)
    case = ask_about(case, condition="hepatoblastoma")
    case.is_reading_stopped = True
    assert wanted_for(case).papers == default_papers()
    actions.refresh_checklist(case=case)
    assert codes_of(case) == before


def test_the_wished_specialty_counts_when_there_is_no_condition(case, tumour):
    index_curated()
    case = ask_about(case, diagnosis="", specialty_wish="Childrens Liver Tumours")
    assert P.PATHOLOGY in wanted_for(case).papers.needed


def test_the_hospitals_own_list_replaces_ours_with_its_source(case, tumour):
    claim = make_claim(
        tumour[0], ClaimKind.RECORDS, codes=["slides", "imaging"],
        source=make_source(), source_date="2024-05",
    )  # fmt: skip
    Case.objects.filter(pk=case.pk).update(hospital=tumour[0].hospital)
    wanted = wanted_for(ask_about(case, condition="hepatoblastoma"))
    assert (wanted.papers.needed, wanted.papers.helpful) == ((P.SLIDES, P.IMAGING), ())
    assert wanted.claims == (claim,)
    assert wanted.claims[0].display_source_date


def test_the_wish_of_another_hospital_does_not_count(case, tumour):
    make_claim(tumour[1], ClaimKind.RECORDS, codes=["slides"])
    Case.objects.filter(pk=case.pk).update(hospital=tumour[0].hospital)
    assert wanted_for(ask_about(case, condition="hepatoblastoma")).claims == ()


def test_the_listing_of_another_specialty_does_not_count(case, tumour):
    other = make_listing(tumour[0].hospital, "skin-disease")
    make_claim(other, ClaimKind.RECORDS, codes=["photos"])
    Case.objects.filter(pk=case.pk).update(hospital=tumour[0].hospital)
    assert wanted_for(ask_about(case, condition="hepatoblastoma")).claims == ()


def test_without_a_hospital_what_all_want_is_needed_and_the_rest_helps(case, tumour):
    make_claim(tumour[0], ClaimKind.RECORDS, codes=["imaging", "slides"])
    make_claim(tumour[1], ClaimKind.RECORDS, codes=["lab", "imaging"])
    wanted = wanted_for(ask_about(case, condition="hepatoblastoma"))
    assert wanted.papers.needed == (P.IMAGING,)
    assert wanted.papers.helpful == (P.SLIDES, P.LAB)
    assert len(wanted.claims) == 2


@pytest.mark.parametrize("hidden", ["claim", "listing", "hospital", "audience", "codes"])
def test_what_is_not_public_or_for_others_says_nothing(case, tumour, hidden):
    listing = tumour[0]
    codes = ["no-such-paper"] if hidden == "codes" else ["slides"]
    make_claim(listing, ClaimKind.RECORDS, codes=codes, is_public=hidden != "claim")
    if hidden == "hospital":
        type(listing.hospital).objects.filter(pk=listing.hospital_id).update(is_public=False)
    changes = {"listing": {"is_public": False}, "audience": {"audience": "adults"}}
    type(listing).objects.filter(pk=listing.pk).update(**changes.get(hidden, {"position": 0}))
    assert wanted_for(ask_about(case, condition="hepatoblastoma")).claims == ()


# --- the rows ---


def test_the_list_is_made_once_and_stays(case):
    wanted = actions.refresh_checklist(case=case).papers
    rows = [(str(code), code in wanted.needed) for code in wanted.codes]
    assert codes_of(case) == rows
    before = set(case.checklist.values_list("pk", flat=True))
    actions.refresh_checklist(case=case)
    assert set(case.checklist.values_list("pk", flat=True)) == before


def test_a_new_word_of_the_hospital_changes_the_list_and_loses_no_answer(case, tumour):
    case = ask_about(case, condition="hepatoblastoma")
    actions.refresh_checklist(case=case)
    told = case.checklist.get(code="pathology")
    actions.answer_item(by=case.family.get(), item=told, said="not_had", words="burnt")
    make_claim(tumour[0], ClaimKind.RECORDS, codes=["lab", "slides"])
    actions.refresh_checklist(case=case)
    assert codes_of(case) == [("lab", True), ("slides", True), ("pathology", False)]
    assert case.checklist.get(code="pathology").words == "burnt"
    # Looked at again nothing is written, and what comes back finds its answer.
    assert actions.refresh_checklist(case=case).papers.needed == (P.LAB, P.SLIDES)
    tumour[0].claims.all().delete()
    actions.refresh_checklist(case=case)
    back = case.checklist.get(code="pathology")
    assert (back.is_needed, back.said, back.pk) == (True, "not_had", told.pk)


def test_the_list_of_an_ended_case_stays_as_it_was(case):
    case.stage, case.waiting_on, case.next_due_at = "withdrawn", "nobody", None
    case.save()
    actions.refresh_checklist(case=case)
    assert not ChecklistItem.objects.exists()
