"""The settings that the first deploy writes, and how they are read back."""

import os
import stat

import pytest

from deploy.steps import values
from deploy.steps.host import ENVIRONMENT, StopError
from portal.environment import SECRET_KEY_MIN_LENGTH, refuse_weak_key
from tools.tests.deploy_host import PretendHost

GIVEN = {
    "SITE_HOST": "portal.example",
    "EMAIL_URL": "smtp+tls://user:pa%23ss@mail.example:587",
    "MAIL_FROM": "Shanghai coordinators <care@portal.example>",
    "OPERATOR_NAME": 'Treat "well" & \\ co, 100 %',
    "OPERATOR_WORKING_HOURS": "08:00-16:00",
}


def fill_in(host, **more):
    given = GIVEN | more
    return values.fill_in(host, values.answers(host, given), given)


def test_settings_are_closed_to_others_and_have_keys_of_their_own(tmp_path):
    first, second = (PretendHost(tmp_path / name) for name in "ab")
    one, other = fill_in(first), fill_in(second)
    mode = stat.S_IMODE(os.stat(first.path(ENVIRONMENT)).st_mode)
    assert mode == 0o600
    refuse_weak_key(one["SECRET_KEY"])
    assert len(one["SECRET_KEY"]) >= SECRET_KEY_MIN_LENGTH
    assert one["SECRET_KEY"] != other["SECRET_KEY"] and one["RECORD_KEYS"] != other["RECORD_KEYS"]
    assert first.said == []


def test_settings_satisfy_what_production_asks_for(tmp_path, monkeypatch):
    from portal import environment

    settings = fill_in(PretendHost(tmp_path))
    for name in [name for name in os.environ if name.startswith(("RECORD", "SECRET"))]:
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    environment.refuse_unsafe_production(
        debug=False, allowed_hosts=["portal.example"], public_url=settings["PUBLIC_URL"]
    )
    assert len(environment.read_record_keys("production", tmp_path)) == 1


def test_a_second_run_changes_no_key_and_asks_nothing(tmp_path):
    host = PretendHost(tmp_path)
    settings = fill_in(host)
    answered = values.answers(host, {})
    assert answered["SITE_HOST"] == "portal.example"
    assert values.fill_in(host, answered, {}) == settings


def test_what_an_operator_wrote_is_kept_word_for_word(tmp_path):
    host = PretendHost(tmp_path)
    host.write(ENVIRONMENT, "# ours\nSECRET_KEY=mine\nLOG_LEVEL=DEBUG", mode=0o600)
    fill_in(host)
    text = host.read(ENVIRONMENT)
    assert text.startswith("# ours\nSECRET_KEY=mine\nLOG_LEVEL=DEBUG\n")
    assert text.count("SECRET_KEY=") == 1


def test_a_key_that_lies_in_a_file_of_its_own_gets_no_second_one(tmp_path):
    host = PretendHost(tmp_path)
    host.write(ENVIRONMENT, "RECORD_KEYS_FILE=/etc/portal/ring\n", mode=0o600)
    assert "RECORD_KEYS" not in fill_in(host)


@pytest.mark.parametrize(
    "value", ["plain", 'a "quoted" one', "back\\slash", "with $HOME `x`", "o'k", ""]
)
def test_a_value_is_read_back_as_it_was_written(value):
    assert values.parse(values.line_of("NAME", value)) == {"NAME": value}


def test_a_line_break_in_a_value_is_refused():
    with pytest.raises(StopError, match="NAME"):
        values.line_of("NAME", "a\nSECRET_KEY=b")


def test_each_missing_answer_is_named_and_no_value_is_said(tmp_path):
    with pytest.raises(StopError) as error:
        values.answers(
            PretendHost(tmp_path), {"EMAIL_URL": "http://user:canary@x", "SITE_HOST": "x"}
        )
    assert all(name in str(error.value) for name in ("SITE_HOST", "EMAIL_URL", "MAIL_FROM"))
    assert "canary" not in str(error.value)


def test_answers_that_others_can_read_are_refused(tmp_path):
    path = tmp_path / "answers"
    path.write_text("SITE_HOST=portal.example\n")
    path.chmod(0o644)
    with pytest.raises(StopError, match="chmod 600"):
        values.read_file(str(path))
    path.chmod(0o600)
    assert values.read_file(str(path)) == {"SITE_HOST": "portal.example"}


@pytest.mark.parametrize(
    ("url", "found"),
    [
        (values.DATABASE_URL, {"PGHOST": "/run/postgresql", "PGDATABASE": "portal"}),
        (
            "postgres://u:p%40ss@db:5433/x?sslmode=require",
            {"PGHOST": "db", "PGPORT": "5433", "PGUSER": "u", "PGPASSWORD": "p@ss"}
            | {"PGDATABASE": "x", "PGSSLMODE": "require"},
        ),
    ],
)
def test_no_password_stands_on_a_command_line(url, found):
    assert values.postgres({"DATABASE_URL": url}) == found
