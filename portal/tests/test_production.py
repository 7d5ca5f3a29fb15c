"""Headers and cookies as production sends them, exactly (rows A5, W2)."""

import json
import subprocess
import sys
from http.cookies import SimpleCookie

import pytest
from django.conf import settings

from portal.middleware import PERMISSIONS_POLICY
from portal.tests.test_environment import environment

# Under production's own settings. Without their database and collected files, which no page
# here needs: the session that gives the cookie lies in memory.
ASK = """
import json, django
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = (
    "django.contrib.staticfiles.storage.StaticFilesStorage")
settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
django.setup()
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse
from django.test import Client, RequestFactory

def begin(request):
    request.session["a"] = 1
    return HttpResponse()

client = Client(headers={"host": "portal.example", "x-forwarded-proto": "https"})
pages = {path: client.get(path) for path in
         ("/en/about/", "/office/login/", "/healthz", "/static/none.css", "/en/none/")}
pages["session"] = SessionMiddleware(begin)(RequestFactory().get("/"))
pages["http"] = Client(headers={"host": "portal.example"}).get("/en/about/")
print(json.dumps({name: {"status": page.status_code, "headers": dict(page.headers),
      "cookies": page.cookies.output(header="")} for name, page in pages.items()}))
"""
HSTS = "max-age=63072000; includeSubDomains; preload"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'; report-uri /csp-report"
)
EVERYWHERE = {
    "Content-Type": "text/html; charset=utf-8",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": HSTS,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
NO_STORE = "max-age=0, no-cache, no-store, must-revalidate, private"
SNAPSHOT = {
    "/en/about/": {"Cache-Control": "public, no-cache", "Content-Language": "en"},
    "/office/login/": {
        "Cache-Control": NO_STORE,
        "Content-Language": "en",
        "Vary": "Cookie, Accept-Language",
    },
    "/healthz": {
        "Cache-Control": NO_STORE,
        "Content-Language": "en",
        "Content-Type": "application/json",
        "Vary": "Accept-Language",
    },
    "/static/none.css": {"Content-Language": "en", "Vary": "Accept-Language"},
    "/en/none/": {"Content-Language": "en"},
}
CHANGING = {"ETag", "Content-Length", "Expires", "Content-Security-Policy"}


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("production")
    (folder / "static").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=settings.BASE_DIR,
        env=environment(folder),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("path", SNAPSHOT)
def test_headers_of_production_are_these_and_no_others_W2(answers, path):
    headers = {
        name: value for name, value in answers[path]["headers"].items() if name not in CHANGING
    }
    assert headers == EVERYWHERE | SNAPSHOT[path]


@pytest.mark.parametrize("path", SNAPSHOT)
def test_policy_of_production_is_this_and_no_wider_W1(answers, path):
    policy = answers[path]["headers"]["Content-Security-Policy"]
    assert sorted(policy.split("; ")) == sorted(POLICY.split("; "))


def test_production_leads_from_http_to_https_W2(answers):
    assert answers["http"]["status"] == 301
    assert answers["http"]["headers"]["Location"] == "https://portal.example/en/about/"


@pytest.mark.parametrize(
    ("page", "name"), [("session", "__Host-session"), ("/office/login/", "__Host-csrf")]
)
def test_cookies_of_production_belong_to_one_host_over_tls_alone_A5(answers, page, name):
    cookies = SimpleCookie(answers[page]["cookies"])
    assert list(cookies) == [name]
    cookie = cookies[name]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    # What the prefix __Host- asks for.
    assert (cookie["path"], cookie["domain"]) == ("/", "")


def test_public_pages_of_production_set_no_cookie_A5(answers):
    assert {answers[path]["cookies"] for path in ("/en/about/", "/healthz", "/en/none/")} == {""}
