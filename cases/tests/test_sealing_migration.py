"""Words that an older release kept in the clear are sealed by the update (row U5)."""

import uuid
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from cases.models import CaseKey, Draft, Inquiry, Message
from cases.tests.test_sealed_words import found_in_the_database
from portal.tests.fixtures import HEALTH_CANARY

BEFORE = [("cases", "0009_records")]


@pytest.fixture
def old(transactional_db):
    """The models of the release before, on its tables; afterwards everything is up to date."""
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    yield executor.loader.project_state(BEFORE).apps
    now = MigrationExecutor(connection)
    now.migrate(now.loader.graph.leaf_nodes())


def update() -> None:
    """Past the update that seals, to what the models of today read."""
    now = MigrationExecutor(connection)
    now.migrate(now.loader.graph.leaf_nodes())


def old_case(old, reference: str):
    now = timezone.now()
    case = old.get_model("cases", "Case").objects.create(
        reference=reference, stage="received", waiting_on="coordinator", language="en",
        country="PL", time_zone="Europe/Warsaw", first_answer_due_at=now,
    )  # fmt: skip
    member = old.get_model("cases", "FamilyMember").objects.create(
        case=case, relation="parent", name="A", language="en", code_hash="x"
    )
    old.get_model("cases", "Inquiry").objects.create(
        case=case, patient_name="B", birth_date="2024-02-03", problem=f"A {HEALTH_CANARY}",
        urgency="weeks", in_hospital="no", able_to_travel="yes",
    )  # fmt: skip
    old.get_model("cases", "Message").objects.create(
        case=case, body=HEALTH_CANARY, language="en", from_family=member
    )
    return case


def old_draft(old, reference: str, **fields):
    return old.get_model("cases", "Draft").objects.create(
        id=uuid.uuid4(), reference=reference, secret_hash="x", language="en",
        expires_at=timezone.now() + timedelta(days=3), **fields,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_update_seals_what_was_open_with_the_key_that_a_case_has_and_loses_no_word_U5(old):
    case, with_key = old_case(old, "SH-2222-2222"), old_case(old, "SH-4444-4444")
    answers = {"problem": {"problem": [HEALTH_CANARY]}}
    old_draft(old, "SH-3333-3333", answers=answers, email="a@example.org")
    old_draft(old, with_key.reference, case=with_key)
    row = CaseKey(case_id=with_key.pk)
    row.wrap(b"k" * 32)
    row.save()
    assert len(found_in_the_database(HEALTH_CANARY)) == 3
    update()
    assert found_in_the_database(HEALTH_CANARY) == []
    for number in (case.pk, with_key.pk):
        inquiry = Inquiry.objects.get(pk=number)
        told = (inquiry.problem, inquiry.patient_name, inquiry.when)
        assert told == (f"A {HEALTH_CANARY}", "B", "")
        assert Message.objects.get(case=number).body == HEALTH_CANARY
    draft = Draft.objects.get(reference="SH-3333-3333")
    assert (draft.answers, draft.email) == (answers, "a@example.org")
    # A draft that was sent has nothing of its own any more; its case keeps the key it had.
    assert CaseKey.objects.get(case=with_key.pk).open() == b"k" * 32
    sent = Draft.objects.get(case=with_key.pk)
    assert (sent.ring_key, sent.answers) == ("", {})


def test_update_is_not_undone_where_a_case_would_lose_its_words(case):
    sealing = import_module("cases.migrations.0011_seal_words")
    with pytest.raises(IrreversibleError, match="backup"):
        sealing.refuse_to_open(apps, None)
