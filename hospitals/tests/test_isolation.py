"""Rows H1 to H6 and Z3: a hospital sees and changes its own, on a site with strangers' rows.

Hospital B (Renji) carries a canary in every text; hospital A (SCMC) looks for it.
"""

import io
import re
import zipfile
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from django.contrib.contenttypes.models import ContentType
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from hospitals.actions import page_fingerprint, propose_revision
from hospitals.models import Change, Fact, Hospital, Listing, Revision, Specialty
from portal.models import User
from portal.sites import office, partners
from portal.tests.fixtures import make_listing, sign_in_staff

pytestmark = pytest.mark.django_db
CANARY = "zqxcanary"
NAMES = ("en", "zh_hans", "pl", "ar")
LISTINGS = "/partners/hospitals/listing/"
REVISIONS = "/partners/hospitals/revision/"
HOSPITALS = "/partners/hospitals/hospital/"
STILL_RIGHT, PREVIEW = "/partners/still-right/", "/partners/preview/"


def texts(*fields):
    return {f"{field}_{language}": CANARY for field in fields for language in NAMES}


@pytest.fixture
def foreign(renji, other_editor):
    """Renji's listing; everything of Renji bears the canary."""
    Hospital.objects.filter(pk=renji.pk).update(**texts("name", "short_name", "description"))
    User.objects.filter(pk=other_editor.pk).update(
        first_name=CANARY, last_name=CANARY, email=f"{CANARY}@example.org"
    )
    listing = make_listing(renji, "heart", **texts("title", "reason", "description"))
    Fact.objects.create(hospital=renji, key=CANARY, kind="claim", **texts("value", "note"))
    propose_revision(
        by=other_editor,
        hospital=renji,
        listing=listing,
        changes={"title_en": f"{CANARY} new"},
        base_version=1,
    )
    Revision.objects.create(
        hospital=renji,
        created_by=other_editor,
        status="withdrawn",
        decided_at=timezone.now(),
        decided_by=other_editor,
        before={"description_en": CANARY},
        after={"description_en": CANARY},
        reason=CANARY,
    )
    return listing


@pytest.fixture
def own(scmc, editor, foreign):
    """SCMC's listing, with a change that waits and one that was refused."""
    listing = make_listing(scmc)
    propose_revision(
        by=editor, hospital=scmc, listing=listing, changes={"title_en": "New"}, base_version=1
    )
    return listing


@pytest.fixture
def partner(editor, own):
    return sign_in_staff(editor)


def snapshot():
    """Every row of hospital B."""
    return [
        list(model.objects.filter(**{lookup: "renji"}).order_by("pk").values())
        for model, lookup in (
            (Hospital, "slug"),
            (Listing, "hospital__slug"),
            (Fact, "hospital__slug"),
            (Revision, "hospital__slug"),
        )
    ]


class PageParser(HTMLParser):
    """Links and forms of a page."""

    def __init__(self):
        super().__init__()
        self.links, self.forms, self._form = [], [], None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        if tag == "form":
            self._form = {
                "action": attrs.get("action", ""),
                "method": attrs.get("method"),
                "data": {},
            }
            self.forms.append(self._form)
        if tag in ("input", "textarea", "select") and self._form and attrs.get("name"):
            self._form["data"][attrs["name"]] = attrs.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None


def text_of(answer) -> str:
    """Of downloads too; what a workbook packs is unpacked."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            content = b"".join(packed.read(name) for name in packed.namelist())
    return content.decode(errors="replace")


def spider(client, start):
    """The text of every page reachable by links and forms below /partners/, by address."""
    pages, waiting = {}, [("GET", start, {})]
    while waiting:
        method, address, data = waiting.pop()
        if (method, address) in pages or "logout" in address:
            continue
        assert len(pages) < 200, "the site has no end"
        answer = client.get(address) if method == "GET" else client.post(address, data)
        pages[method, address] = text_of(answer)
        if "html" not in answer.get("Content-Type", ""):
            continue
        parser = PageParser()
        parser.feed(pages[method, address])
        found = [("GET", link, {}) for link in parser.links]
        found += [((f["method"] or "get").upper(), f["action"], f["data"]) for f in parser.forms]
        for kind, link, fields in found:
            target = urldefrag(urljoin(address, link)).url
            if urlsplit(target).path.startswith("/partners/"):
                waiting.append((kind, target, fields))
    return pages


def partner_patterns():
    """Every address of the partners' site, as (route, name)."""

    def walk(patterns, prefix):
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield route, pattern.name
            else:
                yield from walk(pattern.url_patterns, route)

    return list(walk(partners.get_urls(), "/partners/"))


def test_h1_spider_meets_no_canary(partner):
    pages = spider(partner, "/partners/")
    assert len(pages) > 8
    assert [where for where, text in pages.items() if CANARY in text] == []


def test_h1_spider_of_a_reviewer_meets_no_canary(own, reviewer):
    pages = spider(sign_in_staff(reviewer), "/partners/")
    assert [where for where, text in pages.items() if CANARY in text] == []


def test_h1_spider_would_meet_the_canary(own, other_editor):
    """The positive control: at home it is everywhere."""
    pages = spider(sign_in_staff(other_editor), "/partners/")
    assert len([where for where, text in pages.items() if CANARY in text]) > 4


def test_h1_spider_changes_nothing_of_the_other(partner):
    before = snapshot()
    spider(partner, "/partners/")
    assert snapshot() == before


def test_h1_only_the_hospital_s_own_models_are_registered():
    assert {model._meta.label for model in partners._registry} <= {
        "hospitals.Hospital",
        "hospitals.Listing",
        "hospitals.Revision",
    }


@pytest.mark.parametrize("method", ["get", "post"])
def test_h1_foreign_row_is_the_same_404_as_no_row(partner, foreign, method):
    nothing = "11111111-2222-4333-8444-555555555555"
    rows = [
        (LISTINGS, foreign.pk, "change/"),
        (HOSPITALS, foreign.hospital_id, "change/"),
        (REVISIONS, Revision.objects.filter(hospital__slug="renji").first().pk, "change/"),
        (REVISIONS, Revision.objects.filter(hospital__slug="renji").first().pk, "withdraw/"),
    ]
    for place, pk, page in rows:
        send = getattr(partner, method)
        foreign_answer = send(f"{place}{pk}/{page}")
        no_answer = send(f"{place}{nothing}/{page}")
        assert foreign_answer.status_code == no_answer.status_code
        assert re.sub(r"[0-9a-f-]{36}", "", foreign_answer.text) == re.sub(
            r"[0-9a-f-]{36}", "", no_answer.text
        )
        assert foreign_answer.status_code == (
            405 if (method, page) == ("get", "withdraw/") else 404
        )


def test_h1_object_permissions_refuse_a_foreign_row(rf, editor, own, foreign):
    request = rf.get("/")
    request.user = editor
    for row, expected in ((own, True), (foreign, False)):
        admin = partners._registry[Listing]
        assert admin.has_view_permission(request, row) is expected
        assert admin.has_change_permission(request, row) is expected
        admin = partners._registry[Hospital]
        assert admin.has_view_permission(request, row.hospital) is expected
        assert admin.has_change_permission(request, row.hospital) is expected


def test_h1_changed_membership_counts_at_the_next_request(partner, editor, renji, own):
    editor.membership.hospital = renji
    editor.membership.save()
    assert partner.get(f"{LISTINGS}{own.pk}/change/").status_code == 404


def test_h1_person_without_membership_sees_nothing(partner, editor, own):
    editor.membership.delete()
    assert partner.get(f"{LISTINGS}{own.pk}/change/").status_code == 404
    assert partner.get(f"{LISTINGS}add/").status_code == 404
    assert "0 " in partner.get(LISTINGS).text


@pytest.mark.parametrize("page", [STILL_RIGHT, PREVIEW])
def test_h1_person_without_membership_has_no_page_to_keep(partner, editor, page):
    editor.membership.delete()
    assert partner.get(page).status_code == 404
    assert partner.post(STILL_RIGHT, {"seen": "x"}).status_code == 404


@pytest.mark.parametrize("page", [STILL_RIGHT, PREVIEW, "/partners/"])
@pytest.mark.parametrize("asked", ["hospital", "slug", "id"])
def test_h1_page_to_keep_is_the_own_one(partner, foreign, page, asked):
    answer = partner.get(page, {asked: foreign.hospital_id})
    assert (answer.status_code, CANARY in answer.text) == (200, False)


def test_h1_nobody_confirms_for_another_hospital(partner, foreign):
    """With the fingerprint of the other's page, which nobody else can read."""
    before = snapshot()
    forged = {"seen": page_fingerprint(foreign.hospital), "hospital": foreign.hospital_id}
    partner.post(STILL_RIGHT, forged)
    assert snapshot() == before
    assert Change.objects.count() == 0


def test_h1_refused_change_of_another_hospital_is_not_taken_up(partner, own, foreign):
    """The same page as for a change that does not exist."""
    theirs = Revision.objects.filter(hospital=foreign.hospital, status="withdrawn").get()
    nothing = "11111111-2222-4333-8444-555555555555"
    for place in (f"{HOSPITALS}{own.hospital_id}/change/", f"{LISTINGS}{own.pk}/change/"):
        pages = [partner.get(place, {"again": pk}).text for pk in (theirs.pk, nothing, "x")]
        kept = {re.sub(r'csrf\w+" value="[^"]+"|data-rest="\d+"', "", page) for page in pages}
        assert (len(kept), CANARY in pages[0]) == (1, False)


def form_data(**changes):
    values = {"title_en": "Sent by A", "accepting": "yes", "audience": "", "base_version": "1"}
    return values | {"min_age_years": "", "max_age_years": "", "is_public": "on"} | changes


def test_h2_forged_hospital_and_listing_are_ignored(partner, own, foreign):
    before = snapshot()
    Revision.objects.filter(hospital=own.hospital).delete()
    partner.post(
        f"{LISTINGS}{own.pk}/change/",
        form_data(hospital=foreign.hospital_id, listing=foreign.pk, id=foreign.pk),
    )
    revision = Revision.objects.get(hospital=own.hospital)
    assert (revision.listing, snapshot()) == (own, before)


def test_h2_forged_values_of_the_add_form_are_ignored(partner, foreign, own):
    page = partner.get(f"{LISTINGS}add/?hospital={foreign.hospital_id}&listing={foreign.pk}")
    assert page.status_code == 200
    assert CANARY not in page.text


def test_h2_invalid_post_shows_no_foreign_label(partner, foreign, own):
    page = partner.post(f"{LISTINGS}add/", {"specialty": foreign.pk, "hospital": foreign.pk})
    assert page.status_code == 200
    assert CANARY not in page.text


def test_h2_choices_hold_only_what_is_everybody_s(partner, own):
    page = partner.get(f"{LISTINGS}add/").text
    offered = set(re.findall(r'<option value="([^"]+)"', page))
    free = Specialty.objects.exclude(listings__hospital=own.hospital)
    assert offered == set(free.values_list("slug", flat=True)) != set()


def test_h2_new_listing_belongs_to_the_own_hospital(partner, foreign, own):
    specialty = foreign.specialty
    partner.post(
        f"{LISTINGS}add/",
        form_data(specialty=specialty.slug, hospital=foreign.hospital_id, base_version="0"),
    )
    revision = Revision.objects.get(specialty=specialty)
    assert revision.hospital == own.hospital


@pytest.mark.parametrize("site", ["office", "partners"])
def test_h3_view_on_site_address_is_gone(site, partner, lead, foreign):
    client = partner if site == "partners" else sign_in_staff(lead)
    for content_type in ContentType.objects.all():
        assert client.get(f"/{site}/r/{content_type.pk}/{foreign.pk}/").status_code == 404


def test_h3_no_admin_of_the_directory_links_to_a_site():
    ours = [a for site in (office, partners) for m, a in site._registry.items()
            if m._meta.app_label == "hospitals"]  # fmt: skip
    assert [admin for admin in ours if admin.view_on_site] == []


def guesses(model):
    """A lookup for every column, of this table and of those it points to."""
    for field in model._meta.fields:
        yield field.name
        yield f"{field.name}__startswith"
        yield f"{field.name}__gte"
        if field.related_model:
            for other in field.related_model._meta.fields:
                yield f"{field.name}__{other.name}__startswith"


@pytest.mark.parametrize("model", [Hospital, Listing, Revision])
def test_h4_lookups_tell_nothing(partner, model):
    place = f"/partners/hospitals/{model._meta.model_name}/"
    told = [
        guess for guess in guesses(model) if partner.get(place, {guess: CANARY}).status_code != 400
    ]
    assert told == []


@pytest.mark.parametrize("model", [Hospital, Listing, Revision])
@pytest.mark.parametrize(
    "query", [f"q={CANARY}", "q=Why", "o=1.2.3", "o=-99", "_facets=True", "all=", "p=99", "o=x"]
)
def test_h4_harmless_parameters_change_no_result(partner, model, query):
    place = f"/partners/hospitals/{model._meta.model_name}/"
    plain, asked = partner.get(place), partner.get(f"{place}?{query}", follow=True)
    rows = r"<tr>.*?</tr>"
    assert asked.status_code == 200
    assert len(re.findall(rows, asked.text)) == len(re.findall(rows, plain.text))
    assert CANARY not in asked.text


@pytest.mark.parametrize("field", ["id", "slug", "hospital", "version", "title_en"])
def test_h4_to_field_is_refused(partner, own, field):
    assert partner.get(LISTINGS, {"_to_field": field}).status_code == 400


def test_h4_popup_shows_nothing_more(partner, own):
    for page in (LISTINGS, f"{LISTINGS}{own.pk}/change/", f"{LISTINGS}add/"):
        answer = partner.get(page, {"_popup": "1"})
        assert answer.status_code == 200
        assert CANARY not in answer.text


def test_h5_there_is_no_autocomplete(partner, own):
    query = {"app_label": "hospitals", "model_name": "listing", "field_name": "hospital"}
    assert partner.get("/partners/autocomplete/", query | {"term": CANARY}).status_code == 404


def test_h5_slug_is_no_field(partner, own):
    page = partner.get(f"{HOSPITALS}{own.hospital_id}/change/").text
    assert 'name="slug"' not in page


def test_h5_duplicate_slug_confirms_nothing(partner, own):
    page = partner.post(
        f"{HOSPITALS}{own.hospital_id}/change/",
        {"slug": "renji", "accepting": "unknown", "base_version": "1"},
    )
    assert "already exists" not in page.text
    own.hospital.refresh_from_db()
    assert own.hospital.slug == "scmc"


@pytest.mark.parametrize("place", [LISTINGS, HOSPITALS, REVISIONS])
def test_h6_forged_bulk_actions_do_nothing(partner, foreign, place):
    before = snapshot()
    for action in ("delete_selected", "export", "approve"):
        for pk in (foreign.pk, foreign.hospital_id):
            partner.post(
                place,
                {"action": action, "_selected_action": pk, "select_across": "1", "post": "yes"},
            )
    assert snapshot() == before


@pytest.mark.parametrize("page", ["delete", "history", "password", "export"])
def test_h6_there_is_no_delete_no_history_no_export(partner, own, foreign, page):
    for place, pk in ((LISTINGS, own.pk), (LISTINGS, foreign.pk), (HOSPITALS, own.hospital_id)):
        assert partner.get(f"{place}{pk}/{page}/").status_code == 404
        assert partner.post(f"{place}{pk}/{page}/", {"post": "yes"}).status_code == 404
    assert Listing.objects.count() == 2


def test_h6_addresses_of_the_directory_are_exactly_these():
    names = {name for route, name in partner_patterns() if "/hospitals/" in route and name}
    assert names - {"app_list"} == {
        "hospitals_hospital_change",
        "hospitals_hospital_changelist",
        "hospitals_listing_add",
        "hospitals_listing_bulk",
        "hospitals_listing_change",
        "hospitals_listing_changelist",
        "hospitals_listing_export_csv",
        "hospitals_listing_export_xlsx",
        "hospitals_listing_import",
        "hospitals_listing_import_discard",
        "hospitals_listing_import_preview",
        "hospitals_listing_import_send",
        "hospitals_revision_change",
        "hospitals_revision_changelist",
        "hospitals_revision_withdraw",
    }


def test_h6_partners_addresses_are_really_these():
    routes = {str(p.pattern) for p in get_resolver().url_patterns}
    assert "partners/" in routes


EVERY_FIELD = {
    field.name for model in (Hospital, Listing, Revision) for field in model._meta.fields
}


def test_z3_every_other_field_of_a_listing_is_ignored(partner, own):
    Revision.objects.filter(hospital=own.hospital).delete()
    forged = {name: "1" for name in EVERY_FIELD} | {"status": "approved", "created_by": "1"}
    allowed = form_data(audience="children", min_age_years="1", max_age_years="2")
    allowed["accepting_until"] = ""
    partner.post(f"{LISTINGS}{own.pk}/change/", forged | allowed)
    revision = Revision.objects.get(hospital=own.hospital)
    assert (revision.status, revision.created_by.username) == ("pending", "scmc-editor")
    assert not {"reason_en", "hospital", "specialty", "position", "confirmed_at"} & set(
        revision.after
    )


def test_z3_no_form_writes_a_row_of_the_directory(partner, own):
    Revision.objects.filter(hospital=own.hospital).delete()
    rows = [list(m.objects.order_by("pk").values()) for m in (Hospital, Listing, Specialty)]
    forged = {name: "1" for name in EVERY_FIELD}
    partner.post(f"{LISTINGS}{own.pk}/change/", forged | form_data())
    partner.post(f"{HOSPITALS}{own.hospital_id}/change/", forged | form_data())
    partner.post(f"{LISTINGS}add/", forged | form_data(specialty="heart"))
    assert [list(m.objects.order_by("pk").values()) for m in (Hospital, Listing, Specialty)] == rows


def test_z3_hospital_form_takes_only_its_fields(partner, own):
    forged = {name: "1" for name in EVERY_FIELD} | form_data(accepting="yes")
    partner.post(f"{HOSPITALS}{own.hospital_id}/change/", forged)
    revision = Revision.objects.get(hospital=own.hospital, listing=None)
    assert set(revision.after) == {"accepting", *(f"description_{name}" for name in NAMES)}


def test_s1_every_address_wants_the_second_factor(client, editor, own):
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    own_pages = (f"{LISTINGS}add/", f"{LISTINGS}{own.pk}/change/", STILL_RIGHT, PREVIEW)
    for page in (LISTINGS, HOSPITALS, REVISIONS, *own_pages):
        assert client.get(page).status_code == 302
        assert client.post(page).status_code == 302


def test_s1_people_of_the_office_have_no_business_here(lead, own):
    assert sign_in_staff(lead).get(LISTINGS).status_code == 302


def test_s1_people_of_a_hospital_have_no_business_in_the_office(partner):
    assert partner.get("/office/hospitals/listing/").status_code == 302
