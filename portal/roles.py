"""Who may do what: the one reviewed file of roles and their permissions.

A leaf of the layers: imports no model. Permissions are Django's names
("app.verb_model") where the admin asks for them, and "app.verb_thing" for
actions. Whoever has no role has no permission.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """One role a person; a person with two jobs has two log-ins."""

    COORDINATOR = "coordinator", _("coordinator")
    LEAD = "lead", _("lead coordinator")
    AUDITOR = "auditor", _("auditor")
    HOSPITAL_EDITOR = "hospital_editor", _("hospital editor")
    HOSPITAL_REVIEWER = "hospital_reviewer", _("hospital reviewer")
    ADMINISTRATOR = "administrator", _("system administrator")


OFFICE_ROLES = frozenset({Role.COORDINATOR, Role.LEAD, Role.AUDITOR, Role.ADMINISTRATOR})
PARTNER_ROLES = frozenset({Role.HOSPITAL_EDITOR, Role.HOSPITAL_REVIEWER})
# Cases can be assigned to these; an auditor reads logs, not contents.
CASE_WORKERS = frozenset({Role.COORDINATOR, Role.LEAD})

_DIRECTORY_READ = {
    "hospitals.view_hospital",
    "hospitals.view_listing",
    "hospitals.view_fact",
    "hospitals.view_specialty",
    "hospitals.view_story",
    "hospitals.view_source",
    "hospitals.view_campus",
}
_CASE_WORK = {
    "cases.view_case",
    "cases.change_case",
    "cases.work_case",
    "cases.answer_family",
    "cases.replace_code",
}

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.COORDINATOR: frozenset(_CASE_WORK | _DIRECTORY_READ),
    Role.LEAD: frozenset(
        _CASE_WORK
        | _DIRECTORY_READ
        | {
            "cases.view_all_cases",
            "cases.assign_case",
            "hospitals.change_hospital",
            "hospitals.change_listing",
            "hospitals.view_revision",
            "hospitals.change_revision",
            "hospitals.decide_revision",
            "portal.view_accessrequest",
            "portal.decide_accessrequest",
        }
    ),
    Role.AUDITOR: frozenset({"portal.view_auditevent", "portal.view_outgoingmail"}),
    Role.HOSPITAL_EDITOR: frozenset(
        {
            "hospitals.view_hospital",
            "hospitals.change_hospital",
            "hospitals.view_listing",
            "hospitals.add_listing",
            "hospitals.change_listing",
            "hospitals.view_revision",
            "hospitals.propose_revision",
        }
    ),
    Role.HOSPITAL_REVIEWER: frozenset(
        {
            "cases.view_referral",
            "hospitals.view_hospital",
            "hospitals.view_listing",
            "hospitals.view_revision",
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            "portal.view_user",
            "portal.add_user",
            "portal.change_user",
            "portal.reset_second_factor",
            "portal.view_accessrequest",
            "hospitals.view_membership",
            "hospitals.add_membership",
            "hospitals.change_membership",
            "hospitals.delete_membership",
        }
    ),
}

# Whoever gives these roles, or takes over an account that has one, reads what families wrote:
# one person alone may not (row S1).
READERS_OF_CASES = frozenset(
    role
    for role, permissions in PERMISSIONS.items()
    if permissions & {"cases.view_case", "cases.view_referral"}
)


def role_permissions(role: str) -> frozenset[str]:
    """Permissions of a role; the empty set for an unknown or empty one."""
    return PERMISSIONS.get(role, frozenset())
