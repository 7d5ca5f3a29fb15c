"""The public pages and the error pages in every language, and the rules for all templates."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from portal.addresses import language_tag
from portal.views import errors

pytestmark = pytest.mark.any_engine

ROOT = Path(settings.BASE_DIR)
LANGUAGES = [code for code, _ in settings.LANGUAGES]
STATIC_PAGES = ["how-it-works", "about", "privacy"]
DIRECTORY_PAGES = ["home", "hospitals:list"]
ERRORS = [400, 403, 404, 405, 413, 429, 500]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
INLINE = re.compile(
    r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE
)
PARTIAL_LINES = 80


def address(name: str, language: str) -> str:
    with translation.override(language):
        return reverse(name)


def page(client, name: str, language: str) -> str:
    return client.get(address(name, language)).content.decode()


def direction(language: str) -> str:
    return "rtl" if language == "ar" else "ltr"


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", STATIC_PAGES + DIRECTORY_PAGES)
def test_public_page_answers_in_each_language(client, name, language, scmc):
    response = client.get(address(name, language))

    assert response.status_code == 200
    body = response.content.decode()
    assert f'<html lang="{language}" dir="{direction(language)}">' in body


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_hospital_page_answers_in_each_language(client, language, scmc):
    with translation.override(language):
        response = client.get(reverse("hospitals:detail", args=[scmc.slug]))

    assert response.status_code == 200
    assert f'lang="{language}"' in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", STATIC_PAGES + DIRECTORY_PAGES)
def test_public_page_sets_no_cookie(client, name, scmc):
    response = client.get(address(name, "en"))

    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.django_db
@pytest.mark.parametrize("name", STATIC_PAGES)
def test_static_page_asks_the_database_nothing(client, name, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(address(name, "en"))


@pytest.mark.django_db
@pytest.mark.parametrize("name", STATIC_PAGES + DIRECTORY_PAGES)
def test_public_page_names_itself_and_its_translations(client, name, scmc):
    body = client.get(address(name, "pl"), {"from": "x"}).content.decode()

    own = f"{settings.PUBLIC_URL}{address(name, 'pl')}"
    assert f'<link rel="canonical" href="{own}">' in body
    for code in LANGUAGES:
        url = f"{settings.PUBLIC_URL}{address(name, code)}"
        assert f'<link rel="alternate" hreflang="{language_tag(code)}" href="{url}">' in body
    default = f"{settings.PUBLIC_URL}{address(name, 'en')}"
    assert f'<link rel="alternate" hreflang="x-default" href="{default}">' in body


@pytest.mark.django_db
@pytest.mark.parametrize("name", STATIC_PAGES + DIRECTORY_PAGES)
def test_public_page_has_title_description_and_may_be_indexed(client, name, scmc):
    body = page(client, name, "en")

    assert re.search(r"<title>\S.* - Treatment in Shanghai</title>", body)
    assert re.search(r'<meta name="description" content="[^"]{50,}">', body)
    assert 'name="robots"' not in body
    assert body.count("<h1") == 1


@pytest.mark.django_db
def test_language_menu_keeps_path_and_query(client, scmc):
    body = client.get("/en/hospitals/", {"district": "pudong"}).content.decode()

    assert 'href="/ar/hospitals/?district=pudong" lang="ar"' in body


def test_language_menu_posts_the_open_form(rf):
    body = render_to_string("base.html", {"form_id": "inquiry"}, request=rf.get("/en/inquiry/"))

    assert '<button type="submit" form="inquiry" formaction="/pl/inquiry/" formnovalidate' in body
    assert 'name="switch_language" value="pl"' in body


@pytest.mark.django_db
def test_page_begins_with_a_skip_link_to_its_content(client):
    body = page(client, "about", "en")

    links = re.findall(r"<a [^>]*>", body)
    assert links[0] == '<a class="skip-link" href="#main">'
    assert '<main id="main"' in body


@pytest.mark.django_db
def test_arabic_page_loads_the_sheet_for_right_to_left(client):
    assert "bootstrap.rtl.min.css" in page(client, "about", "ar")
    assert "bootstrap.rtl" not in page(client, "about", "pl")


@pytest.mark.django_db
def test_page_loads_nothing_from_elsewhere(client):
    body = page(client, "about", "en")

    loaded = re.findall(r'<(?:script|img)[^>]* src="([^"]+)"', body)
    loaded += re.findall(r'<link rel="(?:stylesheet|icon)" href="([^"]+)"', body)
    assert loaded and all(url.startswith("/static/") for url in loaded)


@pytest.mark.django_db
def test_demo_is_marked_and_production_is_not(client, settings):
    assert "Demo: no real person or case" in page(client, "about", "en")
    settings.IS_LOCAL = False
    assert "Demo: no real person or case" not in page(client, "about", "en")


@pytest.mark.django_db
def test_unset_operator_is_said_and_set_operator_is_shown(client, settings):
    assert "not yet named" in page(client, "privacy", "en")
    values = dict.fromkeys(settings.OPERATOR_LABELS, "Canary Office Ltd")
    settings.OPERATOR = settings.OPERATOR | values
    body = page(client, "privacy", "en")
    assert "Canary Office Ltd" in body
    assert "<dd>not yet named</dd>" not in body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", ERRORS)
def test_error_page_in_the_language_of_the_address(rf, status, language):
    response = errors.error_page(rf.get(f"/{language}/nothing-here/"), status)

    assert response.status_code == status
    body = response.content.decode()
    assert f'<html lang="{language}" dir="{direction(language)}">' in body
    assert 'content="noindex"' in body
    assert str(status) in body


def test_error_page_for_a_form_without_token(rf):
    request = rf.post("/en/case/")
    request.COOKIES["any"] = "of this site"
    response = errors.csrf_failure(request)

    assert response.status_code == 403
    assert "This page was open for too long" in response.content.decode()


@pytest.mark.django_db
def test_unknown_address_is_404_without_a_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        response = Client().get("/pl/nothing-here/")

    assert response.status_code == 404
    assert '<html lang="pl"' in response.content.decode()
    assert not response.cookies


@pytest.mark.django_db
def test_menu_of_an_unknown_address_leads_home(client):
    body = client.get("/pl/nothing-here/").content.decode()

    assert 'href="/ar/" lang="ar"' in body


def test_no_template_has_an_inline_style_or_script():
    assert TEMPLATES
    found = {str(path): INLINE.findall(path.read_text(encoding="utf-8")) for path in TEMPLATES}
    assert {name: inline for name, inline in found.items() if inline} == {}


def test_every_template_is_short():
    lines = {str(path): len(path.read_text("utf-8").splitlines()) for path in TEMPLATES}
    assert {name: number for name, number in lines.items() if number > PARTIAL_LINES} == {}


@pytest.mark.parametrize("sheet", ["portal.css", "office.css"])
def test_style_sheet_knows_no_left_and_right(sheet):
    """One sheet for both directions: logical properties only."""
    text = (ROOT / "static/css" / sheet).read_text(encoding="utf-8")

    physical = re.findall(
        r"(?:margin|padding|border)-(?:left|right)\b|\bfloat: (?:left|right)", text
    )
    assert physical == []


@pytest.mark.django_db
def test_office_shows_what_the_operator_has_not_said(lead, settings):
    from portal.tests.fixtures import sign_in_staff

    client = sign_in_staff(lead)
    assert "standing-warning" in client.get("/office/").content.decode()
    values = dict.fromkeys(settings.OPERATOR_LABELS, "said")
    settings.OPERATOR = settings.OPERATOR | values
    settings.CLAMD_ADDRESS = "unix:/run/clamav/clamd.ctl"
    assert "standing-warning" not in client.get("/office/").content.decode()


@pytest.mark.django_db
def test_log_in_page_tells_strangers_nothing_of_the_operator(client):
    assert "standing-warning" not in client.get("/office/login/").content.decode()
