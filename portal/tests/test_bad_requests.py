"""Text that no form of ours sends: zero bytes and letters in another code (rows Z3, R1)."""

import pytest
from django.test import Client

from hospitals.models import Revision
from portal.tests.fixtures import make_listing, sign_in_staff

pytestmark = pytest.mark.any_engine

PAGE = "We could not read that"
USERS = "/office/portal/user/"


def test_zero_bytes_in_an_offices_address_are_400(administrator, lead):
    for user, address in (
        (administrator, f"{USERS}?role__exact=%00"),
        (administrator, f"{USERS}?q=a%00b"),
        (administrator, f"{USERS}?%00=1"),
        (lead, "/office/hospitals/hospital/?slug__startswith=%00"),
        (lead, "/office/hospitals/hospital/x%00y/change/"),
        (lead, "/office/login/?next=%00"),
    ):
        page = sign_in_staff(user).get(address)
        assert (page.status_code, PAGE in page.text) == (400, True), address


def test_zero_bytes_in_an_offices_form_are_400(lead, editor, scmc):
    listing = make_listing(scmc)
    revision = Revision.objects.create(hospital=scmc, listing=listing, created_by=editor)
    refuse = f"/office/hospitals/revision/{revision.pk}/refuse/"
    for typed in ({"reason": "a\0b"}, {"reason": ["a\0", "b"]}, {"other\0": "x"}):
        assert sign_in_staff(lead).post(refuse, typed).status_code == 400
    assert Client().post("/office/login/", {"username": "a\0", "password": "b"}).status_code == 400
    revision.refresh_from_db()
    assert revision.status == "pending"


def test_reason_with_a_zero_byte_does_not_pass_the_form_either():
    from hospitals.forms.decisions import RefusalForm

    assert not RefusalForm({"reason": "a\0b"}).is_valid()
    assert RefusalForm({"reason": " a "}).is_valid()


def test_zero_byte_in_a_cookie_is_400(client, db):
    client.cookies["session"] = "x"
    cookie = 'session="\\000\\000\\000\\000\\000\\000\\000\\000\\000"'
    assert client.get("/en/inquiry/", headers={"cookie": cookie}).status_code == 400


@pytest.mark.parametrize("address", ["/office/login/", "/partners/login/", "/en/case/"])
@pytest.mark.parametrize("charset", ["unicode_escape", "utf-16", "latin-1", "no-such-code", '"'])
def test_another_code_than_utf_8_is_400(client, db, address, charset):
    body = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n\\ud800\r\n--x--\r\n'
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    page = client.generic("POST", address, body, content_type=kind)
    assert (page.status_code, PAGE in page.text) == (400, True)


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8"])
def test_utf_8_is_taken_however_it_is_spelt(client, db, charset):
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    page = client.generic("POST", "/office/login/", b"username=a", content_type=kind)
    assert page.status_code == 200


def test_lookups_that_no_filter_offers_are_400_in_the_directory_H4(lead, scmc):
    client = sign_in_staff(lead)
    for name in ("hospital", "listing", "fact", "specialty", "source", "story", "revision"):
        for key in ("slug__regex", "slug__startswith", "pk__in", "hospital__slug__startswith"):
            assert client.get(f"/office/hospitals/{name}/", {key: "("}).status_code == 400, name
    for good in ({"type__exact": "general"}, {"is_public__exact": "1"}, {"q": "scmc"}):
        assert client.get("/office/hospitals/hospital/", good).status_code == 200
