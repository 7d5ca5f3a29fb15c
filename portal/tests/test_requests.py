"""What a request may do and where it may come from (rows W4, W5)."""

import pytest
from django.test import Client, RequestFactory
from django.urls import resolve

from portal.middleware import TrustedProxyMiddleware
from portal.tests.fixtures import sign_in_staff
from portal.tests.routes import all_routes
from portal.tests.test_access import rows

pytestmark = pytest.mark.any_engine

# Browsers send reports without a token; nothing is changed by one.
WITHOUT_TOKEN = {"csp-report"}


def everybody(request):
    for name in ("lead", "auditor", "administrator", "editor"):
        yield name, request.getfixturevalue(name)


def test_post_without_a_token_is_403_everywhere_W4(request, case):
    for name, user in everybody(request):
        session = sign_in_staff(user).cookies["session"].value
        client = Client(enforce_csrf_checks=True)
        client.cookies["session"] = session
        for route in all_routes():
            if route.pattern in WITHOUT_TOKEN:
                continue
            for address in (route.path(), route.path(case_id=case.pk)):
                # Refused before any view is asked: no redirect, no 405.
                assert client.post(address).status_code == 403, (name, route)


@pytest.mark.parametrize("pattern", ["en/inquiry/discard/", "en/case/sign-out/"])
def test_exempted_view_would_be_found_W4(request, case, monkeypatch, pattern):
    view = resolve(f"/{pattern}").func
    monkeypatch.setattr(view, "csrf_exempt", True, raising=False)
    with pytest.raises(AssertionError, match=pattern):
        test_post_without_a_token_is_403_everywhere_W4(request, case)


def test_post_of_a_stranger_without_a_token_changes_nothing_W4(db, case):
    client = Client(enforce_csrf_checks=True)
    before = rows()
    for route in all_routes():
        if route.pattern not in WITHOUT_TOKEN:
            assert client.post(route.path(reference=case.reference)).status_code != 200, route
    assert rows() == before


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil.example"]
)
def test_post_from_a_foreign_origin_is_403_W4(coordinator, case, origin):
    client = Client(enforce_csrf_checks=True)
    page = client.get("/office/login/")
    token = page.text.split('csrfmiddlewaretoken" value="')[1].split('"')[0]
    response = client.post(
        "/office/login/",
        {"csrfmiddlewaretoken": token, "username": "a", "password": "b"},
        headers={"origin": origin},
    )
    assert response.status_code == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "testserver.evil.example",
        "testserver@evil",
        "",
        ".testserver",
        "a.testserver",
    ],
)
def test_evil_host_is_400_W5(client, db, host):
    assert client.get("/en/", headers={"host": host or " "}).status_code == 400


def test_forwarded_host_is_ignored_W5(client, db):
    for address in ("/en/", "/office/login/"):
        page = client.get(address, headers={"x-forwarded-host": "evil.example"})
        assert page.status_code == 200
        assert "evil.example" not in page.text


def test_redirects_stay_at_home_W5(client, db):
    for address in ("/", "/en", "/office", "//evil.example/..", "/en//evil.example/"):
        response = client.get(address, headers={"x-forwarded-host": "evil.example"})
        if response.status_code in (301, 302):
            assert not response.url.startswith(("http", "//")), address


@pytest.mark.parametrize(
    ("count", "forwarded", "address"),
    [
        (0, "1.1.1.1", "127.0.0.1"),
        (1, "1.1.1.1", "1.1.1.1"),
        # Whatever the client wrote itself stands in front.
        (1, "9.9.9.9, 1.1.1.1", "1.1.1.1"),
        (2, "9.9.9.9, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (2, "1.1.1.1", "127.0.0.1"),
        (1, " ", "127.0.0.1"),
    ],
)
def test_w7_address_is_the_one_that_our_own_proxy_saw(settings, count, forwarded, address):
    settings.TRUSTED_PROXY_COUNT = count
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded})
    assert TrustedProxyMiddleware(lambda asked: asked.META["REMOTE_ADDR"])(request) == address
