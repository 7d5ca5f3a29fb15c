"""System checks of our own: what the operator has not said yet."""

from pathlib import Path

from django.conf import settings
from django.core.checks import Error, Info, register


def missing_operator_values() -> list[str]:
    """Names of the operator's settings that are still empty."""
    return [name for name in settings.OPERATOR_LABELS if not settings.OPERATOR[name]]


@register()
def operator_is_named(app_configs, **kwargs):
    """Told, not enforced: a portal may be deployed before its controller is decided."""
    names = [f"OPERATOR_{name.upper()}" for name in missing_operator_values()]
    if not names:
        return []
    return [Info(f"Not set: {', '.join(names)}. Notices and letters need them.", id="portal.I001")]


@register(deploy=True)
def catalogs_are_compiled(app_configs, **kwargs):
    """Without them every page is English, whatever its address says."""
    sources = [path for folder in settings.LOCALE_PATHS for path in Path(folder).rglob("*.po")]
    missing = sorted(
        path.parent.parent.name for path in sources if not path.with_suffix(".mo").exists()
    )
    if not missing:
        return []
    named = ", ".join(dict.fromkeys(missing))
    hint = "manage.py compile_translations"
    return [Error(f"Languages are not compiled: {named}.", hint=hint, id="portal.E001")]
