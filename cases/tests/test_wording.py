"""Every stage with every turn, and every event, has words in every language."""

import itertools

import pytest
from django.conf import settings
from django.utils.translation import override

from cases import wording
from cases.models import CaseEvent, FamilyTask
from cases.models.event import STAFF_ONLY_KINDS, EventKind
from cases.workflow import CloseReason, InfoReason, Stage, Step, WaitingOn
from portal.tests.fixtures import make_case

LANGUAGES = [code for code, _name in settings.LANGUAGES]
FAMILY_KINDS = [kind for kind in EventKind if kind not in STAFF_ONLY_KINDS]


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_stage_and_turn_has_words(language):
    case = make_case(language=language)
    with override(language):
        for case.stage, case.waiting_on in itertools.product(Stage, WaitingOn):
            turn = wording.turn_of(case, 0)
            assert all((turn.headline, turn.text, turn.then, turn.since, turn.style))


@pytest.mark.parametrize("language", LANGUAGES)
def test_tasks_are_counted(language):
    with override(language):
        one, two = (
            wording.headline(Stage.INFO_NEEDED, WaitingOn.FAMILY, count) for count in (1, 2)
        )
    assert one != two


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", FAMILY_KINDS)
def test_every_event_has_words(language, kind):
    with override(language):
        assert wording.event_words(CaseEvent(kind=kind, data={}))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stage", Stage)
def test_every_stage_that_was_reached_has_words(language, stage):
    with override(language):
        event = CaseEvent(kind=EventKind.STAGE, data={"step": "x", "to": str(stage)})
        assert wording.event_words(event)


@pytest.mark.parametrize("actor", ["family", "staff"])
def test_reopening_says_who_did_it(actor):
    data = {"step": str(Step.REOPEN), "to": "triage"}
    event = CaseEvent(kind=EventKind.STAGE, actor_kind=actor, data=data)
    assert ("You" if actor == "family" else "Your coordinator") in wording.event_words(event)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_task_has_words(language):
    with override(language):
        for reason in CloseReason:
            assert wording._CLOSED_BECAUSE[reason]
        for code in InfoReason:
            words = wording.task_words(FamilyTask(code=code))
            assert words["title"] and words["help"]


def test_every_open_stage_has_a_place_on_the_way():
    placed = set().union(*(stages for _label, stages in wording._WAY))
    assert placed == set(Stage) - {Stage.CLOSED, Stage.WITHDRAWN}
