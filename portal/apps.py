from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = _("People and records")

    def ready(self):
        from django.core.signals import got_request_exception

        from portal import checks  # noqa: F401  registers the system checks
        from portal.logs import log_unhandled

        got_request_exception.connect(log_unhandled, dispatch_uid="portal.logs")
