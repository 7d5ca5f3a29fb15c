"""The table of pages and what the answers make of it."""

import pytest

from cases import consents, intake
from cases.forms.policy import FamilyForm, as_data
from cases.intake import Answers
from cases.tests.family import ANSWERS

pytestmark = pytest.mark.django_db


def typed(**changes) -> dict:
    merged = {slug: {**data, **changes.get(slug, {})} for slug, data in ANSWERS.items()}
    text = consents.guardian_text(consents.OWN)
    merged["guardian"].setdefault("shown", consents.fingerprint_of("en", [text]))
    return {
        slug: {key: value if isinstance(value, list) else [value] for key, value in data.items()}
        for slug, data in merged.items()
    }


def slugs(pages) -> list[str]:
    return [page.slug for page in pages]


EVERYBODY = (
    "you", "contact", "now", "patient", "problem", "known", "wish", "urgency", "hospital",
    "consents",
)  # fmt: skip


def test_ten_topics_for_everybody():
    assert slugs(Answers({}).pages()) == list(EVERYBODY)


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({}, {"guardian"}),
        ({"patient": {"birth_date_year": "1970"}}, set()),
        ({"urgency": {"in_hospital": "yes"}}, {"guardian", "where"}),
        ({"wish": {"wishes": ["transfer"]}}, {"guardian", "where"}),
        ({"urgency": {"in_hospital": "unsure"}}, {"guardian"}),
    ],
)
def test_pages_that_depend_on_answers(changes, more):
    assert set(slugs(Answers(typed(**changes)).pages())) - set(EVERYBODY) == more


def test_draft_of_an_older_version_keeps_its_hospital():
    assert Answers({intake.BEGUN_WITH: "scmc"}).begun_with == {"hospital": "scmc"}


def test_page_that_decides_stands_before_the_page_that_it_decides():
    order = slugs(intake.PAGES)
    for page in intake.PAGES:
        for slug in page.decided_by:
            assert order.index(slug) < order.index(page.slug)


def test_progress_is_certain_once_nothing_can_be_added():
    known = intake.BY_SLUG["known"]
    some = {slug: data for slug, data in typed().items() if slug not in ("wish", "urgency")}
    assert Answers(some).progress(known) == intake.Progress(7, 11, False)
    assert Answers(typed()).progress(known) == intake.Progress(7, 11, True)


def test_answer_to_a_page_that_no_longer_applies_is_not_sent():
    answers = typed(wish={"wishes": ["opinion"]}) | {"where": {"current_hospital": ["Old one"]}}
    assert "current_hospital" not in intake.to_send(Answers(answers | _shown()), "en").inquiry
    answers |= typed(urgency={"in_hospital": "yes"}) | {"where": answers["where"]}
    assert intake.to_send(Answers(answers | _shown()), "en").inquiry["current_hospital"]


def test_cannot_tell_is_an_answer_and_no_sign():
    answers = Answers(typed(now={"signs": ["unsure"]}))
    assert answers.cleaned("now") is not None
    assert answers.red_flags() == []


def test_every_question_can_be_answered_with_i_do_not_know():
    """Names, dates and the consents apart: those are what the case is."""
    unknown = {
        "now": {"signs": "unsure"},
        "known": {"diagnosis": "", "condition": "unknown"},
        "wish": {"wishes": "unsure"},
        "urgency": dict.fromkeys(("urgency", "in_hospital", "able_to_travel"), "unsure"),
        "where": {"current_hospital": ""},
        "hospital": {"hospital": "", "specialty_wish": "", "when": ""},
    }
    for slug, data in unknown.items():
        form = Answers({}).form(intake.BY_SLUG[slug], as_data({k: [v] for k, v in data.items()}))
        assert form.is_valid(), (slug, form.errors)


def test_every_page_has_form_and_title():
    for page in intake.PAGES:
        assert issubclass(page.form, FamilyForm)
        assert str(page.title)


def test_first_unanswered_is_the_first_gap():
    answers = typed()
    del answers["wish"], answers["urgency"]
    assert Answers(answers).first_unanswered().slug == "wish"


def test_answer_that_is_no_longer_valid_counts_as_missing():
    answers = Answers(typed(wish={"wishes": ["gone"]}))
    assert answers.first_unanswered().slug == "wish"
    assert answers.cleaned("wish") is None


def test_page_is_too_early_while_one_before_it_waits():
    answers = Answers({"you": typed()["you"]})
    assert not answers.is_too_early(intake.BY_SLUG["contact"])
    assert answers.is_too_early(intake.BY_SLUG["now"])


def test_page_after_the_patient_depends_on_the_age():
    patient = intake.BY_SLUG["patient"]
    assert Answers(typed()).after(patient).slug == "guardian"
    adult = typed(patient={"birth_date_year": "1970"})
    assert Answers(adult).after(patient).slug == "problem"
    assert Answers(adult).after(intake.BY_SLUG["consents"]) is None


def test_parent_is_asked_for_a_declaration_only():
    form = Answers(typed()).form(intake.BY_SLUG["guardian"])
    assert list(form.fields) == ["declared"]
    relative = Answers(typed(you={"relation": "relative"}))
    assert list(relative.form(intake.BY_SLUG["guardian"]).fields) == [
        "guardian_name", "guardian_relation", "declared",
    ]  # fmt: skip


def test_adult_has_no_guardian():
    adult = _shown()
    adult["consents"]["shown"] = [fingerprint()]
    sent = intake.to_send(Answers(typed(patient={"birth_date_year": "1970"}) | adult), "en")
    assert "guardian_name" not in sent.inquiry
    assert {row["kind"] for row in sent.consents} == {"health_data", "transfer_china"}


def fingerprint(child: str = "") -> str:
    return consents.fingerprint_of("en", consents.texts_in("en", child=child))


def _shown() -> dict:
    agreed = {key: ["on"] for key in ANSWERS["consents"]}
    return {"consents": {**agreed, "shown": [fingerprint(consents.OWN)]}}


def test_urgent_is_within_days_or_a_red_flag():
    for changes, urgent in (
        ({}, False),
        ({"urgency": {"urgency": "days"}}, True),
        ({"now": {"signs": ["bleeding"]}}, True),
    ):
        assert (
            intake.to_send(Answers(typed(**changes) | _shown()), "en").case["is_urgent"] is urgent
        )


def test_country_and_red_flags_of_an_empty_draft():
    assert (Answers({}).country(), Answers({}).red_flags(), Answers({}).hospital()) == (
        "",
        [],
        None,
    )


def test_summary_says_what_was_not_answered():
    rows = dict(Answers(typed()).bound("contact").summary())
    assert rows["Phone"] == "+48 22 621 00 00"
    assert rows["Country you live in"] == "Poland"
    assert rows["Your time zone"] == "Warsaw, Poland"
    assert rows["Languages you speak"] == "Not answered"


def test_label_of_a_choice_that_is_gone_is_its_value():
    from django import forms

    from cases.forms.showing import label_of

    assert label_of(forms.ChoiceField(choices=[("a", "A")]), "b") == "b"
