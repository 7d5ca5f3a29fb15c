"""All specialties in one table: one save, one proposal for each row that was changed."""

import html
import json
import re

import pytest

from hospitals.actions import approve_revision, propose_revision
from hospitals.forms.bulk import ROWS_A_PAGE
from hospitals.models import Claim, Listing, Revision
from hospitals.tests.exchange import BULK, full_listing
from portal.roles import Role
from portal.tests.fixtures import make_listing, make_user, sign_in_staff

pytestmark = pytest.mark.django_db
CANARY = "zqxcanary"


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


def fields(page) -> dict:
    """What a browser would send of the table."""
    form = re.search(r"<form method=\"post\" novalidate>.*?</form>", page.text, re.S)[0]
    data = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag
        if not is_box or "checked" in tag:
            data[name[1]] = html.unescape(value[1]) if value else ("on" if is_box else "")
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        data[name] = chosen[1] if chosen else ""
    data.pop("csrfmiddlewaretoken")
    return data


def save(client, page=None, **changes):
    """`neurosurgery__waiting_low` is the field of that row."""
    data = fields(page or client.get(BULK))
    for name, value in changes.items():
        key = name.replace("__", "-", 1)
        if value is None:
            data.pop(key)
        else:
            data[key] = value
    return client.post(BULK, data, follow=True)


def told(page) -> list[str]:
    return [str(message) for message in page.context["messages"]]


def row_of(page, slug):
    return next(row for row in page.context["table"].rows if row.prefix == slug)


def test_table_shows_what_is_public(partner, listing, heart):
    data = fields(partner.get(BULK))
    seen = json.loads(data.pop("neurosurgery-seen"))
    assert seen["version"] == 1
    assert {name: data[name] for name in data if name.startswith("neuro")} == {
        "neurosurgery-accepting": "yes",
        "neurosurgery-accepting_until": "2027-03-31",
        "neurosurgery-waiting_low": "7",
        "neurosurgery-waiting_high": "14",
        "neurosurgery-min_age_years": "0",
        "neurosurgery-max_age_years": "17",
        "neurosurgery-is_public": "on",
    }
    assert data["heart-accepting"] == "unknown"


def test_one_save_makes_one_proposal_for_each_changed_row(partner, editor, listing, heart):
    make_listing(listing.hospital, "liver")
    page = save(
        partner,
        neurosurgery__accepting="no",
        neurosurgery__waiting_high="30",
        heart__is_public=None,
    )
    assert told(page) == ["2 changes were sent for approval."]
    after = {revision.listing_id: revision.after for revision in Revision.objects.pending()}
    assert after == {
        listing.pk: {
            "accepting": "no",
            "claim_waiting": {"low": 7, "high": 30, "text_en": "+ papers"},
        },
        heart.pk: {"is_public": False},
    }
    listing.refresh_from_db()
    assert (listing.accepting, listing.version) == ("yes", 1)


def test_every_field_can_be_emptied(partner, listing):
    names = ("accepting_until", "waiting_low", "min_age_years", "max_age_years")
    save(partner, **{f"neurosurgery__{name}": "" for name in names})
    assert Revision.objects.get().after == {
        "accepting_until": None,
        "min_age_years": None,
        "max_age_years": None,
        "claim_waiting": {"high": 14, "text_en": "+ papers"},
    }


def test_waiting_time_of_a_listing_without_one_is_a_new_claim(partner, lead, heart):
    save(partner, heart__waiting_low="0", heart__waiting_high="5")
    approve_revision(by=lead, revision=Revision.objects.get())
    claim = Claim.objects.get(listing=heart)
    assert (claim.kind, claim.low, claim.high) == ("waiting", 0, 5)


def test_nothing_changed_is_told(partner, listing):
    page = save(partner)
    assert told(page) == ["Nothing has changed, so nothing was sent."]
    assert Revision.objects.count() == 0


def test_saving_twice_sends_once(partner, listing):
    page = partner.get(BULK)
    for _time in range(2):
        answer = save(partner, page, neurosurgery__accepting="no")
        assert told(answer) == ["1 change was sent for approval."]
    assert Revision.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "name", "sentence"),
    [
        ({"waiting_low": "30"}, "waiting_high", "The first number must not be above the second."),
        ({"waiting_low": "x"}, "waiting_low", "Enter a whole number."),
        ({"min_age_years": "-1"}, "min_age_years",
         "Ensure this value is greater than or equal to 0."),
        ({"accepting_until": "31.12.2026"}, "accepting_until", "Enter a valid date."),
        ({"min_age_years": "50"}, "__all__", "The youngest age must not be above the oldest."),
        ({"accepting": "perhaps"}, "accepting",
         "Select a valid choice. perhaps is not one of the available choices."),
        ({"seen": "{}"}, "seen", "Open this page again: it was not sent whole."),
        ({"seen": "[1]"}, "seen", "Open this page again: it was not sent whole."),
        ({"seen": '{"version": 1, "waiting": 3, "values": "x"}'}, "seen",
         "Open this page again: it was not sent whole."),
    ],
)  # fmt: skip
def test_error_stands_at_its_row_and_typed_values_stay(
    partner, listing, heart, changes, name, sentence
):
    changes = {f"neurosurgery__{key}": value for key, value in changes.items()}
    page = save(partner, neurosurgery__waiting_high="20", **changes)
    form = row_of(page, "neurosurgery").form
    assert form.errors == {name: [sentence]}
    assert fields(page)["neurosurgery-waiting_high"] == "20"
    assert not row_of(page, "heart").form.errors
    assert Revision.objects.count() == 0


def test_row_that_is_refused_keeps_no_other_back(partner, listing, heart):
    page = save(partner, neurosurgery__min_age_years="50", heart__accepting="yes")
    assert told(page) == ["1 change was sent for approval."]
    assert Revision.objects.get().listing == heart
    assert fields(page)["neurosurgery-min_age_years"] == "50"
    assert "waits for approval" in page.text
    assert told(save(partner, page, neurosurgery__min_age_years="5")) == [
        "1 change was sent for approval."
    ]


# --- Two editors


@pytest.fixture
def colleague(scmc):
    return make_user("colleague", Role.HOSPITAL_EDITOR, scmc)


def propose(by, listing, **changes):
    listing.refresh_from_db()
    return propose_revision(
        by=by,
        hospital=listing.hospital,
        listing=listing,
        changes=changes,
        base_version=listing.version,
    )


def test_waiting_change_is_shown_and_what_is_sent_is_added_to_it(partner, listing, colleague):
    propose(colleague, listing, title_pl="Neuro", accepting="no")
    page = partner.get(BULK)
    assert fields(page)["neurosurgery-accepting"] == "no"
    save(partner, page, neurosurgery__waiting_high="30")
    (revision,) = Revision.objects.pending()
    assert revision.after == {
        "title_pl": "Neuro",
        "accepting": "no",
        "claim_waiting": {"low": 7, "high": 30, "text_en": "+ papers"},
    }


@pytest.mark.parametrize("is_approved", [False, True])
def test_second_editor_sees_both_versions_and_loses_nothing(
    partner, lead, listing, colleague, is_approved
):
    page = partner.get(BULK)
    theirs = propose(
        colleague, listing, accepting="no", claim_waiting={"low": 1, "high": 10}, max_age_years=15
    )
    if is_approved:
        approve_revision(by=lead, revision=theirs)
    page = save(partner, page, neurosurgery__waiting_high="30")
    row = row_of(page, "neurosurgery")
    assert row.form.non_field_errors() == [
        "Somebody else changed this meanwhile. Yours is still below; save again to send it."
    ]
    assert row.conflicts == [{"label": "Days of waiting, to", "theirs": "10"}]
    data = fields(page)
    names = ("waiting_high", "waiting_low", "accepting", "max_age_years")
    assert [data[f"neurosurgery-{name}"] for name in names] == ["30", "1", "no", "15"]
    assert told(save(partner, page)) == ["1 change was sent for approval."]
    (revision,) = Revision.objects.pending()
    assert revision.after["claim_waiting"] == {"low": 1, "high": 30}
    assert revision.after.get("accepting") == (None if is_approved else "no")


def test_row_that_only_the_other_changed_is_no_conflict(partner, lead, listing, heart, colleague):
    page = partner.get(BULK)
    propose(colleague, listing, accepting="no")
    answer = save(partner, page, heart__accepting="yes")
    assert told(answer) == ["1 change was sent for approval."]


# --- Who may


def test_reviewer_may_not_edit(reviewer, listing):
    client = sign_in_staff(reviewer)
    assert client.get(BULK).status_code == 403
    assert client.post(BULK, {"neurosurgery-seen": "{}"}).status_code == 403


def test_h6_rows_of_another_hospital_are_neither_shown_nor_changed(partner, listing, renji):
    foreign = full_listing(renji, "heart", title_en=CANARY)
    page = partner.get(BULK)
    assert [row.listing.pk for row in page.context["table"].rows] == [listing.pk]
    assert CANARY not in page.text
    data = fields(page)
    forged = {name.replace("neurosurgery", "heart"): data[name] for name in data}
    partner.post(BULK, data | forged | {"heart-accepting": "no"})
    assert Revision.objects.count() == 0
    assert Listing.objects.get(pk=foreign.pk).version == 1


def test_z3_other_fields_are_not_read(partner, listing, renji):
    save(
        partner,
        neurosurgery__accepting="no",
        neurosurgery__title_en="Evil",
        neurosurgery__hospital=str(renji.pk),
        neurosurgery__version="9",
        title_en="Evil",
    )
    assert Revision.objects.get().after == {"accepting": "no"}


def test_long_list_has_pages_that_fit_a_request(partner, scmc, settings):
    for number in range(ROWS_A_PAGE + 2):
        make_listing(scmc, f"specialty-{number:03}")
    page = partner.get(BULK)
    assert len(page.context["table"].rows) == ROWS_A_PAGE
    assert len(fields(page)) < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    second = partner.get(BULK, {"page": "2"})
    assert [row.prefix for row in second.context["table"].rows] == [
        f"specialty-{ROWS_A_PAGE:03}",
        f"specialty-{ROWS_A_PAGE + 1:03}",
    ]
    data = fields(second) | {f"specialty-{ROWS_A_PAGE:03}-accepting": "yes"}
    assert told(partner.post(f"{BULK}?page=2", data, follow=True)) == [
        "1 change was sent for approval."
    ]


@pytest.mark.parametrize("page", ["0", "-1", "x", "9999", "99999999", "٢"])
def test_impossible_page_is_the_nearest(partner, listing, page):
    assert len(partner.get(BULK, {"page": page}).context["table"].rows) == 1


@pytest.mark.parametrize("count", [1, 20])
def test_table_asks_the_same_number_of_questions(
    partner, scmc, django_assert_max_num_queries, count
):
    for number in range(count):
        make_listing(scmc, f"specialty-{number}")
    with django_assert_max_num_queries(14):
        partner.get(BULK)


def test_hospital_without_listings_is_told_what_to_do(partner):
    page = partner.get(BULK).text
    assert "Your hospital lists no specialty yet." in page
    assert "/partners/hospitals/listing/add/" in page
