import html
import re

import pytest

from hospitals.actions import approve_revision, propose_revision, refuse_revision
from hospitals.models import Hospital, Listing, Revision, Specialty
from portal.roles import Role
from portal.tests.fixtures import make_hospital, make_listing, make_user, sign_in_staff

pytestmark = pytest.mark.django_db
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


def fields(page, form_index=-1):
    """What a browser would send of the page's last form."""
    form = re.findall(r"<form method=\"post\" novalidate>.*?</form>", page.text, re.S)[form_index]
    data = {}
    for tag in re.findall(r"<(?:input|textarea|select)[^>]*>", form):
        name = re.search(r'name="([^"]+)"', tag)
        kind = re.search(r'type="([^"]+)"', tag)
        if not name or (kind and kind[1] == "checkbox" and "checked" not in tag):
            continue
        value = re.search(r'value="([^"]*)"', tag)
        missing = "on" if kind and kind[1] == "checkbox" else ""
        data[name[1]] = html.unescape(value[1]) if value else missing
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        data[name] = html.unescape(text)
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        data[name] = chosen[1] if chosen else ""
    data.pop("csrfmiddlewaretoken")
    return data


def problems(page):
    return re.findall(
        r"<p>(.*?)</p>", re.search(r'errornote" role="alert">.*?</div>', page.text, re.S)[0]
    )


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


def test_new_specialty_is_proposed(partner, scmc):
    specialty = Specialty.objects.create(slug="heart", area="heart", name_en="Hearts")
    page = partner.get(f"{LISTINGS}add/")
    partner.post(f"{LISTINGS}add/", fields(page) | {"specialty": specialty.pk, "accepting": "yes"})
    revision = Revision.objects.get()
    assert (revision.specialty, revision.listing) == (specialty, None)
    assert revision.after == {
        "title_en": "Hearts",
        "title_zh_hans": "",
        "title_pl": "",
        "title_ar": "",
        "accepting": "yes",
    }


def test_new_specialty_asks_which(partner, scmc):
    page = partner.post(f"{LISTINGS}add/", fields(partner.get(f"{LISTINGS}add/")))
    assert problems(page) == ["Please correct what is marked below."]


def test_new_specialty_that_waits_already_shows_both(scmc, editor, partner):
    specialty = Specialty.objects.create(slug="heart", area="heart", name_en="Hearts")
    first = propose_revision(
        by=editor, hospital=scmc, specialty=specialty, changes={"title_en": "A"}, base_version=0
    )
    data = fields(partner.get(f"{LISTINGS}add/")) | {"specialty": specialty.pk, "title_en": "B"}
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
    page = partner.get(f"{REVISIONS}{revision.pk}/change/").text
    assert '<td lang="ar" dir="rtl">جديد</td>' in page
    assert re.findall(r"<td[^>]*>(yes|no|not said|Children)</td>", page) == [
        "not said",
        "not said",
        "Children",
        "yes",
        "no",
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
