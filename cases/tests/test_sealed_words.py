"""Words that tell of health are in the database sealed alone (row U5)."""

import io
import logging
import uuid

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from cases import actions
from cases.models import Case, CaseKey, Draft, Inquiry, Message
from cases.records import crypto
from cases.records.crypto import SealBrokenError
from cases.tests.family import ANSWERS, fill_in, send, shown, step_url
from cases.tests.test_keys import NEW, OLD, ring
from portal.models import AuditEvent
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import HEALTH_CANARY, NAME_CANARY, make_record

pytestmark = pytest.mark.django_db
WORDS = {
    "problem": {"problem": f"A {HEALTH_CANARY}"},
    "known": {"diagnosis": HEALTH_CANARY, "condition": ""},
    "urgency": {**ANSWERS["urgency"], "in_hospital": "yes"},
    "hospital": {"hospital": "", "specialty_wish": HEALTH_CANARY, "when": HEALTH_CANARY},
}
WHERE = {"current_hospital": f"Ward of {HEALTH_CANARY}"}
PDF = f"%PDF-1.7 {HEALTH_CANARY}".encode()


def everything_in_the_database() -> dict[str, bytes]:
    """Each table, whole, as the engine gives it back."""
    tables = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute("SELECT * FROM " + connection.ops.quote_name(name))  # noqa: S608
            cells = [cell for row in cursor.fetchall() for cell in row]
            parts = [_as_bytes(cell) for cell in cells]
            tables[name] = b"\n".join(parts)
    return tables


def _as_bytes(cell) -> bytes:
    return bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()


def found_in_the_database(word: str) -> list[str]:
    tables = everything_in_the_database()
    assert len(tables) > 30
    return [name for name, contents in tables.items() if word.encode() in contents]


def found_in_files(folder, word: str) -> list[str]:
    """Papers and whatever else lies there; not the engine's own files, whose pages come above."""
    files = [path for path in folder.rglob("*") if path.is_file() and "sqlite" not in path.name]
    return [path.name for path in files if word.encode() in path.read_bytes()]


def test_the_canary_is_nowhere_in_the_clear_U5(client, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    addresses = []
    fill_in(client, **WORDS, until="hospital")
    assert (Draft.objects.count(), found_in_the_database(HEALTH_CANARY)) == (1, [])
    client.post(reverse("inquiry:suggest"), {"q": HEALTH_CANARY})
    client.post(step_url("where"), WHERE)
    client.post(step_url("hospital"), WORDS["hospital"])
    client.post(step_url("consents"), {**ANSWERS["consents"], "shown": shown(client)})
    send(client)
    case = Case.objects.get()
    case.owner = case.family.get()
    family = sign_in_family(case)
    here = reverse("case:detail", args=[case.reference])
    words = {"body": f"News of {HEALTH_CANARY}", "submission": str(uuid.uuid4())}
    sent = family.post(here, words)
    addresses += [sent.url, here]
    make_record(case, PDF)
    assert HEALTH_CANARY in family.get(here).text
    assert Message.objects.get().body == f"News of {HEALTH_CANARY}"
    assert Inquiry.objects.get().problem == f"A {HEALTH_CANARY}"
    call_command("rotate_record_keys", stdout=io.StringIO())
    assert found_in_the_database(HEALTH_CANARY) == []
    assert found_in_files(settings.RECORDS_DIR, HEALTH_CANARY) == []
    assert HEALTH_CANARY not in caplog.text
    assert HEALTH_CANARY not in "".join(f"{m.subject}{m.body}" for m in mail.outbox)
    assert HEALTH_CANARY not in "".join(addresses)


def test_the_search_for_the_canary_finds_what_lies_open(case, tmp_path):
    """The test above can fail."""
    AuditEvent.objects.create(action="test.made", object_label=HEALTH_CANARY)
    (tmp_path / "left-behind").write_text(HEALTH_CANARY)
    assert found_in_the_database(HEALTH_CANARY) == ["portal_auditevent"]
    assert found_in_files(tmp_path, HEALTH_CANARY) == ["left-behind"]


def test_name_of_the_patient_is_sealed_and_of_a_draft_everything_U5(client):
    answers = {**ANSWERS["patient"], "patient_name": "Zoë Unmistakable"}
    fill_in(client, patient=answers, until="patient")
    for word in ("Unmistakable", ANSWERS["contact"]["email"]):
        assert found_in_the_database(word) == []
    draft = Draft.objects.get()
    assert draft.answers["patient"]["patient_name"] == ["Zoë Unmistakable"]
    assert draft.email == ANSWERS["contact"]["email"]


def test_words_open_in_no_other_row_and_no_other_field_U5(case, other_case):
    mine = Inquiry.objects.filter(pk=case.pk)
    (sealed,) = mine.values_list("problem", flat=True)
    Inquiry.objects.filter(pk=other_case.pk).update(problem=bytes(sealed))
    mine.update(diagnosis=bytes(sealed))
    for pk, name in ((other_case.pk, "problem"), (case.pk, "diagnosis")):
        with pytest.raises(SealBrokenError):
            getattr(Inquiry.objects.get(pk=pk), name)


def test_key_of_the_draft_becomes_the_cases_and_the_draft_has_none_U5(client):
    fill_in(client)
    draft = Draft.objects.get()
    key = draft.sealing_key()
    send(client)
    assert actions.case_key(Case.objects.get()) == key
    draft.refresh_from_db()
    assert (draft.ring_key, bytes(draft.wrapped), draft.email, draft.answers) == ("", b"", "", {})


def test_two_drafts_have_two_keys_U5():
    keys = {actions.start_draft(language="en")[0].sealing_key() for _number in range(2)}
    assert len(keys) == 2


def test_rotation_wraps_drafts_too_and_their_words_stay_U5(client, settings):
    settings.RECORD_KEYS = ring(OLD)
    fill_in(client, until="contact")
    settings.RECORD_KEYS = ring(NEW, OLD)
    assert actions.rewrap_case_keys(by=None) == 1
    assert actions.rewrap_case_keys(by=None) == 0
    settings.RECORD_KEYS = ring(NEW)
    assert Draft.objects.get().answers["contact"]["name"] == [ANSWERS["contact"]["name"]]
    assert client.get(step_url("contact")).context["form"].initial["name"]


def test_rotation_passes_drafts_that_went_meanwhile(db):
    from cases.actions.keys import _rewrap_draft

    draft, _secret = actions.start_draft(language="en")
    assert _rewrap_draft(crypto.key_ring(), draft.pk) == 0
    draft.delete()
    assert _rewrap_draft(crypto.key_ring(), draft.pk) == 0


def test_after_erasure_words_read_as_empty_U5(case):
    actions.destroy_case_key(by=None, case=case)
    inquiry = Inquiry.objects.get(pk=case.pk)
    assert (inquiry.problem, inquiry.patient_name) == ("", "")
    family = sign_in_family(case)
    assert HEALTH_CANARY not in family.get(reverse("case:detail", args=[case.reference])).text


def test_saving_a_row_unread_keeps_its_words(case):
    inquiry = Inquiry.objects.get(pk=case.pk)
    inquiry.save()
    assert Inquiry.objects.get(pk=case.pk).problem == f"A tumour: {HEALTH_CANARY}"


@pytest.mark.parametrize("ask", [
    lambda: Inquiry.objects.filter(patient_name=NAME_CANARY).exists(),
    lambda: Draft.objects.filter(email="a@example.org").exists(),
    lambda: Message.objects.update(body="plain"),
])  # fmt: skip
def test_a_query_with_plain_words_is_an_error(db, ask):
    with pytest.raises(TypeError, match="sealed"):
        ask()


def test_words_that_are_not_there_are_empty_bytes(case):
    empty = Inquiry.objects.filter(pk=case.pk, condition=b"", when=b"")
    assert empty.get().condition == ""


def test_a_case_that_lost_the_race_for_a_key_uses_the_others_U5(case):
    CaseKey.objects.all().delete()
    mine, theirs = Case.objects.get(pk=case.pk), Case.objects.get(pk=case.pk)
    key = CaseKey.objects.of(theirs).open()
    row = CaseKey.objects.give(mine, crypto.new_key())
    assert (row.open(), mine.record_key.open()) == (key, key)


def test_link_is_mailed_to_the_drafts_address_however_it_is_written(client, mailoutbox):
    fill_in(client, until="contact")
    draft = Draft.objects.get()
    asked = {"reference": draft.reference, "email": ANSWERS["contact"]["email"].upper()}
    answer = Client().post(reverse("case:lost-code"), asked)
    assert answer.url == reverse("case:link-mailed")


def test_dump_is_sealed_too_U5(case, tmp_path):
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "cases.inquiry", output=str(dump))
    assert str(case.pk) in dump.read_text()
    assert HEALTH_CANARY not in dump.read_text()
