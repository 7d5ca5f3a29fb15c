"""No page of either office answers without the second factor, and none is kept (rows S1, A6)."""

import re

import pytest
from django.test import Client

from portal.admin.strict import StrictAdmin
from portal.sites import office
from portal.tests.fixtures import sign_in_staff
from portal.tests.routes import all_routes, staff_routes

pytestmark = pytest.mark.any_engine

# What a person without a second factor may reach: the way to it.
WAYS_IN = {"office/login/", "office/second-factor/", "partners/login/", "partners/second-factor/"}
STATIC_SCRIPT = {"office/jsi18n/", "partners/jsi18n/"}


def test_the_walk_finds_the_pages():
    patterns = {route.pattern for route in staff_routes()}
    assert {"office/", "partners/", "office/cases/case/"} <= patterns
    assert patterns >= WAYS_IN
    assert len(patterns) > 25


@pytest.mark.parametrize("with_device", [True, False])
def test_password_alone_reaches_no_staff_page_S1(coordinator, editor, administrator, with_device):
    for user in (coordinator, editor, administrator):
        if with_device:
            sign_in_staff(user)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        for route in staff_routes():
            if route.pattern in {"office/login/", "partners/login/"}:
                continue
            for method in (client.get, client.post):
                response = method(route.path())
                assert response.status_code == 302, (route, method)
                login = f"/{route.site}/login/"
                assert response.url.startswith((login, f"/{route.site}/")), response.url
        assert client.get("/office/login/").status_code == 200


def test_staff_of_one_site_is_nobody_at_the_other_S3(coordinator, editor):
    for user, other in ((coordinator, "partners"), (editor, "office")):
        client = sign_in_staff(user)
        for route in staff_routes():
            if route.site == other and route.pattern not in WAYS_IN:
                assert client.get(route.path()).status_code == 302, route


def test_admin_is_nowhere_S3(client, administrator):
    for path in ("/admin/", "/admin/login/", "/en/admin/"):
        assert client.get(path).status_code == 404
        assert sign_in_staff(administrator).get(path).status_code == 404


def test_view_on_site_tells_nothing_H3(lead, editor):
    from django.contrib.contenttypes.models import ContentType

    for user, site in ((lead, "office"), (editor, "partners")):
        client = sign_in_staff(user)
        for kind in ContentType.objects.values_list("pk", flat=True):
            assert client.get(f"/{site}/r/{kind}/1/").status_code == 404
        assert client.get(f"/{site}/r/9999/1/").status_code == 404


def test_every_page_of_the_office_has_the_strict_base_H3():
    assert [m for m, page in office._registry.items() if not isinstance(page, StrictAdmin)] == []


def test_office_has_no_history_and_no_address_of_bare_keys_H3():
    """Django's own would show and tell what exists to whoever may see a single row."""
    patterns = {route.pattern for route in staff_routes()}
    assert not [pattern for pattern in patterns if pattern.endswith("history/")]
    assert not [pattern for pattern in patterns if pattern.endswith("<path:object_id>/")]
    deleted = {pattern for pattern in patterns if pattern.endswith("delete/")}
    assert deleted == {"office/hospitals/membership/<path:object_id>/delete/"}


def test_no_address_carries_a_counted_key():
    """Ids in addresses are random; a number would tell how many there are (row Z2)."""
    counted = {route.pattern for route in all_routes() if "<int:" in route.pattern}
    # The parts of the sitemap count public pages; a series is a place within one disc.
    assert {pattern for pattern in counted if not pattern.endswith("series/<int:position>/")} == {
        "sitemap-<int:part>.xml"
    }


def test_templates_of_the_office_have_nothing_inline():
    from django.conf import settings

    for folder in ("admin", "office"):
        for template in (settings.BASE_DIR / "templates" / folder).rglob("*.html"):
            text = template.read_text(encoding="utf-8")
            assert not re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son\w+=", text), template
            assert text.count("\n") <= 80, template
