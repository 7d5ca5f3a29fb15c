"""Headers and errors of every answer (rows W1, W2, W3)."""

import json
import logging

import pytest
from django.conf import settings as django_settings
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import path
from gunicorn.config import Config

from portal import urls as portal_urls
from portal.gunicorn_log import JsonLogger
from portal.logs import JsonFormatter
from portal.middleware import PERMISSIONS_POLICY
from portal.tests.fixtures import HEALTH_CANARY, sign_in_staff

pytestmark = pytest.mark.any_engine

POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'",
    "img-src": "'self' data:", "font-src": "'self'", "connect-src": "'self'",
    "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
    "object-src": "'none'",
}  # fmt: skip
# Of a family's file (row U6): nothing in it runs.
FILE_POLICY = "sandbox; default-src 'none'"
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
}
LEAKS = ("Traceback", "/srv", "/work", "site-packages", "Django", "django", "gunicorn", "3.11")


def breaks(request):
    raise RuntimeError(f"a message with {HEALTH_CANARY}")


def refuses(request):
    from django.core.exceptions import PermissionDenied

    raise PermissionDenied(HEALTH_CANARY)


def is_missing(request):
    raise Http404(HEALTH_CANARY)


def is_bad(request):
    from django.core.exceptions import SuspiciousOperation

    raise SuspiciousOperation(HEALTH_CANARY)


class BrokenUrls:
    """The portal with four addresses that fail."""

    handler400, handler403 = portal_urls.handler400, portal_urls.handler403
    handler404, handler500 = portal_urls.handler404, portal_urls.handler500
    urlpatterns = [
        path("breaks/500/", breaks, name="breaks-500"),
        path("breaks/403/", refuses),
        path("breaks/404/", is_missing),
        path("breaks/400/", is_bad),
        *portal_urls.urlpatterns,
    ]


def is_open_data(where) -> bool:
    """The two files that are for everybody's pages."""
    return getattr(where, "pattern", "").startswith("open-data/hospitals.")


def check_policy(response, where):
    policy = response.headers["Content-Security-Policy"]
    if response.headers.get("Content-Disposition") and policy == FILE_POLICY:
        return
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    for name, value in POLICY.items():
        assert directives[name] == value, (where, name)
    assert "unsafe" not in policy, where


def check_headers(response, where):
    check_policy(response, where)
    own = {"Cross-Origin-Resource-Policy": "cross-origin"} if is_open_data(where) else {}
    for name, value in (FIXED | own).items():
        assert response.headers[name] == value, (where, name)
    assert ("Access-Control-Allow-Origin" in response.headers) == is_open_data(where), where
    assert response.headers["Referrer-Policy"] in ("same-origin", "no-referrer"), where
    assert "Server" not in response.headers, where
    assert "X-Powered-By" not in response.headers, where


def test_answers_that_no_view_made_carry_them_too_W1(client, db):
    check_headers(client.get("/static/nothing.css"), "missing static file")
    check_headers(client.get("/static/css/portal.css"), "static file")
    check_headers(client.generic("TRACE", "/en/"), "TRACE")
    check_headers(Client(enforce_csrf_checks=True).post("/office/login/"), "CSRF")
    check_headers(client.get("/en/", headers={"host": "evil.example"}), "host")
    check_headers(client.get("/en/no/such/page/"), "404")


@pytest.mark.parametrize("status", [400, 403, 404, 500])
@pytest.mark.parametrize("language", [code for code, _name in django_settings.LANGUAGES])
def test_errors_leak_nothing_and_speak_the_readers_language_W3(client, settings, status, language):
    settings.ROOT_URLCONF = BrokenUrls
    client.raise_request_exception = False
    page = client.get(f"/breaks/{status}/", headers={"accept-language": language})
    assert page.status_code == status
    assert f'lang="{language}"' in page.text.lower()
    for leak in (*LEAKS, HEALTH_CANARY, "RuntimeError"):
        assert leak not in page.text, leak
    check_headers(page, status)


def test_error_pages_ask_the_database_nothing_W3(settings, django_assert_num_queries, db):
    from portal.views import errors

    request = RequestFactory().get("/breaks/500/")
    with django_assert_num_queries(0):
        for view in (errors.bad_request, errors.page_not_found, errors.permission_denied):
            view(request)
        assert errors.server_error(request).status_code == 500
        assert errors.too_many_requests(request).status_code == 429


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "TRACK", "NONSENSE"])
@pytest.mark.parametrize("address", ["/", "/en/", "/office/", "/healthz", "/no/such/page"])
def test_strange_methods_are_405_W3(client, method, address):
    assert client.generic(method, address).status_code == 405


@pytest.mark.parametrize(
    "address",
    [
        "/.git/config", "/.env", "/static/", "/static/css/", "/manage.py", "/portal/settings.py",
        "/var/portal.sqlite3", "/db.sqlite3", "/backup.zip", "/static/../manage.py",
        "/static/%2e%2e/manage.py", "/en/.git/config",
    ],
)  # fmt: skip
def test_files_of_the_project_are_not_served_W3(client, db, address):
    page = client.get(address)
    assert page.status_code == 404
    for leak in LEAKS:
        assert leak not in page.text


def test_a_body_too_large_gets_our_page_W3(client, db):
    page = client.post("/office/login/", {"username": "x" * 1_100_000, "password": "y"})
    assert page.status_code == 413
    assert "That was too large" in page.text
    for leak in LEAKS:
        assert leak not in page.text


def test_too_many_fields_get_our_page_W3(client, db):
    page = client.post("/office/login/", {f"field{number}": "x" for number in range(600)})
    assert page.status_code == 400
    assert "We could not read that" in page.text


@pytest.mark.parametrize("language", ["pl", "ar"])
def test_wrong_method_is_answered_in_the_readers_language_W3(client, db, language):
    in_browser = {"accept-language": language}
    for method, address in (
        ("PUT", "/office/login/"), ("TRACE", "/"), ("GET", "/csp-report"), ("POST", "/readyz"),
        ("GET", f"/{language}/case/sign-out/"), ("POST", f"/{language}/about/"),
    ):  # fmt: skip
        page = client.generic(method, address, headers=in_browser)
        assert page.status_code == 405, address
        assert f'<html lang="{language}"' in page.text, address
        assert "405" in page.text
        assert page.headers["Allow"]
        assert page.headers.get("Content-Length", str(len(page.content))) == str(len(page.content))
        check_headers(page, address)


def test_wrong_method_in_an_office_is_answered_in_the_language_of_its_reader_W3(coordinator, case):
    type(coordinator).objects.update(language="pl")
    page = sign_in_staff(coordinator).get(f"/office/cases/case/{case.pk}/read/")
    assert page.status_code == 405
    assert '<html lang="pl"' in page.text
    assert "no-store" in page.headers["Cache-Control"]


def test_unhandled_error_is_logged_with_its_page_and_without_its_words_L1(client, settings, caplog):
    settings.ROOT_URLCONF = BrokenUrls
    client.raise_request_exception = False
    client.get("/breaks/500/?q=secret-words")
    (record,) = [record for record in caplog.records if record.name == "portal.errors"]
    line = JsonFormatter().format(record)
    fields = json.loads(line)
    assert (fields["route"], fields["error"]) == ("breaks-500", "RuntimeError")
    assert fields["where"].startswith("breaks:")
    for leak in (HEALTH_CANARY, "secret-words", "/breaks/"):
        assert leak not in line


@pytest.mark.parametrize("body", [b"[" * 9999, b"{", b"[]", b'{"csp-report": []}', b"\xff"])
def test_report_of_nonsense_is_taken_in_silence_W1(client, db, body):
    assert client.post("/csp-report", body, content_type="application/json").status_code == 204


@pytest.mark.parametrize(
    ("logger", "message", "arguments", "said"),
    [
        (
            "django.security.DisallowedHost",
            f"Invalid header: {HEALTH_CANARY}",
            (),
            "refused request",
        ),
        ("django.security.csrf", "Forbidden (%s): %s", (HEALTH_CANARY, "/x"), "refused request"),
        ("django.server", '"%s" %s', (HEALTH_CANARY, 200), '"%s" %s'),
        ("django", HEALTH_CANARY, (), "event"),
        ("gunicorn.error", "Invalid request: %s", (HEALTH_CANARY,), "Invalid request: %s"),
        ("gunicorn.error", f"Invalid request: {HEALTH_CANARY}", (), "event"),
        ("portal.jobs", "%d jobs", (3,), "3 jobs"),
    ],
)
def test_line_of_django_repeats_nothing_that_was_sent_L1(logger, message, arguments, said):
    record = logging.LogRecord(logger, logging.ERROR, "", 1, message, arguments, None)
    line = JsonFormatter().format(record)
    assert json.loads(line)["message"] == said
    assert HEALTH_CANARY not in line


def test_forged_host_and_unknown_filter_leave_no_word_in_the_log_L1(administrator, capfd):
    client = sign_in_staff(administrator)
    client.get("/en/", headers={"host": f"{HEALTH_CANARY}.example"})
    client.get(f"/office/portal/user/?{HEALTH_CANARY}__startswith=x")
    said = "".join(capfd.readouterr())
    assert HEALTH_CANARY not in said


def test_lines_of_gunicorn_are_json_L1(capsys):
    log = JsonLogger(Config())
    log.error("Worker (pid:%s) was sent SIGKILL! Perhaps out of memory?", 17)
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert (line["level"], line["logger"]) == ("ERROR", "gunicorn.error")
    assert "SIGKILL" in line["message"]
