"""One click says that the whole page is still right; and what of it is getting old."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from hospitals.actions import (
    ActionRefusedError,
    ChangedMeanwhileError,
    approve_revision,
    confirm_page,
    page_fingerprint,
    propose_revision,
)
from hospitals.confirmations import page_state
from hospitals.models import (
    Campus,
    Change,
    Claim,
    Condition,
    DirectoryVersion,
    Fact,
    Hospital,
    Listing,
    ListingCondition,
    Story,
)
from hospitals.tests.pages import forms
from portal.models import AuditEvent
from portal.tests.fixtures import make_listing, sign_in_staff

pytestmark = pytest.mark.django_db
STILL_RIGHT = "/partners/still-right/"
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.fixture
def listing(scmc):
    listing = make_listing(scmc, title_en="Old")
    moyamoya = Condition.objects.create(slug="moyamoya", name_en="Moyamoya")
    Claim.objects.create(listing=listing, kind="waiting", low=3)
    ListingCondition.objects.create(listing=listing, condition=moyamoya)
    Fact.objects.create(hospital=scmc, key="beds", kind="beds", value_en="900")
    Fact.objects.create(hospital=scmc, key="phone", kind="main_phone", is_withheld=True)
    Campus.objects.create(hospital=scmc, key="main", name_en="Main", district="pudong")
    Story.objects.create(hospital=scmc, key="story", country="PL")
    return listing


def confirm(editor, hospital):
    confirm_page(by=editor, hospital=hospital, seen=page_fingerprint(hospital))


def test_one_click_confirms_whatever_is_public(editor, scmc, listing):
    with time_machine.travel(NOW, tick=False):
        confirm(editor, scmc)
    for model in (Listing, Claim, ListingCondition, Campus):
        row = model.objects.get()
        assert (row.confirmed_at, row.confirmed_by) == (NOW, editor)
    assert {fact.key: fact.confirmed_at for fact in Fact.objects.all()} == {
        "beds": NOW,
        "phone": None,
    }
    assert Story.objects.get().confirmed_at is None


def test_one_click_is_recorded_and_public_at_once(editor, scmc, listing):
    confirm(editor, scmc)
    change = Change.objects.get()
    assert (change.origin, change.by, change.field) == ("confirmation", editor, "")
    assert AuditEvent.objects.get().action == "hospital.confirmed"
    assert DirectoryVersion.current() == 1


@pytest.mark.parametrize(("accepting", "is_confirmed"), [("yes", True), ("unknown", False)])
def test_one_click_confirms_only_what_was_said(editor, scmc, listing, accepting, is_confirmed):
    Hospital.objects.update(accepting=accepting)
    confirm(editor, scmc)
    scmc.refresh_from_db()
    assert bool(scmc.accepting_confirmed_at) is is_confirmed


def test_confirming_leaves_the_fingerprint_as_it_was(editor, scmc, listing):
    before = page_fingerprint(scmc)
    confirm(editor, scmc)
    assert page_fingerprint(scmc) == before
    confirm(editor, scmc)


@pytest.mark.parametrize(
    "edit",
    [
        lambda scmc: Hospital.objects.update(version=2),
        lambda scmc: Listing.objects.update(version=2),
        lambda scmc: Listing.objects.update(is_public=False),
        lambda scmc: Claim.objects.update(low=4),
        lambda scmc: ListingCondition.objects.all().delete(),
        lambda scmc: Fact.objects.filter(key="beds").update(value_en="901"),
        lambda scmc: Fact.objects.update(is_withheld=False),
        lambda scmc: Campus.objects.update(name_zh_hans="新"),
        lambda scmc: make_listing(scmc, "heart"),
    ],
)
def test_page_that_changed_meanwhile_is_not_confirmed(editor, scmc, listing, edit):
    seen = page_fingerprint(scmc)
    edit(scmc)
    with pytest.raises(ChangedMeanwhileError):
        confirm_page(by=editor, hospital=scmc, seen=seen)
    assert Change.objects.count() == 0
    assert not Listing.objects.exclude(confirmed_at=None).exists()


def test_change_of_another_hospital_does_not_matter(editor, scmc, renji, listing):
    seen = page_fingerprint(scmc)
    make_listing(renji, "heart")
    confirm_page(by=editor, hospital=scmc, seen=seen)
    assert Listing.objects.exclude(confirmed_at=None).get() == listing


@pytest.mark.parametrize("who", ["reviewer", "other_editor", "lead", "coordinator"])
def test_stranger_confirms_nothing(request, scmc, listing, who):
    with pytest.raises(ActionRefusedError):
        confirm(request.getfixturevalue(who), scmc)
    assert Change.objects.count() == 0


def seen_on(page) -> str:
    return next(form["seen"][0] for form in forms(page) if "seen" in form)


@pytest.mark.parametrize("place", ["/partners/", STILL_RIGHT])
def test_button_confirms_the_page(editor, scmc, listing, place):
    client = sign_in_staff(editor)
    page = client.get(place)
    assert "Nobody has confirmed the whole page yet." in page.text
    answer = client.post(STILL_RIGHT, {"seen": seen_on(page)}, follow=True)
    assert "you confirmed it today" in answer.text
    assert "by Scmc-Editor" in answer.text


def test_button_is_on_the_hospital_s_page(editor, scmc, listing):
    page = sign_in_staff(editor).get(f"/partners/hospitals/hospital/{scmc.pk}/change/")
    assert seen_on(page) == page_fingerprint(scmc)


def test_button_of_an_old_page_writes_nothing_and_says_so(editor, scmc, listing):
    client = sign_in_staff(editor)
    seen = seen_on(client.get("/partners/"))
    Listing.objects.update(version=2)
    answer = client.post(STILL_RIGHT, {"seen": seen}, follow=True)
    assert "nothing was confirmed" in answer.text
    assert Change.objects.count() == 0
    assert seen_on(answer) == page_fingerprint(scmc) != seen


def test_button_wants_a_token(editor, scmc, listing):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sign_in_staff(editor).cookies
    assert strict.post(STILL_RIGHT, {"seen": page_fingerprint(scmc)}).status_code == 403
    assert Change.objects.count() == 0


def test_reader_has_no_button(reviewer, scmc, listing):
    client = sign_in_staff(reviewer)
    for place in ("/partners/", STILL_RIGHT):
        page = client.get(place)
        assert (page.status_code, 'name="seen"' in page.text) == (200, False)
    assert client.post(STILL_RIGHT, {"seen": page_fingerprint(scmc)}).status_code == 403


def confirmed(days_ago, editor):
    Listing.objects.update(confirmed_at=NOW - timedelta(days=days_ago), confirmed_by=editor)


@pytest.mark.parametrize(
    ("days_ago", "counts"),
    [
        (10, (0, 0, 4)),
        (333, (0, 0, 4)),
        (335, (0, 1, 4)),
        (365, (0, 1, 4)),
        (366, (1, 0, 4)),
    ],
)
def test_state_knows_what_is_old_and_what_soon_will_be(editor, scmc, listing, days_ago, counts):
    confirmed(days_ago, editor)
    state = page_state(scmc, date(2026, 11, 23))
    assert (state.old, state.ageing, state.never) == counts
    assert state.total == 5


def test_state_names_the_listing_by_its_oldest_claim(editor, scmc, listing):
    confirmed(10, editor)
    old = NOW - timedelta(days=400)
    Claim.objects.update(confirmed_at=old, confirmed_by=editor)
    [row] = page_state(scmc, date(2026, 11, 23)).listings
    assert (row.oldest, row.is_old, row.is_ageing) == (old, True, False)


@pytest.mark.parametrize(
    ("accepting", "until", "is_ending"),
    [
        ("yes", date(2026, 12, 7), True),
        ("yes", date(2026, 12, 8), False),
        ("yes", date(2026, 1, 1), True),
        ("yes", None, False),
        ("no", date(2026, 1, 1), False),
    ],
)
def test_state_knows_what_ends(scmc, listing, accepting, until, is_ending):
    Listing.objects.update(accepting=accepting, accepting_until=until)
    state = page_state(scmc, date(2026, 11, 23))
    assert (bool(state.ending), state.is_due) == (is_ending, is_ending)


def test_desk_tells_what_is_old(editor, scmc, listing):
    now = datetime.now(tz=UTC)
    Listing.objects.update(confirmed_at=now - timedelta(days=400), confirmed_by=editor)
    Claim.objects.update(confirmed_at=now - timedelta(days=345), confirmed_by=editor)
    page = sign_in_staff(editor).get("/partners/").text
    assert "1 entry older than 12 months" in page
    assert "1 entry soon older than 12 months" in page


def test_desk_asks_the_same_for_one_listing_and_three(
    editor, scmc, listing, django_assert_max_num_queries
):
    client = sign_in_staff(editor)
    client.get("/partners/")
    with django_assert_max_num_queries(30) as one:
        client.get("/partners/")
    for slug in ("heart", "lungs"):
        more = make_listing(scmc, slug)
        Claim.objects.create(listing=more, kind="waiting", low=3)
    with django_assert_max_num_queries(len(one)):
        client.get("/partners/")


def test_desk_shows_what_waits_and_what_was_refused(editor, lead, scmc, listing):
    first = propose_revision(
        by=editor,
        hospital=scmc,
        listing=listing,
        changes={"title_en": "New", "accepting": "yes"},
        base_version=1,
    )
    approve_revision(by=lead, revision=first, refused={"accepting": "Since when?"})
    propose_revision(by=editor, hospital=scmc, changes={"accepting": "no"}, base_version=1)
    page = sign_in_staff(editor).get("/partners/").text
    assert "Since when?" in page
    assert "About the hospital" in page
    with time_machine.travel(datetime.now(tz=UTC) + timedelta(days=31)):
        client = sign_in_staff(editor)
        assert "Nothing was refused." in client.get("/partners/").text


def test_person_without_a_hospital_has_an_empty_desk(editor, scmc):
    editor.membership.delete()
    page = sign_in_staff(editor).get("/partners/")
    assert (page.status_code, 'id="h-care"' in page.text) == (200, False)


def test_preview_lays_what_waits_over_the_page(editor, client, scmc, listing):
    propose_revision(
        by=editor, hospital=scmc, listing=listing, changes={"title_en": "Soon"}, base_version=1
    )
    page = sign_in_staff(editor).get("/partners/preview/")
    assert "Soon" in page.text
    assert "A preview: your page with everything that waits for approval." in page.text
    assert "Soon" not in client.get("/en/hospitals/scmc/").text
    assert Listing.objects.get().title_en == "Old"


def test_preview_is_kept_by_nobody(editor, scmc, listing):
    page = sign_in_staff(editor).get("/partners/preview/")
    assert "no-store" in page["Cache-Control"]
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex' in page.text


@pytest.mark.parametrize(
    ("asked", "language"), [("pl", "pl"), ("ar", "ar"), ("xx", "en"), ("", "en")]
)
def test_preview_speaks_the_asked_language(editor, scmc, listing, asked, language):
    page = sign_in_staff(editor).get("/partners/preview/", {"language": asked})
    assert f'<html lang="{language}"' in page.text
    assert 'href="?language=zh-hans"' in page.text
