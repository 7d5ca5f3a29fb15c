from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = _("Cases of families")

    def ready(self):
        from cases.jobs import tell_the_case
        from portal.outbox import on_failure

        on_failure.append(tell_the_case)
