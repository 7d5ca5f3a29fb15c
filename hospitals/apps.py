import os

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

# Before anything imports openpyxl: where lxml is installed (pikepdf brings it), openpyxl would
# read with it and leave defusedxml, which refuses entities, out.
os.environ["OPENPYXL_LXML"] = "False"


class HospitalsConfig(AppConfig):
    name = "hospitals"
    verbose_name = _("Directory of hospitals")
