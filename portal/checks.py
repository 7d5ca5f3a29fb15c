"""System checks of our own: what the operator has not said yet."""

from django.conf import settings
from django.core.checks import Info, register


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
