"""Titles of the ICD-10 in more languages: one command, and what it refuses."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from hospitals import imported_names
from hospitals.finding.lookup import find_names
from hospitals.finding.shown import code_title, understood
from hospitals.imported_names import CatalogueError, read_catalogue, store
from hospitals.loading import write_index
from hospitals.models import ImportedName

HEAD = """msgid ""
msgstr ""
"Language: pl\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

"""
BODY = """msgctxt "C22.2"
msgid "Hepatoblastoma"
msgstr "Wątrobiak zarodkowy płodowy"

msgid "C34"
msgstr "Nowotwór złośliwy oskrzela"

msgid "Acute lymphoblastic leukaemia [ALL]"
msgstr "Ostra białaczka"

#, fuzzy
msgid "C50"
msgstr "Coś innego"

msgid "C51"
msgstr ""

msgid "Z00.ABC"
msgstr "Nic"
"""


@pytest.fixture
def catalogue(tmp_path):
    def write(text=HEAD + BODY, name="icd.po"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture(autouse=True)
def small_classification(monkeypatch):
    """All 12,000 titles are indexed in production; here those of the catalogue."""
    from hospitals.finding import names

    codes = ["C22.2", "C34", "C50", "C51", "C91.0"]
    monkeypatch.setattr(names, "searchable_codes", lambda: codes)
    monkeypatch.setattr(imported_names, "searchable_codes", lambda: codes)


def test_codes_stand_in_context_id_or_english_title(catalogue):
    names, skipped = read_catalogue(catalogue(), "pl")
    assert names == {
        "C22.2": "Wątrobiak zarodkowy płodowy",
        "C34": "Nowotwór złośliwy oskrzela",
        "C91.0": "Ostra białaczka",
    }
    assert skipped == {"fuzzy": 1, "empty": 1, "unknown": 1}


def test_command_tells_what_it_did_and_does_it_once(db, catalogue, capsys):
    call_command("import_condition_names", "pl", str(catalogue()))
    out = capsys.readouterr().out
    assert "3 new, 0 changed, 0 the same" in out
    assert "left out: 1 fuzzy" in out
    assert "search index:" in out
    call_command("import_condition_names", "pl", str(catalogue()))
    out = capsys.readouterr().out
    assert "0 new, 0 changed, 3 the same" in out
    assert "search index:" not in out
    assert ImportedName.objects.count() == 3


def test_imported_names_are_found_shown_and_outlive_a_new_index(db, catalogue):
    call_command("import_condition_names", "pl", str(catalogue()), verbosity=0)
    write_index()
    hits = find_names("nowotwor zlosliwy oskrzela")
    assert [(hit.kind, hit.target) for hit in hits[:1]] == [("code", "C34")]
    with translation.override("pl"):
        assert understood(hits[:1], 1)[0].name == "Nowotwór złośliwy oskrzela"
    assert code_title("C34", "pl") == "Nowotwór złośliwy oskrzela"
    assert code_title("C34", "ar") == "Malignant neoplasm of bronchus and lung"


def test_unknown_code_has_no_title(db):
    with pytest.raises(ValueError):
        code_title("X99.99", "en")


def test_changed_titles_replace_the_old_ones(db):
    store({"C34": "old", "C50": "same"}, "pl")
    assert store({"C34": "new", "C50": "same"}, "pl") == {"changed": 1, "same": 1}
    assert dict(ImportedName.objects.values_list("code", "text")) == {"C34": "new", "C50": "same"}


def test_one_language_leaves_the_others_alone(db):
    store({"C34": "po polsku"}, "pl")
    store({"C34": "中文"}, "zh-hans")
    assert ImportedName.objects.count() == 2


@pytest.mark.parametrize(
    ("language", "content", "reason"),
    [
        ("xx", HEAD + BODY, "is no language of this portal"),
        ("ar", HEAD + BODY, "says that its language is “pl”, not “ar”"),
        ("pl", "", "is no gettext catalogue, or an empty one"),
        ("pl", "<html><body>Not found</body></html>", "is no gettext catalogue"),
        ("pl", b"\xff\xfe\x00\x01", "is no gettext catalogue"),
        ("pl", b"\x89PNG\r\n\x1a\n", "is no gettext catalogue"),
    ],
)
def test_what_is_no_catalogue_of_the_language_is_refused(db, catalogue, language, content, reason):
    with pytest.raises(CommandError) as error:
        call_command("import_condition_names", language, str(catalogue(content)))
    assert reason in str(error.value)
    assert not ImportedName.objects.exists()


def test_missing_file_is_refused(db, tmp_path):
    with pytest.raises(CommandError) as error:
        call_command("import_condition_names", "pl", str(tmp_path / "none.po"))
    assert "cannot be read" in str(error.value)


def test_large_file_is_refused_unread(monkeypatch, catalogue):
    monkeypatch.setattr(imported_names, "MAX_BYTES", 10)
    with pytest.raises(CatalogueError):
        read_catalogue(catalogue(), "pl")


def test_catalogue_without_a_language_and_with_a_region_is_read(catalogue):
    assert read_catalogue(catalogue(BODY), "pl")[0]["C34"]
    chinese = HEAD.replace("Language: pl", "Language: zh_CN")
    assert read_catalogue(catalogue(chinese + 'msgid "C34"\nmsgstr "肺癌"\n'), "zh-hans")[0] == {
        "C34": "肺癌"
    }


def test_title_that_is_too_long_is_left_out(catalogue):
    text = HEAD + f'msgid "C34"\nmsgstr "{"x" * 256}"\n\nmsgid "C50"\nmsgstr "y"\n'
    assert read_catalogue(catalogue(text), "pl") == ({"C50": "y"}, {"too long": 1})


def test_title_of_several_codes_says_none_of_them(monkeypatch, catalogue):
    monkeypatch.setattr(imported_names.icd, "get_description", lambda code: "The same")
    text = HEAD + 'msgid "The same"\nmsgstr "x"\n'
    assert read_catalogue(catalogue(text), "pl") == ({}, {"unknown": 1})
