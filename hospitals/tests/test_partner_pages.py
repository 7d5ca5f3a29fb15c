import html
import re

import pytest

from hospitals.actions import approve_revision, propose_revision, refuse_revision
from hospitals.models import (
    Claim,
    Condition,
    ConditionSpecialty,
    Hospital,
    Listing,
    Revision,
    Specialty,
)
from hospitals.tests.pages import cells, fields, problems
from portal.roles import Role
from portal.tests.fixtures import make_hospital, make_listing, make_user, sign_in_staff

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
LISTINGS = "/partners/hospitals/listing/"
REVISIONS = "/partners/hospitals/revision/"


@pytest.fixture
def listing(scmc):
    return make_listing(scmc, title_en="Old title", title_zh_hans="旧标题", description_en="Words")


@pytest.fixture
def partner(editor):
    return sign_in_staff(editor)


def address(listing):
    return f"{LISTINGS}{listing.pk}/change/"


def send(client, listing, **changes):
    """Open the form, type, send."""
    page = client.get(address(listing))
    return client.post(address(listing), fields(page) | changes, follow=True)


def test_form_shows_what_is_public(partner, listing):
    data = fields(partner.get(address(listing)))
    assert (data["title_en"], data["title_zh_hans"], data["description_en"]) == (
        "Old title",
        "旧标题",
        "Words",
    )
    assert (data["base_version"], data["replaces"]) == ("1", "")


def test_form_has_chinese_first(partner, listing):
    page = partner.get(address(listing)).text
    places = [page.index(f'name="title_{code}"') for code in ("zh_hans", "en", "pl", "ar")]
    assert places == sorted(places)


def test_form_names_the_direction_of_each_text(partner, listing):
    page = partner.get(address(listing)).text
    arabic = re.search(r'<textarea name="description_ar"[^>]*>', page)[0]
    assert 'lang="ar"' in arabic
    assert 'dir="rtl"' in arabic


def test_sending_proposes_and_changes_nothing_public(partner, listing):
    page = send(partner, listing, title_en="New title")
    assert "Sent for approval" in page.text
    revision = Revision.objects.get()
    assert (revision.before, revision.after) == (
        {"title_en": "Old title"},
        {"title_en": "New title"},
    )
    listing.refresh_from_db()
    assert listing.title_en == "Old title"


def test_sending_writes_no_admin_log(partner, listing):
    """Its rows would quote titles of one hospital next to another's."""
    from django.contrib.admin.models import LogEntry

    send(partner, listing, title_en="New title")
    assert LogEntry.objects.count() == 0


def test_sending_nothing_new_is_answered_kindly(partner, listing):
    page = send(partner, listing)
    assert problems(page) == [
        "Nothing differs from what is public now, so there is nothing to send."
    ]


def test_impossible_values_are_told_and_kept(partner, listing):
    page = send(partner, listing, min_age_years="30", max_age_years="3", title_pl="Moje słowa")
    assert problems(page) == ["The youngest age must not be above the oldest."]
    assert fields(page)["title_pl"] == "Moje słowa"
    assert Revision.objects.count() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"title_en": ""},
        {"title_en": "x" * 10_000},
        {"description_ar": "x" * 2001},
        {"title_en": "\u202eevil"},
        {"audience": "nobody"},
        {"min_age_years": "-4"},
        {"max_age_years": "9" * 40},
        {"max_age_years": "121"},
        {"min_age_years": "young"},
    ],
)
def test_bad_input_gets_a_sentence_and_proposes_nothing(partner, listing, changes):
    page = send(partner, listing, **changes)
    assert page.status_code == 200
    assert "errornote" in page.text
    assert Revision.objects.count() == 0


@pytest.mark.parametrize(
    "changes", [{"base_version": "x"}, {"base_version": ""}, {"replaces": "y"}]
)
def test_forged_hidden_fields_propose_nothing(partner, listing, changes):
    page = send(partner, listing, title_en="New", **changes)
    assert page.status_code == 200
    assert Revision.objects.count() == 0


def test_emoji_is_welcome(partner, listing):
    send(partner, listing, title_en="Hearts 💚")
    assert Revision.objects.get().after == {"title_en": "Hearts 💚"}


def test_form_shows_what_waits_and_starts_from_it(partner, listing):
    send(partner, listing, title_en="Waiting title")
    page = partner.get(address(listing))
    assert "Waits for approval" in page.text
    assert fields(page)["title_en"] == "Waiting title"
    assert fields(page)["replaces"] == str(Revision.objects.get().pk)


def test_second_proposal_keeps_what_the_first_said(partner, listing):
    send(partner, listing, title_en="Waiting title")
    send(partner, listing, description_en="More words")
    assert Revision.objects.pending().get().after == {
        "title_en": "Waiting title",
        "description_en": "More words",
    }
    assert Revision.objects.filter(status="withdrawn").count() == 1


def test_r4_second_editor_sees_both_texts_and_loses_nothing(scmc, partner, listing):
    other = sign_in_staff(make_user("editor2", Role.HOSPITAL_EDITOR, scmc))
    typed = fields(other.get(address(listing))) | {
        "title_en": "Their title",
        "description_pl": "Ich opis",
    }
    send(partner, listing, title_en="My title", accepting="yes")
    page = other.post(address(listing), typed)
    assert problems(page) == ["Another change of this is waiting for approval."]
    assert Revision.objects.get().after == {"title_en": "My title", "accepting": "yes"}
    kept = fields(page)
    assert (kept["title_en"], kept["description_pl"]) == ("Their title", "Ich opis")
    # What the second editor did not touch is now the first one's.
    assert kept["accepting"] == "yes"
    both = re.search(r'id="conflicts".*?</section>', page.text, re.S)[0]
    assert re.findall(r"My title|Their title", both) == ["My title", "Their title"]


def test_r4_second_editor_may_then_replace(scmc, partner, listing):
    other = sign_in_staff(make_user("editor2", Role.HOSPITAL_EDITOR, scmc))
    typed = fields(other.get(address(listing))) | {"title_en": "Their title"}
    send(partner, listing, title_en="My title", accepting="yes")
    page = other.post(address(listing), typed)
    other.post(address(listing), fields(page))
    assert Revision.objects.pending().get().after == {"title_en": "Their title", "accepting": "yes"}
    assert Revision.objects.get(status="withdrawn").after["title_en"] == "My title"


def test_r4_stale_form_is_told_and_put_on_top_of_what_is_public(scmc, partner, lead, listing):
    other = make_user("editor2", Role.HOSPITAL_EDITOR, scmc)
    typed = fields(partner.get(address(listing))) | {"title_en": "Mine"}
    revision = propose_revision(
        by=other,
        hospital=scmc,
        listing=listing,
        changes={"title_en": "Public now", "audience": "children", "is_public": False},
        base_version=1,
    )
    approve_revision(by=lead, revision=revision)
    page = partner.post(address(listing), typed)
    assert problems(page) == ["Somebody else changed this while you were writing."]
    kept = fields(page)
    assert (kept["title_en"], kept["audience"], kept["base_version"]) == ("Mine", "children", "2")
    partner.post(address(listing), kept)
    assert Revision.objects.pending().get().after == {"title_en": "Mine"}


@pytest.fixture
def hearts(db):
    return Specialty.objects.create(slug="heart", area="heart", name_en="Hearts")


def test_new_specialty_is_chosen_first(partner, scmc, hearts):
    make_listing(scmc)
    page = partner.get(f"{LISTINGS}add/")
    assert re.findall(r'<option value="([^"]+)"', page.text) == ["heart"]
    assert 'name="title_en"' not in page.text


def test_new_specialty_is_proposed(partner, scmc, hearts):
    page = partner.get(f"{LISTINGS}add/", {"specialty": "heart"})
    assert fields(page)["title_en"] == "Hearts"
    partner.post(f"{LISTINGS}add/", fields(page) | {"accepting": "yes"})
    revision = Revision.objects.get()
    assert (revision.specialty, revision.listing) == (hearts, None)
    assert revision.after == {
        "title_en": "Hearts",
        "title_zh_hans": "",
        "title_pl": "",
        "title_ar": "",
        "accepting": "yes",
    }


def test_new_specialty_asks_which(partner, scmc, hearts):
    page = partner.post(f"{LISTINGS}add/", {"title_en": "Hearts"})
    assert "Choose the specialty first." in page.text


@pytest.mark.parametrize("asked", ["", "nonsense", "neurosurgery"])
def test_new_specialty_that_is_none_or_listed_asks_again(partner, scmc, hearts, asked):
    make_listing(scmc)
    page = partner.get(f"{LISTINGS}add/", {"specialty": asked})
    assert (page.status_code, 'name="title_en"' in page.text) == (200, False)


def test_new_specialty_that_waits_already_shows_both(scmc, editor, partner, hearts):
    data = fields(partner.get(f"{LISTINGS}add/", {"specialty": "heart"})) | {"title_en": "B"}
    first = propose_revision(
        by=editor, hospital=scmc, specialty=hearts, changes={"title_en": "A"}, base_version=0
    )
    page = partner.post(f"{LISTINGS}add/", data)
    assert problems(page) == ["Another change of this is waiting for approval."]
    assert fields(page)["replaces"] == str(first.pk)
    partner.post(f"{LISTINGS}add/", fields(page))
    assert Revision.objects.pending().get().after["title_en"] == "B"


def test_hospital_form_proposes(partner, scmc):
    place = f"/partners/hospitals/hospital/{scmc.pk}/change/"
    partner.post(place, fields(partner.get(place)) | {"accepting": "no"})
    assert Revision.objects.get().after == {"accepting": "no"}


def test_stale_hospital_form_is_told(partner, scmc):
    place = f"/partners/hospitals/hospital/{scmc.pk}/change/"
    data = fields(partner.get(place)) | {"accepting": "no"}
    Hospital.objects.update(version=2)
    page = partner.post(place, data)
    assert problems(page) == ["Somebody else changed this while you were writing."]


def test_reviewer_reads_only(reviewer, listing):
    client = sign_in_staff(reviewer)
    page = client.get(address(listing))
    assert page.status_code == 200
    assert "Send for approval" not in page.text
    assert client.post(address(listing), {"title_en": "New"}).status_code == 403
    assert client.get(f"{LISTINGS}add/").status_code == 403
    assert client.post(f"{LISTINGS}add/", {}).status_code == 403


def test_reviewer_does_not_take_back(editor, reviewer, scmc):
    revision = propose_revision(
        by=editor, hospital=scmc, changes={"accepting": "yes"}, base_version=1
    )
    sign_in_staff(reviewer).post(f"{REVISIONS}{revision.pk}/withdraw/")
    assert list(Revision.objects.pending()) == [revision]


def test_editor_takes_back(editor, partner, scmc):
    revision = propose_revision(
        by=editor, hospital=scmc, changes={"accepting": "yes"}, base_version=1
    )
    page = partner.post(f"{REVISIONS}{revision.pk}/withdraw/", follow=True)
    assert "Taken back" in page.text
    again = partner.post(f"{REVISIONS}{revision.pk}/withdraw/", follow=True)
    assert "Somebody has decided about this change already." in again.text


def test_refused_change_shows_why(editor, lead, partner, scmc):
    revision = propose_revision(
        by=editor, hospital=scmc, changes={"accepting": "yes"}, base_version=1
    )
    refuse_revision(by=lead, revision=revision, reason="Since when?")
    assert "Since when?" in partner.get(REVISIONS).text
    page = partner.get(f"{REVISIONS}{revision.pk}/change/").text
    assert "Since when?" in page
    assert "Take this change back" not in page


def partly_refused(editor, lead, listing, **changes):
    revision = propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"accepting": "yes", **changes},
        base_version=listing.version,
    )
    approve_revision(by=lead, revision=revision, refused=dict.fromkeys(changes, "Which ages?"))
    return revision


def test_each_field_shows_what_became_of_it(editor, lead, partner, listing):
    revision = partly_refused(editor, lead, listing, title_en="New")
    page = partner.get(f"{REVISIONS}{revision.pk}/change/")
    assert cells(page) == [
        *("Old title", "New", "refusedReason: Which ages?"),
        *("Not known yet", "Accepting new patients", "approved"),
    ]
    assert "Which ages?" in partner.get(REVISIONS).text


def test_refused_field_is_taken_up_again(editor, lead, partner, listing):
    revision = partly_refused(editor, lead, listing, title_en="New", claim_waiting={"low": 3})
    page = partner.get(f"{REVISIONS}{revision.pk}/change/").text
    link = re.search(r'href="([^"]+again=[^"]+)"', page)[1]
    data = fields(partner.get(html.unescape(link)))
    assert (data["title_en"], data["claim_waiting__low"], data["accepting"]) == ("New", "3", "yes")
    partner.post(link, data | {"title_en": "New, for all ages"})
    assert Revision.objects.pending().get().after == {
        "title_en": "New, for all ages",
        "claim_waiting": {"low": 3},
    }


@pytest.mark.parametrize("target", ["hospital", "specialty"])
def test_refused_whole_is_taken_up_again(editor, lead, partner, scmc, hearts, target):
    more = {"specialty": hearts, "base_version": 0} if target == "specialty" else {}
    changes = {"description_en": "Once more", "accepting": "no"}
    revision = propose_revision(
        **{"by": editor, "hospital": scmc, "changes": changes, "base_version": 1, **more}
    )
    refuse_revision(by=lead, revision=revision, reason="Why?")
    page = partner.get(f"{REVISIONS}{revision.pk}/change/").text
    link = html.unescape(re.search(r'href="([^"]+again=[^"]+)"', page)[1])
    data = fields(partner.get(link))
    assert (data["description_en"], data["accepting"]) == ("Once more", "no")


def test_what_was_approved_or_waits_is_not_taken_up(editor, lead, partner, scmc):
    revision = propose_revision(
        by=editor, hospital=scmc, changes={"accepting": "yes"}, base_version=1
    )
    assert "again=" not in partner.get(f"{REVISIONS}{revision.pk}/change/").text
    approve_revision(by=lead, revision=revision)
    assert "again=" not in partner.get(f"{REVISIONS}{revision.pk}/change/").text
    place = f"/partners/hospitals/hospital/{scmc.pk}/change/"
    assert fields(partner.get(place, {"again": revision.pk}))["accepting"] == "yes"


def test_reader_is_not_asked_to_take_up(editor, lead, reviewer, listing):
    revision = partly_refused(editor, lead, listing, title_en="New")
    page = sign_in_staff(reviewer).get(f"{REVISIONS}{revision.pk}/change/").text
    assert "again=" not in page


def test_claims_are_proposed_by_the_form(partner, listing):
    condition = Condition.objects.create(slug="moyamoya", name_en="Moyamoya")
    ConditionSpecialty.objects.create(condition=condition, specialty=listing.specialty)
    Condition.objects.create(slug="stroke", name_en="Stroke")
    send(
        partner,
        listing,
        conditions=["moyamoya"],
        conditions_more="Stroke",
        claim_waiting__low="3",
        claim_waiting__high="10",
        claim_records__codes=["summary"],
    )
    assert Revision.objects.get().after == {
        "conditions": ["moyamoya", "stroke"],
        "claim_waiting": {"low": 3, "high": 10},
        "claim_records": {"codes": ["summary"]},
    }


def test_error_is_next_to_its_field_and_nothing_typed_is_lost(partner, listing):
    page = send(
        partner,
        listing,
        claim_volume__low="120",
        claim_volume__text_zh_hans="手术例数",
        conditions_more="nonsense",
        claim_languages__codes=["en", "pl"],
    )
    assert problems(page) == [
        "We do not know “nonsense”. Write another name, or ask the office.",
        "Say where this is written: without a source it is not published.",
    ]
    data = fields(page)
    assert (data["claim_volume__text_zh_hans"], data["conditions_more"]) == ("手术例数", "nonsense")
    assert data["claim_languages__codes"] == ["en", "pl"]
    marked = re.findall(r'<div class="form-(?:row|part) errors">.*?name="([^"]+)"', page.text, re.S)
    assert marked == ["conditions_more", "claim_volume__source_title"]
    assert 'href="#id_claim_volume__source_title"' in page.text


def test_r4_two_claims_at_once_are_both_shown(scmc, partner, listing):
    other = sign_in_staff(make_user("editor2", Role.HOSPITAL_EDITOR, scmc))
    moyamoya = Condition.objects.create(slug="moyamoya", name_en="Moyamoya")
    Condition.objects.create(slug="stroke", name_en="Stroke")
    typed = fields(other.get(address(listing))) | {
        "claim_waiting__low": "5",
        "conditions_more": "Stroke",
    }
    send(partner, listing, claim_waiting__low="3", conditions_more="Moyamoya", accepting="yes")
    page = other.post(address(listing), typed)
    assert problems(page) == ["Another change of this is waiting for approval."]
    both = re.search(r'id="conflicts".*?</section>', page.text, re.S)[0]
    shown = re.findall(r"from 3 days|from 5 days|Moyamoya|Stroke", both)
    assert shown == ["Moyamoya", "Stroke", "from 3 days", "from 5 days"]
    kept = fields(page)
    assert (kept["claim_waiting__low"], kept["accepting"]) == ("5", "yes")
    other.post(address(listing), kept)
    assert Revision.objects.pending().get().after == {
        "claim_waiting": {"low": 5},
        "conditions": ["stroke"],
        "accepting": "yes",
    }
    assert moyamoya.named_by.count() == 0


def test_form_of_a_listing_is_calm(partner, listing):
    """Closed sections say in a line what they hold; a busy doctor reads three open ones."""
    Claim.objects.create(listing=listing, kind="price", low=5, high=9, currency="USD")
    page = partner.get(address(listing)).text
    notes = re.findall(
        r'<h2 class="fieldset-heading">(.*?)</h2><span class="fold-note">(.*?)<', page
    )
    assert dict(notes)["Price"] == "5 to 9 USD"
    assert page.count("<details open>") == 3


def test_history_is_on_the_form_with_names(editor, lead, partner, listing):
    partly_refused(editor, lead, listing, title_en="New")
    page = partner.get(address(listing)).text
    assert "<del>Not known yet</del> → <ins>Accepting new patients</ins>" in page
    assert "Scmc-Editor; approved by Lead" in page


def test_listing_shows_its_trail(editor, lead, partner, listing):
    revision = propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"accepting": "yes"},
        base_version=1,
    )
    refuse_revision(by=lead, revision=revision, reason="Since when?")
    page = partner.get(address(listing)).text
    assert "Earlier changes" in page
    assert "Since when?" in page


def test_proposal_page_shows_before_and_after(editor, partner, listing):
    revision = propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"title_ar": "جديد", "is_public": False, "audience": "children"},
        base_version=1,
    )
    page = partner.get(f"{REVISIONS}{revision.pk}/change/")
    assert '<td data-label="After" lang="ar" dir="rtl"><ins>جديد</ins></td>' in page.text
    assert cells(page) == [
        *("not said", "جديد", "waits"),
        *("not said", "Children", "waits"),
        *("yes", "no", "waits"),
    ]


def test_proposal_page_says_when_it_is_out_of_date(editor, partner, listing):
    revision = propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"title_en": "New"},
        base_version=1,
    )
    Listing.objects.update(version=2, title_en="Public now")
    page = partner.get(f"{REVISIONS}{revision.pk}/change/").text
    assert "Public now" in page


@pytest.mark.parametrize(
    ("language", "title"), [("zh-hans", "zh-hans"), ("en", "en"), ("pl", "pl")]
)
def test_site_speaks_the_reader_s_language(editor, partner, language, title):
    editor.language = language
    editor.save()
    assert f'<html lang="{title}"' in partner.get("/partners/").text


def test_site_speaks_chinese_to_whoever_has_not_chosen(editor, partner):
    editor.language = ""
    editor.save()
    assert '<html lang="zh-hans"' in partner.get("/partners/").text


@pytest.mark.parametrize("model", ["listing", "hospital", "revision"])
def test_changelists_ask_the_same_for_one_and_three(
    editor, partner, scmc, model, django_assert_num_queries
):
    place = f"/partners/hospitals/{model}/"
    partner.get(place)

    def fill(number):
        for index in range(number):
            listing = make_listing(scmc, f"s-{make_hospital(f'x{index}-{number}').pk}")
            propose_revision(
                by=editor,
                hospital=scmc,
                listing=listing,
                changes={"title_en": "New"},
                base_version=1,
            )

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    fill(1)
    with CaptureQueriesContext(
        connection,
    ) as one:
        partner.get(place)
    fill(2)
    with django_assert_num_queries(len(one)):
        partner.get(place)
    assert len(one) <= 15
