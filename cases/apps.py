from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = _("Cases of families")

    def ready(self):
        from cases.actions.folder import is_own_folder, prove_folder
        from cases.actions.keys import ring_opens
        from cases.jobs import tell_the_case
        from cases.records import scanner, store
        from portal import alerts
        from portal.outbox import on_failure
        from portal.serving import on_start
        from portal.views.health import Question, questions

        on_failure.append(tell_the_case)
        on_start.append(lambda: store.require(prove_folder))
        questions["records"] = Question(is_own_folder, alerts.DISK_BROKEN, ends_traffic=True)
        questions["keys"] = Question(ring_opens, alerts.WRONG_KEYS, ends_traffic=True)
        questions["scanner"] = Question(scanner.answers, alerts.SCANNER_DOWN)
