"""Writes the audit trail. Callers pass names and codes, never contents."""

from portal.models import AuditEvent

SYSTEM = "system"


def record(*, by, action: str, obj, label: str = "", **data) -> AuditEvent:
    """One row for one change. `by` is a User, a family member, or None for the system."""
    kind, actor_id, actor_label = describe_actor(by)
    return AuditEvent.objects.create(
        actor_kind=kind,
        actor_id=actor_id,
        actor_label=actor_label,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_label=label,
        data=data,
    )


def describe_actor(by) -> tuple[str, str, str]:
    """Kind, id and label of whoever acted; a family's name is not copied into the trail."""
    if by is None:
        return SYSTEM, "", ""
    if hasattr(by, "get_username"):
        return "user", str(by.pk), by.get_username()
    return "family", str(by.pk), ""
