import json
import shutil

import pytest
from django.core.management import call_command

from hospitals.loader import CREATED, DATA_DIR, LEFT, SAME, UPDATED, load_directory
from hospitals.models import DirectoryVersion, Fact, Hospital, Listing, Specialty
from portal.models import AuditEvent
from portal.tests.fixtures import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    """A copy of the data that a test may change."""
    copy = tmp_path / "data"
    shutil.copytree(DATA_DIR, copy)
    return copy


def change(folder, name, edit):
    path = folder / f"{name}.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    edit(rows)
    path.write_text(json.dumps(rows), encoding="utf-8")


def first_listing(slug="scmc"):
    return Listing.objects.filter(hospital__slug=slug).order_by("position").first()


def retitle_first_listing(hospitals):
    scmc = next(row for row in hospitals if row["slug"] == "scmc")
    scmc["listings"][0]["title"]["en"] = "A new title"


def test_loads_the_thirteen_hospitals():
    counts, left = load_directory()
    assert Hospital.objects.count() == 13
    assert counts[CREATED] > 300
    assert (counts[UPDATED], counts[LEFT], left) == (0, 0, [])


def test_first_load_makes_the_first_version():
    load_directory()
    assert DirectoryVersion.current() == 1


def test_load_leaves_one_row_in_the_trail():
    counts, _left = load_directory()
    load_directory()
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_kind, event.data) == (
        "directory.loaded",
        "system",
        {"created": counts[CREATED]},
    )


def test_second_load_changes_nothing():
    first, _left = load_directory()
    second, _left = load_directory()
    assert dict(second) == {SAME: first[CREATED]}


def test_second_load_raises_no_version():
    load_directory()
    load_directory()
    assert DirectoryVersion.current() == 1


def test_changed_value_updates_a_row_that_nobody_edited(folder):
    load_directory(folder)
    change(folder, "hospitals", retitle_first_listing)
    counts, _left = load_directory(folder)
    assert (counts[CREATED], counts[UPDATED], counts[LEFT]) == (0, 1, 0)
    assert first_listing().title_en == "A new title"


def test_changed_value_raises_the_version(folder):
    load_directory(folder)
    change(folder, "hospitals", retitle_first_listing)
    load_directory(folder)
    assert DirectoryVersion.current() == 2


def test_changed_value_raises_the_version_of_the_listing(folder):
    load_directory(folder)
    change(folder, "hospitals", retitle_first_listing)
    load_directory(folder)
    assert first_listing().version == 2


def test_updated_row_is_the_same_at_the_next_load(folder):
    load_directory(folder)
    change(folder, "hospitals", retitle_first_listing)
    load_directory(folder)
    counts, _left = load_directory(folder)
    assert set(counts) == {SAME}


def test_edited_row_is_left_as_it_is(folder):
    load_directory(folder)
    Listing.objects.filter(pk=first_listing().pk).update(title_en="Edited here")
    change(folder, "hospitals", retitle_first_listing)
    counts, left = load_directory(folder)
    assert first_listing().title_en == "Edited here"
    assert (counts[UPDATED], counts[LEFT], len(left)) == (0, 1, 1)


def test_edited_row_raises_no_version(folder):
    load_directory(folder)
    Listing.objects.filter(pk=first_listing().pk).update(title_en="Edited here")
    change(folder, "hospitals", retitle_first_listing)
    load_directory(folder)
    assert DirectoryVersion.current() == 1


def test_confirmed_row_is_left_as_it_is(folder):
    """The hospital vouched for what it read, not for what the loader would write."""
    load_directory(folder)
    listing = first_listing()
    editor = make_user("someone", "hospital_editor")
    Listing.objects.filter(pk=listing.pk).update(
        confirmed_at="2026-01-02T03:04:05Z", confirmed_by=editor
    )
    change(folder, "hospitals", retitle_first_listing)
    load_directory(folder)
    assert first_listing().title_en == listing.title_en


def test_edit_of_another_column_does_not_stop_an_update(folder):
    load_directory(folder)
    Listing.objects.filter(pk=first_listing().pk).update(description_en="Written here")
    change(folder, "hospitals", retitle_first_listing)
    load_directory(folder)
    assert first_listing().title_en == "A new title"
    assert first_listing().description_en == "Written here"


def test_hidden_listing_stays_hidden(folder):
    load_directory(folder)
    Listing.objects.filter(pk=first_listing().pk).update(is_public=False)
    change(folder, "hospitals", retitle_first_listing)
    load_directory(folder)
    assert first_listing().is_public is False


def test_new_row_is_created_later(folder):
    load_directory(folder)
    name = {"en": "New", "zh-hans": "新", "pl": "Nowa", "ar": "جديد"}
    change(
        folder,
        "specialties",
        lambda rows: rows.append({"slug": "new", "area": "other", "name": name}),
    )
    counts, _left = load_directory(folder)
    assert counts[CREATED] == 1
    assert Specialty.objects.get(slug="new").name_zh_hans == "新"


def test_source_that_nobody_described_stops_the_load(folder):
    change(folder, "hospitals", lambda rows: rows[0]["facts"][0].update(source="no-such-source"))
    with pytest.raises(KeyError):
        load_directory(folder)


@pytest.mark.django_db(transaction=True)
def test_load_that_fails_leaves_nothing(folder):
    change(folder, "stories", lambda rows: rows[-1].update(hospital="no-such-hospital"))
    with pytest.raises(KeyError):
        load_directory(folder)
    assert (Hospital.objects.count(), Fact.objects.count()) == (0, 0)


def test_command_says_what_it_did(capsys, monkeypatch):
    # The whole index takes half a minute; what it holds is tested in test_finding.
    module = "hospitals.management.commands.load_directory"
    written = []
    monkeypatch.setattr(f"{module}.write_index", lambda: written.append(1) or 1)
    monkeypatch.setattr(f"{module}.index_is_empty", lambda: not written)
    call_command("load_directory")
    first = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in first[1:]] == [
        "conditions and treatments",
        "search index",
    ]
    call_command("load_directory")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("0 created, 0 updated, 0 left, ")
    assert lines[1:] == ["conditions and treatments: 0 created, 0 updated"]


def test_command_names_what_it_left(folder, capsys, monkeypatch):
    monkeypatch.setattr("hospitals.management.commands.load_directory.write_index", lambda: 1)
    load_directory(folder)
    Listing.objects.filter(pk=first_listing().pk).update(title_en="Edited here")
    change(folder, "hospitals", retitle_first_listing)
    monkeypatch.setattr("hospitals.loader.load_directory.__wrapped__.__defaults__", (folder,))
    call_command("load_directory")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "left, because it was edited here: listing: Edited here"
