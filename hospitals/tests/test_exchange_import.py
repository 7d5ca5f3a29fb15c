"""From a chosen file over the preview to proposals: row by row, nothing before it is confirmed."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cases.jobs import housekeeping
from hospitals.actions import approve_revision, propose_revision
from hospitals.actions.core import ActionRefusedError
from hospitals.actions.exchange import discard_draft, keep_draft, send_draft, sweep_drafts
from hospitals.models import ImportDraft, Listing, Membership, Revision, Specialty
from hospitals.tests.exchange import (
    IMPORT,
    LISTINGS,
    as_csv,
    as_xlsx,
    exported,
    full_listing,
    problem,
    rows_of_csv,
    upload,
)
from portal.models import AuditEvent
from portal.roles import Role
from portal.tests.fixtures import make_listing, make_user, sign_in_staff

pytestmark = pytest.mark.django_db
REVISIONS = "/partners/hospitals/revision/"


@pytest.fixture
def listing(scmc):
    return full_listing(scmc)


@pytest.fixture
def heart(scmc):
    return make_listing(scmc, "heart", title_en="Heart")


@pytest.fixture
def partner(editor):
    editor.language = "en"
    editor.save()
    return sign_in_staff(editor)


def send(client, page=None, **data):
    """Press the button of the preview, with what the page says back."""
    (draft,) = ImportDraft.objects.all()
    page = page or client.get(f"{IMPORT}{draft.pk}/")
    seen = re.findall(r'name="seen" value="([^"]*)"', page.text)
    return client.post(f"{IMPORT}{draft.pk}/send/", {"seen": seen} | data, follow=True)


def told(page) -> list[str]:
    return [str(message) for message in page.context["messages"]]


def problems(page) -> dict[int, list[str]]:
    return {plan.number: plan.problems for plan in page.context["wrong"]}


def changes(page) -> dict[int, list[tuple]]:
    return {
        row["plan"].number: [
            (change["label"], change["before"], change["after"]) for change in row["changes"]
        ]
        for row in page.context["rows"]
    }


def rows(*lines) -> bytes:
    return as_csv(["specialty", "title_pl", "price_low"], *lines)


# --- The preview


def test_preview_says_row_by_row_what_would_change(partner, listing, heart):
    Specialty.objects.create(slug="liver", name_en="Liver", area="digestive")
    page = upload(
        partner,
        rows(
            ["neurosurgery", "Mózg", "9500"],
            ["heart", "", ""],
            ["liver", "Wątroba", ""],
            ["nonsense", "", ""],
        ),
    )
    assert page.context["summary"] == [
        "1 row changes something",
        "1 row is a new specialty",
        "1 row changes nothing",
        "1 row has an error",
    ]
    assert changes(page) == {
        2: [("Title (Polski)", "not said", "Mózg"), ("Price: from (whole units of the currency)",
                                                     "9000", "9500")],
        4: [("Title (Polski)", "not said", "Wątroba")],
    }  # fmt: skip
    assert problems(page) == {
        5: [
            "We know no specialty “nonsense”. Its key stands on the sheet “keys” of the exported "
            "workbook."
        ]
    }
    assert [plan.number for plan in page.context["same"]] == [3]
    assert "Row 5: <bdi>nonsense</bdi>" in page.text
    assert "Send 2 changes for approval" in page.text


def test_nothing_is_written_before_it_is_confirmed(partner, listing):
    upload(partner, rows(["neurosurgery", "Mózg", "9500"]))
    assert Revision.objects.count() == 0
    listing.refresh_from_db()
    assert listing.title_pl in ("", None)


def test_values_are_shown_in_the_readers_words(partner, listing):
    page = upload(
        partner,
        as_csv(
            ["specialty", "accepting", "is_public", "languages_codes", "conditions", "audience"],
            ["neurosurgery", "no", "no", "en", "[clear]", "both"],
        ),
    )
    assert changes(page)[2] == [
        ("New patients", "Accepting new patients", "Not accepting new patients now"),
        ("Public", "yes", "no"),
        ("Languages spoken: which ones", "Chinese, English", "English"),
        ("Conditions treated", "Medulloblastoma", "not said"),
        ("For whom", "Children", "Children and adults"),
    ]


def test_specialty_is_known_by_its_name_in_any_language(partner, listing):
    Specialty.objects.filter(slug="neurosurgery").update(name_zh_hans="神经外科")
    page = upload(partner, rows(["神经外科", "Mózg", ""]))
    assert list(changes(page)) == [2]


def test_unknown_columns_are_named(partner, listing):
    page = upload(partner, as_csv(["specialty", "titel_en", "notes"], ["neurosurgery", "a", "b"]))
    assert page.context["unknown"] == ["titel_en", "notes"]


def test_chinese_encoding_is_named_so_that_somebody_looks(partner, listing):
    data = "specialty,title_zh_hans\nneurosurgery,小儿外科治疗\n".encode("gb18030")
    assert "(GB18030)" in upload(partner, data).text
    assert "GB18030" not in upload(partner, data.decode("gb18030").encode()).text


@pytest.mark.parametrize(
    ("cells", "sentences"),
    [
        ({"price_low": "cheap"}, ["price_low: “cheap” is not a whole number."]),
        ({"price_low": "20000"}, ["price_high: The first number must not be above the second."]),
        (
            {"title_pl": "=1+1"},
            [
                "title_pl: this begins like a formula, which we never run. Write the value itself; "
                "if it is a text, put an apostrophe (') in front."
            ],
        ),
        (
            {"min_age_years": "90", "max_age_years": "12"},
            ["The youngest age must not be above the oldest."],
        ),
        ({"min_age_years": "130", "max_age_years": "140"}, ["An age is between 0 and 120 years."]),
        ({"volume_low": "130", "volume_period_to": "[clear]"},
         ["volume_period_to: Say for which period this is true: without it, it is not published."]),
        ({"outcome_low": "95"},
         ["outcome_text_zh_hans: Say it in words, in at least one language."]),
        ({"waiting_source_url": "javascript:alert(1)", "waiting_source_title": "A"},
         ["waiting_source_url: Enter a valid URL."]),
        ({"title_pl": "\u202eevil"},
         ["title_pl: Remove the invisible signs that turn the direction of the text."]),
        ({"price_low": "x", "accepting": "y"},
         ["price_low: “x” is not a whole number.",
          "accepting: “y” is not one of: unknown, yes, no."]),
    ],
)  # fmt: skip
def test_errors_are_told_with_row_and_column(partner, listing, cells, sentences):
    page = upload(partner, as_csv(["specialty", *cells], ["neurosurgery", *cells.values()]))
    assert problems(page) == {2: sentences}
    assert "There is nothing to send." in page.text


def test_same_specialty_twice_is_told_at_the_second(partner, listing):
    page = upload(partner, rows(["neurosurgery", "a", ""], ["Neurosurgery", "b", ""]))
    assert problems(page) == {3: ["The same specialty stands in row 2 already."]}
    assert list(changes(page)) == [2]


def test_slipped_row_is_told(partner, listing):
    page = upload(partner, b"specialty,title_pl\nneurosurgery,a,b\n")
    assert problems(page)[2][0].startswith("This row has more cells than")


def test_formula_of_a_workbook_is_told_with_its_cell(partner, listing):
    page = upload(partner, as_xlsx(["specialty", "title_pl"], ["neurosurgery", "=A1"]))
    assert problems(page)[2][0].startswith("title_pl (B2): this begins like a formula")


def test_row_without_specialty_is_told(partner, listing):
    page = upload(partner, rows(["", "a", ""]))
    assert problems(page) == {
        2: ["The column “specialty” is empty, so we cannot tell what is meant."]
    }


# --- Files that are not used at all


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("renji", "Row 3 is another hospital’s."),
        ("Renji Hospital", "Row 3 is another hospital’s."),
        ("no-such-hospital", "Row 3 is another hospital’s."),
    ],
)
def test_file_with_another_hospital_is_refused_with_its_row(partner, listing, renji, name, words):
    """The same words whether the other hospital exists or not."""
    data = as_csv(
        ["hospital", "specialty", "title_pl"],
        ["scmc", "neurosurgery", "A"],
        [name, "heart", "B"],
    )
    assert problem(upload(partner, data)) == (
        f"{words} A file may hold rows of your own hospital only, so nothing of it was used."
    )
    assert ImportDraft.objects.count() == 0


def test_export_of_another_hospital_is_refused(partner, listing, renji, other_editor):
    full_listing(renji, "heart")
    data = exported(sign_in_staff(other_editor))
    assert problem(upload(partner, data)).startswith("Row 2 is another hospital’s.")


def test_many_foreign_rows_are_named_in_one_sentence(partner, listing):
    lines = [["renji", f"s{number}"] for number in range(50)]
    words = problem(upload(partner, as_csv(["hospital", "specialty"], *lines)))
    assert words.startswith("Rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … are another hospital’s.")


@pytest.mark.parametrize("own", ["scmc", "SCMC", "Shanghai Children's Medical Center", ""])
def test_own_hospital_may_be_named_or_not(partner, listing, own):
    data = as_csv(["hospital", "specialty", "title_pl"], [own, "neurosurgery", "A"])
    assert list(changes(upload(partner, data))) == [2]


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"title_en\nA\n", b"PK\x03\x04"])
def test_unreadable_file_is_told_at_the_field(partner, listing, data):
    page = upload(partner, data)
    assert page.status_code == 200
    assert problem(page).endswith(".")
    assert ImportDraft.objects.count() == 0


def test_form_without_a_file_is_told(partner):
    assert problem(partner.post(IMPORT, {})) == "Choose a file first."


# --- Sending


def test_sending_proposes_one_change_a_row(partner, editor, listing, heart):
    upload(partner, rows(["neurosurgery", "Mózg", "9500"], ["heart", "Serce", ""]))
    page = send(partner)
    assert told(page) == ["2 changes were sent for approval."]
    assert page.redirect_chain[-1][0] == REVISIONS
    found = {revision.listing_id: revision for revision in Revision.objects.pending()}
    assert found[heart.pk].after == {"title_pl": "Serce"}
    after = found[listing.pk].after
    assert (after["title_pl"], after["claim_price"]["low"], after["claim_price"]["high"]) == (
        "Mózg",
        9500,
        12000,
    )
    assert {revision.created_by for revision in found.values()} == {editor}
    assert ImportDraft.objects.count() == 0


def test_new_specialty_is_proposed_as_one(partner, listing):
    liver = Specialty.objects.create(slug="liver", name_en="Liver", area="digestive")
    upload(partner, rows(["liver", "Wątroba", ""]))
    send(partner)
    revision = Revision.objects.get()
    assert (revision.listing, revision.specialty) == (None, liver)
    assert (revision.after["title_en"], revision.after["title_pl"]) == ("Liver", "Wątroba")


def test_what_was_imported_is_public_once_approved(partner, lead, listing):
    upload(partner, rows(["neurosurgery", "Mózg", "9500"]))
    send(partner)
    approve_revision(by=lead, revision=Revision.objects.get())
    cells = dict(zip(*rows_of_csv(exported(partner)), strict=True))
    assert (cells["title_pl"], cells["price_low"]) == ("Mózg", "9500")


def test_word_clear_empties_a_claim(partner, listing):
    names = ("waiting_low", "waiting_high", "waiting_text_en")
    upload(partner, as_csv(["specialty", *names], ["neurosurgery", *["[clear]"] * 3]))
    send(partner)
    assert Revision.objects.get().after == {"claim_waiting": None}


def test_wrong_rows_stay_and_the_right_ones_are_sent(partner, listing, heart):
    upload(partner, rows(["neurosurgery", "Mózg", ""], ["heart", "", "cheap"]))
    page = send(partner)
    assert told(page) == [
        "1 change was sent for approval.",
        "The rows below were not sent. They are kept for a day.",
    ]
    assert problems(page) == {3: ["price_low: “cheap” is not a whole number."]}
    assert changes(page) == {}


def test_sending_twice_sends_once(partner, listing):
    page = upload(partner, rows(["neurosurgery", "Mózg", ""]))
    (draft,) = ImportDraft.objects.all()
    seen = re.findall(r'name="seen" value="([^"]*)"', page.text)
    address = f"{IMPORT}{draft.pk}/send/"
    answers = [partner.post(address, {"seen": seen}, follow=True) for _time in range(2)]
    assert [told(answer)[0][:30] for answer in answers] == [
        "1 change was sent for approval",
        "This file is not waiting here ",
    ]
    assert Revision.objects.count() == 1


def test_change_meanwhile_is_told_and_nothing_of_it_is_lost(partner, lead, listing, heart):
    page = upload(partner, rows(["neurosurgery", "Mózg", ""], ["heart", "Serce", ""]))
    other = make_user("colleague", Role.HOSPITAL_EDITOR, listing.hospital)
    revision = propose_revision(
        by=other,
        hospital=listing.hospital,
        listing=listing,
        changes={"title_pl": "Neuro"},
        base_version=1,
    )
    approve_revision(by=lead, revision=revision)
    page = send(partner, page)
    assert told(page)[:2] == [
        "1 change was sent for approval.",
        "Row 2 was not sent: somebody else changed this specialty while you were reading. "
        "Look again.",
    ]
    assert changes(page) == {2: [("Title (Polski)", "Neuro", "Mózg")]}
    assert told(send(partner, page)) == ["1 change was sent for approval."]


def test_rows_that_the_page_did_not_show_are_not_sent(partner, listing, heart):
    upload(partner, rows(["neurosurgery", "Mózg", ""], ["heart", "Serce", ""]))
    (draft,) = ImportDraft.objects.all()
    partner.post(f"{IMPORT}{draft.pk}/send/", {"seen": "3:1:"})
    assert [revision.listing_id for revision in Revision.objects.all()] == [heart.pk]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"seen": "x"},
        {"seen": "2:1"},
        {"seen": "99:1:"},
        {"seen": "2:7:"},
        {"seen": "2:1:" + "a" * 36, "replace": "x" * 99},
        {"seen": "2:1:" + "-" * 36},
    ],
)
def test_forged_answers_send_nothing(partner, listing, data):
    upload(partner, rows(["neurosurgery", "Mózg", ""]))
    (draft,) = ImportDraft.objects.all()
    answer = partner.post(f"{IMPORT}{draft.pk}/send/", data, follow=True)
    assert answer.status_code == 200
    assert Revision.objects.count() == 0
    assert ImportDraft.objects.count() == 1


# --- A change that waits already


@pytest.fixture
def waiting(listing):
    other = make_user("colleague", Role.HOSPITAL_EDITOR, listing.hospital)
    return propose_revision(
        by=other,
        hospital=listing.hospital,
        listing=listing,
        changes={"title_pl": "Neuro", "title_ar": "أعصاب"},
        base_version=1,
    )


def test_waiting_change_is_shown_and_not_replaced_without_a_tick(partner, listing, waiting):
    page = upload(partner, rows(["neurosurgery", "Mózg", ""]))
    (row,) = page.context["rows"]
    assert [(change["label"], change["after"]) for change in row["waiting"]] == [
        ("Title (Polski)", "Neuro"),
        ("Title (العربية)", "أعصاب"),
    ]
    assert (page.context["count"], page.context["can_tick"]) == (0, True)
    assert told(send(partner, page)) == ["Nothing was sent: no row was ready, or none was ticked."]
    assert [revision.pk for revision in Revision.objects.pending()] == [waiting.pk]


def test_ticked_row_replaces_what_waits_and_keeps_what_it_says_besides(partner, listing, waiting):
    page = upload(partner, rows(["neurosurgery", "Mózg", ""]))
    send(partner, page, replace="2")
    (revision,) = Revision.objects.pending()
    assert revision.pk != waiting.pk
    assert revision.after == {"title_pl": "Mózg", "title_ar": "أعصاب"}


def test_waiting_change_that_came_after_the_preview_is_never_replaced(partner, listing):
    page = upload(partner, rows(["neurosurgery", "Mózg", ""]))
    other = make_user("colleague", Role.HOSPITAL_EDITOR, listing.hospital)
    late = propose_revision(
        by=other,
        hospital=listing.hospital,
        listing=listing,
        changes={"title_pl": "Neuro"},
        base_version=1,
    )
    page = send(partner, page, replace="2")
    assert told(page)[0].startswith("Row 2 was not sent: somebody else changed this")
    assert [revision.pk for revision in Revision.objects.pending()] == [late.pk]
    assert page.context["can_tick"]


def test_exactly_what_waits_is_not_sent_again(partner, listing, waiting):
    page = upload(partner, rows(["neurosurgery", "Neuro", ""]))
    assert "Exactly this change is waiting for approval already." in page.text
    send(partner, page, replace="2")
    assert [revision.pk for revision in Revision.objects.pending()] == [waiting.pk]


def test_own_export_does_not_disturb_what_waits(partner, listing, waiting):
    page = upload(partner, exported(partner))
    assert page.context["summary"] == ["1 row changes nothing"]


# --- Who may, and for how long


@pytest.fixture
def draft(partner, listing):
    upload(partner, rows(["neurosurgery", "Mózg", ""]))
    return ImportDraft.objects.get()


@pytest.mark.parametrize("way", ["", "send/", "discard/"])
def test_h2_draft_of_another_hospital_is_not_there(draft, other_editor, way):
    stranger = sign_in_staff(other_editor)
    address = f"{IMPORT}{draft.pk}/{way}"
    answer = stranger.post(address, {"seen": "2:1:"}) if way else stranger.get(address)
    if way == "send/":
        # As for a file that was sent already, or that never was.
        assert answer.url == REVISIONS
    else:
        assert answer.status_code == 404
    assert ImportDraft.objects.filter(pk=draft.pk).count() == 1
    assert Revision.objects.count() == 0


@pytest.mark.parametrize("way", ["", "send/", "discard/"])
def test_reviewer_may_not_import(draft, reviewer, way):
    client = sign_in_staff(reviewer)
    assert client.get(IMPORT).status_code == 403
    address = f"{IMPORT}{draft.pk}/{way}"
    assert (client.post(address) if way else client.get(address)).status_code == 403
    assert Revision.objects.count() == 0


def test_who_has_left_the_hospital_has_no_draft_there(draft, partner, editor, renji):
    Membership.objects.filter(user=editor).update(hospital=renji)
    assert partner.get(f"{IMPORT}{draft.pk}/").status_code == 404


@pytest.mark.parametrize("action", [discard_draft, send_draft, keep_draft])
def test_actions_ask_who_is_there(draft, reviewer, other_editor, action):
    more = {
        send_draft: {"draft": draft, "proposals": [], "settled": set()},
        discard_draft: {"draft": draft},
        keep_draft: {"hospital": draft.hospital, "header": [], "rows": [], "encoding": ""},
    }[action]
    for person in (reviewer, other_editor):
        with pytest.raises(ActionRefusedError):
            action(by=person, **more)
    assert [row.pk for row in ImportDraft.objects.all()] == [draft.pk]


def test_z3_file_cannot_set_what_is_no_column(partner, listing, renji):
    names = ("version", "position", "id", "hospital_id", "confirmed_by", "reason_en", "status")
    page = upload(
        partner,
        as_csv(["specialty", "title_pl", *names], ["neurosurgery", "A", *[str(renji.pk)] * 7]),
    )
    assert page.context["unknown"] == list(names)
    send(partner, page)
    assert Revision.objects.get().after == {"title_pl": "A"}


def test_colleague_of_the_same_hospital_sees_the_draft(draft, scmc):
    colleague = sign_in_staff(make_user("colleague", Role.HOSPITAL_EDITOR, scmc))
    assert colleague.get(f"{IMPORT}{draft.pk}/").status_code == 200


def test_draft_is_gone_after_a_day(draft, partner):
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        assert ImportDraft.objects.visible_to(draft.created_by).count() == 0
        assert sweep_drafts() == 1
    assert ImportDraft.objects.count() == 0


def test_housekeeping_sweeps_old_drafts_only(draft, editor):
    old = ImportDraft.objects.create(
        hospital=draft.hospital,
        created_by=editor,
        created_at=timezone.now() - timedelta(hours=25),
    )
    housekeeping.func()
    assert list(ImportDraft.objects.values_list("pk", flat=True)) == [draft.pk]
    assert old.pk != draft.pk


def test_new_file_replaces_the_one_before(draft, partner):
    upload(partner, rows(["neurosurgery", "Other", ""]))
    (now,) = ImportDraft.objects.all()
    assert now.pk != draft.pk


def test_draft_can_be_thrown_away(draft, partner):
    page = partner.post(f"{IMPORT}{draft.pk}/discard/", follow=True)
    assert told(page) == ["The file is gone. Nothing has changed."]
    assert ImportDraft.objects.count() == 0


def test_draft_holds_texts_and_no_file(draft):
    assert (draft.header, draft.rows) == (
        ["specialty", "title_pl", "price_low"],
        [{"number": 2, "cells": ["neurosurgery", "Mózg", ""], "bad": []}],
    )


def test_import_leaves_a_trace_without_contents(draft, partner, editor):
    send(partner)
    event = AuditEvent.objects.get(action="listing.imported")
    assert (event.actor_label, event.object_label, event.data) == (
        editor.get_username(),
        "scmc",
        {"sent": 1, "rest": 0},
    )


def test_text_of_a_file_is_shown_as_text(partner, listing):
    evil = "<script>alert(1)</script>"
    page = upload(
        partner,
        as_csv(["specialty", evil, "title_pl"], ["neurosurgery", "", evil], [evil, "", ""]),
    )
    assert evil not in page.text
    assert page.text.count("&lt;script&gt;") >= 3


@pytest.mark.parametrize("count", [1, 20])
def test_preview_of_unchanged_rows_asks_the_same_number_of_questions(
    partner, scmc, django_assert_max_num_queries, count
):
    for number in range(count):
        make_listing(scmc, f"specialty-{number}")
    upload(partner, exported(partner))
    (draft,) = ImportDraft.objects.all()
    with django_assert_max_num_queries(22):
        partner.get(f"{IMPORT}{draft.pk}/")


def test_pages_say_where_to_begin(partner, listing, draft):
    page = partner.get(IMPORT).text
    assert f'href="{LISTINGS}export.xlsx"' in page
    assert f'href="{IMPORT}{draft.pk}/"' in page
    assert "waiting_low" in page
    assert Listing.objects.count() == 1
