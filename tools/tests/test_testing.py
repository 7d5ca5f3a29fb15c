"""The net under the other tests: undefined variables, cheap hashes, a database file."""

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.template import engines
from django.template.base import Origin, Template

from tools.testing.templates import ROOT, UndefinedTemplateVariable

OURS = Origin(str(ROOT / "templates" / "probe.html"))
THEIRS = Origin(str(ROOT / ".venv" / "site-packages" / "admin" / "probe.html"))


def render(source: str, origin: Origin) -> str:
    from django.template import Context

    engine = engines["django"].engine
    return Template(source, origin=origin, engine=engine).render(Context({"known": {}}))


@pytest.mark.parametrize(
    "source",
    [
        "{{ unknown }}",
        "{{ known.unknown }}",
        "{{ unknown|default:'x' }}",
        "{% with a=unknown %}{% endwith %}",
        "{% load i18n %}{% blocktranslate %}Hello {{ unknown }}{% endblocktranslate %}",
    ],
)
def test_undefined_variable_fails_in_our_templates(source):
    with pytest.raises(UndefinedTemplateVariable):
        render(source, OURS)
    render(source, THEIRS)


def test_undefined_variable_elsewhere_is_filtered_as_in_production():
    assert render("{{ unknown|default:'x' }}", THEIRS) == "x"


def test_undefined_variable_may_be_asked_for_in_if():
    assert render("{% if unknown %}a{% else %}b{% endif %}", OURS) == "b"


def test_passwords_are_argon2():
    assert make_password("a").startswith("argon2$argon2id$")


def test_database_is_a_file_or_a_server(db):
    from django.db import connection

    assert ":memory:" not in connection.settings_dict["NAME"]
    assert "mode=memory" not in connection.settings_dict["NAME"]
    assert settings.VAR_DIR.name.startswith("shanghai-tests-")
