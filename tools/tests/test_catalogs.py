from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from portal.management.catalogs import (
    broken_messages,
    compile_catalogs,
    expected_plurals,
    missing_messages,
)

HEADER = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=n != 1;\\n"

"""


def catalog(text: str, tmp_path: Path):
    path = tmp_path / "some.po"
    path.write_text(HEADER + text, encoding="utf-8")
    with path.open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('msgid "a"\nmsgstr ""\n', "untranslated: a"),
        ('#, fuzzy\nmsgid "a"\nmsgstr "b"\n', "fuzzy: a"),
        ('msgid "%(n)s a"\nmsgstr "%(m)s b"\n', "placeholders differ: %(n)s a"),
        ('msgid "{n} a"\nmsgstr "b"\n', "placeholders differ: {n} a"),
        ('msgid "%s a"\nmsgstr "b"\n', "placeholders differ: %s a"),
        ('msgid "a"\nmsgid_plural "as"\nmsgstr[0] "b"\nmsgstr[1] ""\n', "untranslated: a"),
        ('msgid "a"\nmsgid_plural "as"\nmsgstr[0] "b"\n', "untranslated: a"),
        (
            'msgid "a"\nmsgid_plural "%(n)s as"\nmsgstr[0] "b"\nmsgstr[1] "%(m)s c"\n',
            "placeholders differ: a",
        ),
    ],
)
def test_broken_message_is_named(text, problem, tmp_path):
    assert list(broken_messages(catalog(text, tmp_path))) == [problem]


def test_plural_form_may_leave_the_number_out(tmp_path):
    text = (
        'msgid "%(n)s a"\nmsgid_plural "%(n)s as"\nmsgstr[0] "one b"\nmsgstr[1] "%(n)s b, 100%%"\n'
    )
    assert list(broken_messages(catalog(text, tmp_path))) == []


def test_missing_message_is_named_by_its_context(tmp_path):
    template = catalog('msgctxt "x"\nmsgid "a"\nmsgstr ""\n', tmp_path)
    assert list(missing_messages(catalog('msgid "a"\nmsgstr "b"\n', tmp_path), template)) == [
        "missing: a"
    ]
    assert list(missing_messages(template, template)) == []


def test_polish_has_four_forms_and_arabic_six():
    assert [expected_plurals(language) for language in ("pl", "ar", "zh-hans")] == [4, 6, 1]


def test_only_changed_catalogs_are_compiled(tmp_path):
    folder = tmp_path / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    source.write_text(HEADER + 'msgid "a"\nmsgstr "b"\n', encoding="utf-8")
    assert compile_catalogs(tmp_path) == [folder / "django.mo"]
    assert compile_catalogs(tmp_path) == []
    source.write_text(HEADER + 'msgid "a"\nmsgstr "c"\n', encoding="utf-8")
    assert compile_catalogs(tmp_path) == [folder / "django.mo"]
    assert sorted(path.name for path in folder.iterdir()) == ["django.mo", "django.po"]
