"""Many names from one line, one name from many: slowed at the staff's door (row S2)."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.db.models import F
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from portal.log_in_limits import FAILURES_AN_HOUR, MISTYPES
from portal.tests.fixtures import PASSWORD, make_user
from portal.tests.test_log_in import OFFICE, PARTNERS, code_of, log_in, phone, wrong_code

__all__ = ["phone"]

WRONG = "not the password at all"


def try_name(name: str, line="198.51.100.7", at=OFFICE) -> int:
    return log_in(Client(), username=name, password=WRONG, at=at, REMOTE_ADDR=line).status_code


def later(minutes: int) -> None:
    for model in (AccessFailureLog, AccessAttempt, AccessLog):
        model.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=minutes))


def fill(line="198.51.100.7") -> list[int]:
    return [try_name(f"name-{number}", line) for number in range(FAILURES_AN_HOUR)]


def test_many_names_from_one_line_are_slowed_S2(phone):
    assert fill() == [200] * 24 + [429]
    assert try_name("another") == 429
    right = log_in(Client(), code_of(phone), REMOTE_ADDR="198.51.100.7")
    assert right.status_code == 429
    assert right.headers["Retry-After"] == "900"


def test_both_doors_count_together_S2(db):
    statuses = [try_name(f"name-{i}", at=(OFFICE, PARTNERS)[i % 2]) for i in range(26)]
    assert statuses == [200] * 24 + [429] * 2


def test_another_line_is_open_meanwhile_S2(phone):
    fill()
    assert log_in(Client(), code_of(phone), REMOTE_ADDR="198.51.100.8").status_code == 302


def test_a_line_of_ipv6_is_its_64_S2(db):
    lines = [f"2001:db8:1:2::{number:x}" for number in range(1, 27)]
    statuses = [try_name(f"name-{number}", line) for number, line in enumerate(lines)]
    assert statuses == [200] * 24 + [429] * 2
    assert try_name("another", "2001:db8:1:3::1") == 200


def test_after_a_quarter_of_an_hour_one_more_try_each_S2(db):
    fill()
    later(16)
    assert [try_name("a"), try_name("b")] == [429, 429]
    assert AccessFailureLog.objects.count() == FAILURES_AN_HOUR + 1
    later(61)
    assert try_name("c") == 200


def test_somebody_right_comes_in_after_a_quarter_of_an_hour(phone):
    fill()
    later(16)
    assert log_in(Client(), code_of(phone), REMOTE_ADDR="198.51.100.7").status_code == 302


def test_an_office_of_people_who_mistype_is_not_locked_S2(phone):
    """Eight coordinators, four slips each; then one of them comes in."""
    for number in range(7):
        make_user(f"colleague-{number}", role="coordinator")
    names = ["coordinator", *(f"colleague-{number}" for number in range(7))]
    assert {try_name(name) for name in names for _slip in range(4)} == {200}
    assert len(names) * MISTYPES < FAILURES_AN_HOUR
    assert log_in(Client(), code_of(phone), REMOTE_ADDR="198.51.100.7").status_code == 302


def test_coming_in_takes_back_the_own_slips_alone_S2(phone):
    [try_name("coordinator") for _slip in range(2)]
    try_name("coordinator", "198.51.100.9")
    try_name("somebody-else")
    assert log_in(Client(), code_of(phone), REMOTE_ADDR="198.51.100.7").status_code == 302
    assert AccessFailureLog.objects.count() == 2


def test_wrong_codes_count_too_S2(phone):
    typed = {"username": "coordinator", "password": PASSWORD, "code": wrong_code(phone)}
    Client().post(OFFICE, typed)
    assert AccessFailureLog.objects.count() == 1


def test_one_name_from_many_lines_is_slowed_S2(db):
    statuses = [try_name("coordinator", f"203.0.113.{number}") for number in range(27)]
    assert statuses == [200] * 24 + [429] * 3
    assert try_name("COORDINATOR ", "203.0.113.99") == 429
    assert try_name("lead", "203.0.113.99") == 200


def test_nobody_is_locked_out_of_their_office_by_others_S2(phone):
    assert log_in(Client(), code_of(phone), REMOTE_ADDR="198.51.100.7").status_code == 302
    [try_name("coordinator", f"203.0.113.{number}") for number in range(26)]
    TOTPDevice.objects.update(last_t=-1)
    elsewhere = log_in(Client(), code_of(phone), REMOTE_ADDR="203.0.113.99")
    assert elsewhere.status_code == 429
    assert log_in(Client(), code_of(phone), REMOTE_ADDR="198.51.100.7").status_code == 302


def test_a_name_that_exists_is_slowed_like_one_that_does_not_S2(phone):
    statuses = {
        name: [try_name(name, f"203.0.113.{number}") for number in range(27)]
        for name in ("coordinator", "nobody-here")
    }
    assert statuses["coordinator"] == statuses["nobody-here"]


def test_what_was_typed_as_a_name_is_not_kept(db):
    try_name("my secret password")
    assert "secret" not in str(AccessFailureLog.objects.values_list("username", "path_info"))


def test_long_names_are_counted(db):
    assert try_name("ä" * 150) == 200
