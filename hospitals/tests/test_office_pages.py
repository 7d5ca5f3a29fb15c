import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hospitals.actions import propose_revision
from hospitals.admin.comparison import describe, is_stale
from hospitals.models import Fact, Listing, Membership, Revision, Source, Specialty, Story
from portal.models import AuditEvent
from portal.roles import Role
from portal.tests.fixtures import make_hospital, make_listing, make_user, sign_in_staff

pytestmark = pytest.mark.django_db
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
    assert '<td lang="en" dir="ltr">Old title</td>' in page
    assert '<td lang="en" dir="ltr">New &lt;title&gt;</td>' in page
    assert "Accepting new patients" in page
    assert "style=" not in page


def test_approve_makes_it_public(desk, client, listing, revision):
    page = desk.post(f"{REVISIONS}{revision.pk}/approve/", follow=True)
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


def test_conflict_shows_all_texts_and_no_approve_button(desk, revision):
    Listing.objects.update(version=2, title_en="Public now")
    page = desk.get(f"{REVISIONS}{revision.pk}/change/").text
    assert [word in page for word in ("Old title", "New &lt;title", "Public now")] == [True] * 3
    assert "Approve and make public" not in page


def test_approving_a_conflict_anyway_shows_it(desk, revision):
    Listing.objects.update(version=2, title_en="Public now")
    page = desk.post(f"{REVISIONS}{revision.pk}/approve/")
    assert page.status_code == 409
    assert "Public now" in page.text
    assert (Listing.objects.get().title_en, Revision.objects.get().status) == (
        "Public now",
        "pending",
    )


def test_second_lead_is_told_who_was_faster(desk, revision):
    other = sign_in_staff(make_user("lead2", Role.LEAD))
    other.post(f"{REVISIONS}{revision.pk}/approve/")
    page = desk.post(f"{REVISIONS}{revision.pk}/refuse/", {"reason": "No"})
    assert page.status_code == 409
    assert "Lead2" in page.text


def test_own_change_has_no_buttons(desk, lead, scmc, listing):
    mine = Revision.objects.create(
        hospital=scmc, listing=listing, base_version=1, after={"title_en": "X"}, created_by=lead
    )
    page = desk.get(f"{REVISIONS}{mine.pk}/change/").text
    assert "Another person must decide about your change." in page
    assert "Approve and make public" not in page
    assert desk.post(f"{REVISIONS}{mine.pk}/approve/").status_code == 400


def test_history_of_a_claim_is_on_its_page(desk, listing, revision):
    desk.post(f"{REVISIONS}{revision.pk}/approve/")
    page = desk.get(f"/office/hospitals/listing/{listing.pk}/change/").text
    assert f'href="{REVISIONS}{revision.pk}/change/"' in page
    hospital = desk.get(f"/office/hospitals/hospital/{listing.hospital_id}/change/").text
    assert "No change was proposed yet." in hospital


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
