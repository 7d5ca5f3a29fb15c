"""All addresses. Public pages carry their language in the path, offices do not."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from hospitals.views import home
from portal.sites import office, partners
from portal.views import errors, health, pages, reports

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error

urlpatterns = [
    path("", pages.to_reader_language, name="root"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("csp-report", reports.csp_report, name="csp-report"),
    path("", include("hospitals.urls_files")),
    path("uploads/", include("cases.urls_upload")),
    path("office/", office.urls),
    path("partners/", partners.urls),
    *i18n_patterns(
        path("", home, name="home"),
        path("how-it-works/", pages.how_it_works, name="how-it-works"),
        path("about/", pages.about, name="about"),
        path("privacy/", pages.privacy, name="privacy"),
        path("hospitals/", include("hospitals.urls")),
        path("conditions/", include("hospitals.urls_conditions")),
        path("compare/", include("hospitals.urls_compare")),
        path("open-data/", include("hospitals.urls_open")),
        path("inquiry/", include("cases.urls_inquiry")),
        path("case/", include("cases.urls_case")),
    ),
]

if settings.IS_LOCAL:
    from portal.views import mailbox

    urlpatterns += [
        path("mailbox/", mailbox.mailbox, name="mailbox"),
    ]
