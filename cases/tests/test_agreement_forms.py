"""Each form that agrees to texts takes an answer to the very texts that were shown (row P1)."""

from types import SimpleNamespace

import pytest
from django.utils.translation import override

from cases import consents
from cases.forms.agreement import ConsentsForm, HospitalAnswerForm, OneConsentForm
from cases.forms.people import GuardianForm, GuardianRelation
from cases.forms.shown import CHANGED

Kind = consents.Kind
MOTHER = SimpleNamespace(relation="mother")


def build(name: str, hospital, data: dict | None = None):
    share = Kind.SHARE_HOSPITAL
    return {
        "inquiry": lambda: ConsentsForm(data),
        "guardian": lambda: GuardianForm(data),
        "one": lambda: OneConsentForm(data, kind=share, hospital=hospital, member=MOTHER),
        "hospital": lambda: HospitalAnswerForm(
            data, hospital=hospital, kinds=[share, Kind.TRANSFER_CHINA]
        ),
    }[name]()


def agreed(name: str, hospital, **changed) -> dict:
    form = build(name, hospital)
    said = {"guardian_name": "Anna", "guardian_relation": GuardianRelation.values[0]}
    return {field: said.get(field, "on") for field in form.fields} | form.carried | changed


def told(form) -> list[str]:
    return [str(error) for errors in form.errors.values() for error in errors]


NAMES = pytest.mark.parametrize("name", ["inquiry", "guardian", "one", "hospital"])


@NAMES
def test_answer_to_the_texts_that_were_shown_is_taken_P1(scmc, name):
    form = build(name, scmc, agreed(name, scmc))
    assert told(form) == []
    assert form.language == "en"
    assert form.texts_read() == form.texts()


@NAMES
@pytest.mark.parametrize("forged", ["", "en:", f"en:{'0' * 64}", "xx:1", "pl"])
def test_answer_to_other_texts_is_read_again_P1(scmc, name, forged):
    form = build(name, scmc, agreed(name, scmc, shown=forged))
    assert told(form) == [str(CHANGED)]


@NAMES
def test_texts_of_another_language_are_taken_in_that_language_P1(scmc, name):
    """The page was read in Polish; the language was changed in another window before it went."""
    with override("pl"):
        sent, read = agreed(name, scmc), build(name, scmc).texts()
    form = build(name, scmc, sent)
    assert told(form) == []
    assert (form.language, form.texts_read()) == ("pl", read)
    assert form.texts_read() != form.texts()


def test_consent_to_one_hospital_is_none_to_another_P1(scmc, renji):
    for name in ("one", "hospital"):
        form = build(name, renji, agreed(name, scmc))
        assert told(form) == [str(CHANGED)]
