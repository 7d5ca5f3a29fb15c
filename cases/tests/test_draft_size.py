"""No draft holds more than a person types, whatever way it comes (rows M1, R6; finding 9)."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from cases import actions, intake
from cases.actions.drafts import is_too_much
from cases.models import Draft
from cases.models.draft import ANSWERS_BYTES, PAGE_BYTES
from portal.models import OutgoingMail

# The seal's own: a nonce and a tag.
SEAL = 28
BEFORE = [("cases", "0020_records_folder")]


def make_draft() -> Draft:
    draft, _secret = actions.start_draft(language="en")
    return draft


def test_every_page_may_be_full(db):
    """In letters of four bytes, each page as large as one may be."""
    draft = make_draft()
    for page in intake.PAGES:
        typed = {"words": ["\N{GRINNING FACE}" * ((PAGE_BYTES - 20) // 4)]}
        assert not is_too_much(typed)
        draft = actions.save_page(draft=draft, page=page.slug, typed=typed, language="en")
    assert len(intake.PAGES) * PAGE_BYTES < ANSWERS_BYTES
    assert set(Draft.objects.get().answers) == {page.slug for page in intake.PAGES}


def test_database_takes_so_much_and_no_byte_more(db):
    draft = make_draft()
    for letters, is_kept in ((ANSWERS_BYTES - SEAL - 9, True), (ANSWERS_BYTES - SEAL - 8, False)):
        draft.answers = {"a": "x" * letters}
        assert len(draft._meta.get_field("answers").pre_save(draft, False)) - letters == SEAL + 9
        if is_kept:
            draft.save(update_fields=["answers"])
        else:
            with pytest.raises(IntegrityError), transaction.atomic():
                draft.save(update_fields=["answers"])


def test_no_other_way_into_the_column_is_larger(db):
    draft = make_draft()
    rows = Draft.objects.filter(pk=draft.pk)
    rows.update(answers=b"x" * ANSWERS_BYTES)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(answers=b"x" * (ANSWERS_BYTES + 1))


@pytest.fixture
def old(transactional_db):
    """The models of the release before, on its tables; afterwards everything is up to date."""
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    yield executor.loader.project_state(BEFORE).apps
    update()


def update() -> None:
    now = MigrationExecutor(connection)
    now.migrate(now.loader.graph.leaf_nodes())


def test_update_erases_what_a_machine_filled_and_nothing_else(old):
    for reference, size in (("SH-LARGE", ANSWERS_BYTES + 1), ("SH-SMALL", ANSWERS_BYTES)):
        draft = old.get_model("cases", "Draft").objects.create(
            id=uuid.uuid4(), reference=reference, secret_hash="x", language="en",
            answers=b"x" * size, expires_at=timezone.now() + timedelta(days=3),
        )  # fmt: skip
        old.get_model("cases", "FamilyToken").objects.create(
            draft=draft, token_hash=reference, expires_at=timezone.now()
        )
        OutgoingMail.objects.create(
            template="x", language="en", recipient="a@example.org", about=reference
        )
    update()
    assert Draft.objects.get().reference == "SH-SMALL"
    assert OutgoingMail.objects.get().about == "SH-SMALL"
