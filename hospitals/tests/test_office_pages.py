import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from hospitals.actions import confirm_page, page_fingerprint, propose_revision
from hospitals.actions.history import keep_loaded
from hospitals.admin.comparison import describe, is_stale
from hospitals.admin.decisions import LOOK_AGAIN
from hospitals.models import (
    Claim,
    Condition,
    Fact,
    Listing,
    Membership,
    Revision,
    Source,
    Specialty,
    Story,
)
from hospitals.tests.pages import forms
from portal.models import AuditEvent
from portal.roles import Role
from portal.tests.fixtures import make_hospital, make_listing, make_user, sign_in_staff

pytestmark = [pytest.mark.django_db, pytest.mark.any_engine]
REVISIONS = "/office/hospitals/revision/"
DIRECTORY = ["hospital", "listing", "fact", "specialty", "source", "story"]


@pytest.fixture
def listing(scmc):
    return make_listing(scmc, title_en="Old title")


@pytest.fixture
def revision(editor, listing):
    return propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"title_en": "New <title>", "accepting": "yes"},
        base_version=1,
    )


@pytest.fixture
def desk(lead):
    return sign_in_staff(lead)


def choices(page, **more):
    """Everything approved, as the page proposes, and what a lead chooses otherwise."""
    form = next(form for form in forms(page) if any(n.startswith("choice_") for n in form))
    return {
        name: values[0] for name, values in form.items() if name != "csrfmiddlewaretoken"
    } | more


def decide(desk, revision, **more):
    """Open the page, choose, send."""
    place = f"{REVISIONS}{revision.pk}/"
    data = choices(desk.get(f"{place}change/"), **more)
    return desk.post(f"{place}approve/", data, follow=True)


def fill(number):
    """Rows in every table of the directory, each with its own relations."""
    for index in range(number):
        name = f"n{number}-{index}"
        hospital = make_hospital(name)
        source = Source.objects.create(key=name, title=name)
        listing = make_listing(hospital, name, source=source)
        Fact.objects.create(hospital=hospital, key=name, kind="beds", value_en="1", source=source)
        Story.objects.create(hospital=hospital, key=name, country="PL", source=source)
        editor = make_user(name, Role.HOSPITAL_EDITOR, hospital)
        for target in ({"listing": listing}, {}, {"specialty": Specialty.objects.first()}):
            Revision.objects.create(
                hospital=hospital, created_by=editor, after={"accepting": "yes"}, **target
            )


@pytest.mark.parametrize("model", [*DIRECTORY, "revision", "membership"])
def test_changelists_ask_the_same_for_one_and_three(
    model, lead, administrator, django_assert_num_queries
):
    client = sign_in_staff(administrator if model == "membership" else lead)
    place = f"/office/hospitals/{model}/"
    fill(1)
    client.get(place)
    with CaptureQueriesContext(connection) as one:
        assert client.get(place).status_code == 200
    fill(3)
    with django_assert_num_queries(len(one)):
        client.get(place)
    assert len(one) <= 15


@pytest.mark.parametrize("model", DIRECTORY)
@pytest.mark.parametrize("who", ["lead", "coordinator"])
def test_directory_is_read_only(request, who, model):
    fill(1)
    client = sign_in_staff(request.getfixturevalue(who))
    place = f"/office/hospitals/{model}/"
    admin_model = {"specialty": Specialty, "fact": Fact, "listing": Listing}.get(model)
    if admin_model:
        page = f"{place}{admin_model.objects.first().pk}/change/"
        assert client.get(page).status_code == 200
        assert client.post(page, {"title_en": "x"}).status_code == 403
    assert client.get(f"{place}add/").status_code == 403
    assert 'name="_save"' not in client.get(place).text


@pytest.mark.parametrize("model", DIRECTORY)
def test_search_of_a_changelist_works(desk, model):
    fill(1)
    assert desk.get(f"/office/hospitals/{model}/", {"q": "n1"}).status_code == 200


@pytest.mark.parametrize("who", ["auditor", "administrator", "coordinator"])
def test_queue_is_only_for_who_decides(request, who, revision):
    client = sign_in_staff(request.getfixturevalue(who))
    assert client.get(REVISIONS).status_code == 403
    for page in ("approve", "refuse"):
        for method in (client.get, client.post):
            assert method(f"{REVISIONS}{revision.pk}/{page}/").status_code == 404
    assert Revision.objects.get().status == "pending"


def test_queue_has_what_waits_first(desk, lead, editor, scmc, revision):
    Revision.objects.create(
        hospital=scmc,
        created_by=editor,
        status="refused",
        decided_by=lead,
        decided_at=revision.created_at,
        after={"accepting": "no"},
    )
    page = desk.get(REVISIONS).text
    assert page.index("waiting for approval</td>") < page.index("refused</td>")


def test_page_shows_before_and_after(desk, revision):
    page = desk.get(f"{REVISIONS}{revision.pk}/change/").text
    assert '<p lang="en" dir="ltr"><del>Old</del> title</p>' in page
    assert '<p lang="en" dir="ltr"><ins>New &lt;</ins>title<ins>&gt;</ins></p>' in page
    assert "<ins>Accepting new patients</ins>" in page
    assert "style=" not in page


def test_approve_makes_it_public(desk, client, listing, revision):
    page = decide(desk, revision)
    assert "Approved. It is public now." in page.text
    public = client.get("/en/hospitals/scmc/").text
    assert "New &lt;title&gt;" in public
    assert "onfirmed by the hospital on" in public


def test_refuse_tells_the_hospital_why(desk, revision):
    desk.post(f"{REVISIONS}{revision.pk}/refuse/", {"reason": "Say the ages"})
    revision.refresh_from_db()
    assert (revision.status, revision.reason) == ("refused", "Say the ages")


@pytest.mark.parametrize("reason", ["", "x" * 501])
def test_refuse_without_a_sensible_reason_keeps_what_was_typed(desk, revision, reason):
    page = desk.post(f"{REVISIONS}{revision.pk}/refuse/", {"reason": reason})
    assert page.status_code == 400
    assert f">{reason}</textarea>" in page.text
    assert Revision.objects.get().status == "pending"


@pytest.mark.parametrize("page", ["approve", "refuse"])
def test_decisions_are_posted(desk, revision, page):
    assert desk.get(f"{REVISIONS}{revision.pk}/{page}/").status_code == 405


@pytest.mark.parametrize("page", ["approve", "refuse"])
def test_decisions_want_a_token(lead, revision, page):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sign_in_staff(lead).cookies
    assert strict.post(f"{REVISIONS}{revision.pk}/{page}/", {"reason": "x"}).status_code == 403
    assert Revision.objects.get().status == "pending"


def test_unknown_proposal_is_not_found(desk, revision):
    nothing = "11111111-2222-4333-8444-555555555555"
    assert desk.get(f"{REVISIONS}{nothing}/change/").status_code == 404
    assert desk.get(f"{REVISIONS}no-id/change/").status_code == 404
    assert desk.post(f"{REVISIONS}{nothing}/approve/").status_code == 404


def test_one_field_is_refused_with_its_reason(desk, listing, revision):
    page = decide(desk, revision, choice_accepting="refuse", reason_accepting="Since when?")
    assert "Approved in part." in page.text
    listing.refresh_from_db()
    revision.refresh_from_db()
    assert (listing.title_en, listing.accepting) == ("New <title>", "unknown")
    assert (revision.status, revision.refused) == ("partly", {"accepting": "Since when?"})
    again = desk.get(f"{REVISIONS}{revision.pk}/change/").text
    assert "Since when?" in again
    assert "choice_" not in again


def test_refusing_every_field_refuses_the_change(desk, listing, revision):
    refused = {f"choice_{name}": "refuse" for name in revision.after}
    reasons = {"reason_title_en": "Too long.", "reason_accepting": "Since when?"}
    page = decide(desk, revision, **refused, **reasons)
    assert "Refused. The hospital sees your reason." in page.text
    revision.refresh_from_db()
    assert (revision.status, revision.reason) == ("refused", "Too long. Since when?")


def test_field_refused_without_a_reason_keeps_what_was_chosen(desk, revision):
    place = f"{REVISIONS}{revision.pk}/"
    data = choices(desk.get(f"{place}change/"), choice_accepting="refuse")
    page = desk.post(f"{place}approve/", data)
    assert page.status_code == 400
    assert "Say why: the hospital reads your reason." in page.text
    assert choices(page)["choice_accepting"] == "refuse"
    assert Revision.objects.get().status == "pending"


@pytest.mark.parametrize("forged", [{}, {"choice_accepting": "approve"}, {"choice_title_en": "x"}])
def test_field_without_a_choice_is_not_approved(desk, listing, revision, forged):
    page = desk.post(f"{REVISIONS}{revision.pk}/approve/", forged)
    assert page.status_code == 400
    assert "Say for each field whether it is approved." in page.text
    assert (Revision.objects.get().status, Listing.objects.get().title_en) == (
        "pending",
        "Old title",
    )


def test_conflict_shows_all_texts_and_refuses_that_field(desk, revision):
    Listing.objects.update(version=2, title_en="Public now")
    page = desk.get(f"{REVISIONS}{revision.pk}/change/")
    assert [word in page.text for word in ("Old</del>", "New &lt;", "Public now")] == [True] * 3
    chosen = choices(page)
    assert (chosen["choice_title_en"], chosen["choice_accepting"]) == ("refuse", "approve")
    assert chosen["reason_title_en"].startswith("This was changed meanwhile.")


def test_reason_of_a_conflict_is_in_the_author_s_language(desk, editor, revision):
    editor.language = "pl"
    editor.save()
    Listing.objects.update(version=2, title_en="Public now")
    with override("pl"):
        expected = str(LOOK_AGAIN)
    assert choices(desk.get(f"{REVISIONS}{revision.pk}/change/"))["reason_title_en"] == expected


def test_rest_of_a_conflict_is_approved(desk, revision):
    Listing.objects.update(version=2, title_en="Public now")
    decide(desk, revision)
    listing = Listing.objects.get()
    assert (listing.title_en, listing.accepting) == ("Public now", "yes")
    assert list(Revision.objects.get().refused) == ["title_en"]


def test_approving_a_conflict_anyway_shows_it(desk, revision):
    data = choices(desk.get(f"{REVISIONS}{revision.pk}/change/"))
    Listing.objects.update(version=2, title_en="Public now")
    page = desk.post(f"{REVISIONS}{revision.pk}/approve/", data)
    assert page.status_code == 409
    assert "Public now" in page.text
    assert choices(page)["choice_title_en"] == "refuse"
    assert (Listing.objects.get().title_en, Revision.objects.get().status) == (
        "Public now",
        "pending",
    )


def test_second_lead_is_told_who_was_faster(desk, revision):
    data = choices(desk.get(f"{REVISIONS}{revision.pk}/change/"))
    other = sign_in_staff(make_user("lead2", Role.LEAD))
    decide(other, revision)
    for page, sent in (("refuse", {"reason": "No"}), ("approve", data)):
        answer = desk.post(f"{REVISIONS}{revision.pk}/{page}/", sent)
        assert answer.status_code == 409
        assert "Lead2" in answer.text


def test_claim_is_shown_in_words_with_its_source(desk, editor, listing):
    claim = {"low": 120, "high": 150, "period_from": "2023", "period_to": "2024",
             "text_en": "operations", "source_title": "Report <1>",
             "source_url": "https://example.org/report", "source_date": "2024-03"}  # fmt: skip
    revision = propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"claim_volume": claim},
        base_version=1,
    )
    page = desk.get(f"{REVISIONS}{revision.pk}/change/").text
    lines = ["120 to 150 patients a year", "English: operations", "Period: 2023 to 2024",
             "Source: Report &lt;1&gt;, March 2024"]  # fmt: skip
    assert f"<ins>{'<br>'.join(lines)}</ins>" in page
    assert 'href="https://example.org/report" rel="noopener noreferrer nofollow"' in page


def test_conditions_are_shown_by_name(desk, editor, listing):
    for name in ("Moyamoya", "Epilepsy"):
        Condition.objects.create(slug=name.lower(), name_en=name)
    revision = propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"conditions": ["moyamoya", "epilepsy"]},
        base_version=1,
    )
    page = desk.get(f"{REVISIONS}{revision.pk}/change/").text
    assert "<ins>Epilepsy<br>Moyamoya</ins>" in page
    assert "none named" in page


def test_own_change_has_no_buttons(desk, lead, scmc, listing):
    mine = Revision.objects.create(
        hospital=scmc, listing=listing, base_version=1, after={"title_en": "X"}, created_by=lead
    )
    page = desk.get(f"{REVISIONS}{mine.pk}/change/").text
    assert "Another person must decide about your change." in page
    assert "choice_" not in page
    assert desk.post(f"{REVISIONS}{mine.pk}/approve/").status_code == 400
    assert desk.post(f"{REVISIONS}{mine.pk}/refuse/", {"reason": "No"}).status_code == 400


def test_history_of_a_claim_is_on_its_page(desk, listing, revision):
    decide(desk, revision)
    page = desk.get(f"/office/hospitals/listing/{listing.pk}/change/").text
    assert "<del>Old title</del> → <ins>New &lt;title&gt;</ins>" in page
    assert "Scmc-Editor; approved by Lead" in page
    hospital = desk.get(f"/office/hospitals/hospital/{listing.hospital_id}/change/").text
    assert "Nothing was changed yet." in hospital


def test_history_names_confirmations_and_loaded_facts(desk, editor, scmc):
    confirm_page(by=editor, hospital=scmc, seen=page_fingerprint(scmc))
    before, after = {"value_en": "", "note_en": "x"}, {"value_en": "900", "note_en": "x"}
    keep_loaded(hospital_id=scmc.pk, listing_id=None, subject="beds", before=before, after=after)
    page = desk.get(f"/office/hospitals/hospital/{scmc.pk}/change/").text
    assert "<strong>Everything on the page</strong>" in page
    assert "<strong>beds value_en</strong>: <del>not said</del> → <ins>900</ins>" in page


def test_listing_shows_its_claims(desk, editor, listing):
    assert "none yet" in desk.get(f"/office/hospitals/listing/{listing.pk}/change/").text
    Claim.objects.create(listing=listing, kind="languages", codes=["en", "zh-hans"])
    page = desk.get(f"/office/hospitals/listing/{listing.pk}/change/").text
    assert "<strong>Languages spoken</strong><br>English<br>Chinese" in page


@pytest.mark.parametrize("model", ["hospital", "listing", "fact", "story"])
def test_labels_are_words(desk, model):
    """A foreign key without a name of its own would say "Hospital" in every language."""
    fields = apps.get_model("hospitals", model)._meta.fields
    nameless = [f.name for f in fields if f.editable and f.is_relation and not f._verbose_name]
    assert nameless == []


def test_earlier_proposals_are_on_the_page(desk, editor, listing, revision):
    desk.post(f"{REVISIONS}{revision.pk}/refuse/", {"reason": "Say the ages"})
    second = propose_revision(
        by=editor,
        hospital=listing.hospital,
        listing=listing,
        changes={"title_en": "B"},
        base_version=1,
    )
    assert "Say the ages" in desk.get(f"{REVISIONS}{second.pk}/change/").text


def test_new_listing_is_described_and_its_conflict_seen(editor, scmc):
    specialty = Specialty.objects.create(slug="heart", area="heart", name_en="Hearts")
    revision = propose_revision(
        by=editor, hospital=scmc, specialty=specialty, changes={}, base_version=0
    )
    assert (describe(revision), is_stale(revision)) == ("New: Hearts", False)
    make_listing(scmc, "heart")
    assert is_stale(revision) is True


def test_change_of_the_hospital_is_described(editor, scmc):
    revision = propose_revision(
        by=editor, hospital=scmc, changes={"accepting": "no"}, base_version=1
    )
    assert describe(revision) == "About the hospital"


def test_member_form_offers_only_people_of_hospitals(administrator, coordinator, editor, lead):
    page = sign_in_staff(administrator).get("/office/hospitals/membership/add/").text
    offered = [user.username for user in (coordinator, editor, lead) if str(user.pk) in page]
    assert offered == ["scmc-editor"]


def test_member_is_added_changed_and_removed_with_a_trail(administrator, scmc, renji):
    client = sign_in_staff(administrator)
    person = make_user("new-editor", Role.HOSPITAL_EDITOR)
    place = "/office/hospitals/membership/"
    client.post(f"{place}add/", {"user": person.pk, "hospital": scmc.pk})
    membership = Membership.objects.get()
    client.post(f"{place}{membership.pk}/change/", {"user": person.pk, "hospital": renji.pk})
    membership.refresh_from_db()
    assert membership.hospital == renji
    client.post(f"{place}{membership.pk}/delete/", {"post": "yes"})
    assert Membership.objects.count() == 0
    actions = AuditEvent.objects.filter(object_type="hospitals.membership").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "membership.saved",
        "membership.saved",
        "membership.ended",
    ]


def test_member_of_the_office_cannot_be_forged(administrator, coordinator, scmc):
    client = sign_in_staff(administrator)
    data = {"user": coordinator.pk, "hospital": scmc.pk}
    assert client.post("/office/hospitals/membership/add/", data).status_code == 200
    assert Membership.objects.count() == 0


@pytest.mark.parametrize("who", ["lead", "coordinator", "auditor"])
def test_members_are_the_administrator_s(request, who):
    client = sign_in_staff(request.getfixturevalue(who))
    assert client.get("/office/hospitals/membership/").status_code == 403
