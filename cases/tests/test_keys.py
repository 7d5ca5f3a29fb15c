"""Keys of cases: made once, wrapped anew, destroyed (row U5)."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections, transaction

from cases import actions
from cases.actions import ActionRefusedError
from cases.actions.keys import refuse_wrong_ring
from cases.models import CaseKey
from cases.records import crypto
from cases.records.crypto import KeyDestroyedError, KeyUnknownError
from portal.models import AuditEvent
from portal.tests.fixtures import make_case


def ring(*names: str) -> list:
    return [(name, base64.b64encode(name.encode() * 4).decode()) for name in names]


OLD, NEW = "old-key8", "new-key8"


def test_a_case_has_one_key_and_the_table_does_not_hold_it_U5(case, other_case):
    key = actions.case_key(case)
    assert (len(key), actions.case_key(case)) == (32, key)
    assert actions.case_key(other_case) != key
    assert key not in bytes(CaseKey.objects.get(pk=case.pk).wrapped)


@pytest.mark.django_db(transaction=True)
def test_a_key_is_made_once_by_many_at_once_U5(case):
    def make(_number):
        try:
            return actions.case_key(case)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(8)))) == 1


def test_rotation_wraps_anew_and_the_old_key_may_go_U5(db, settings, capsys):
    settings.RECORD_KEYS = ring(OLD)
    case = make_case()
    key = actions.case_key(case)
    settings.RECORD_KEYS = ring(NEW, OLD)
    assert actions.case_key(case) == key
    call_command("rotate_record_keys")
    call_command("rotate_record_keys")
    assert capsys.readouterr().out.splitlines() == [
        "1 keys wrapped anew; former keys may be taken out now.",
        "0 keys wrapped anew; former keys may be taken out now.",
    ]
    settings.RECORD_KEYS = ring(NEW)
    assert actions.case_key(case) == key
    assert AuditEvent.objects.filter(action="case.key_rewrapped").count() == 1


def test_rotation_says_which_key_is_missing_U5(db, settings):
    settings.RECORD_KEYS = ring(OLD)
    case = make_case()
    settings.RECORD_KEYS = ring(NEW)
    with pytest.raises(KeyUnknownError):
        actions.case_key(case)
    with pytest.raises(CommandError, match=OLD):
        call_command("rotate_record_keys")


def test_rotation_passes_what_changed_meanwhile(case, settings):
    from cases.actions.keys import _rewrap

    actions.case_key(case)
    assert _rewrap(crypto.key_ring(), case.pk, None) == 0


def test_a_destroyed_key_stays_destroyed_U5(case, settings):
    actions.case_key(case)
    actions.destroy_case_key(by=None, case=case)
    with pytest.raises(KeyDestroyedError):
        actions.case_key(case)
    assert bytes(CaseKey.objects.get(pk=case.pk).wrapped) == b""
    settings.RECORD_KEYS = ring(NEW, *[name for name, _key in settings.RECORD_KEYS])
    assert actions.rewrap_case_keys(by=None) == 0


def test_a_case_erased_before_its_first_words_gets_no_key_U5(case):
    CaseKey.objects.all().delete()
    actions.destroy_case_key(by=None, case=case)
    with pytest.raises(KeyDestroyedError):
        actions.case_key(case)


@pytest.mark.parametrize("who", ["lead", "coordinator"])
def test_nobody_destroys_keys_by_hand_U5(request, case, who):
    with pytest.raises(ActionRefusedError):
        actions.destroy_case_key(by=request.getfixturevalue(who), case=case)
    with pytest.raises(ActionRefusedError):
        actions.destroy_case_key(by=case.owner, case=case)
    assert not CaseKey.objects.exclude(destroyed_at=None).exists()


def test_a_wrapped_key_opens_for_its_own_case_alone_U5(case, other_case):
    for one in (case, other_case):
        actions.case_key(one)
    stolen = CaseKey.objects.get(pk=case.pk).wrapped
    CaseKey.objects.filter(pk=other_case.pk).update(wrapped=stolen)
    with pytest.raises(KeyUnknownError):
        actions.case_key(other_case)


def test_the_table_refuses_a_destroyed_key_that_is_still_there_U5(case):
    actions.case_key(case)
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseKey.objects.update(ring_key="")


@pytest.mark.parametrize("sealed", ["case", "draft"])
@pytest.mark.parametrize("name", [OLD, NEW])
def test_no_inquiry_begins_with_a_wrong_key_ring_U5(db, settings, client, sealed, name):
    """Neither with another name nor with another key of the same name."""
    settings.RECORD_KEYS = ring(OLD)
    actions.case_key(make_case()) if sealed == "case" else actions.start_draft(language="en")
    settings.RECORD_KEYS = [(name, ring(NEW)[0][1])]
    with pytest.raises(KeyUnknownError):
        actions.start_draft(language="en")
    client.raise_request_exception = False
    answer = client.post("/en/inquiry/begin/")
    assert answer.status_code == 503
    settings.RECORD_KEYS = [*ring(NEW), *ring(OLD)]
    actions.start_draft(language="en")


def test_a_ring_is_looked_at_once_in_a_while(case, django_assert_num_queries):
    actions.case_key(case)
    cache.clear()
    with django_assert_num_queries(3):
        refuse_wrong_ring()
        refuse_wrong_ring()
