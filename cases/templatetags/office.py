"""Words for codes on the pages of the office."""

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from cases.admin.clock import short_time
from cases.models import CaseEvent, FamilyMember, IdentityCheck
from cases.models.event import EventKind
from cases.workflow import CloseReason, InfoReason, Stage

register = template.Library()

MAIL_WORDS = {
    "received": _("We have your inquiry"),
    "message_waiting": _("A message is waiting"),
    "status_changed": _("There is news"),
    "code_replaced": _("The private code was replaced"),
    "sign_in_link": _("Link to a new code"),
    "invitation": _("Invitation of a second adult"),
    "email_changed": _("To the old address: it was replaced"),
    "draft_reminder": _("Reminder of an inquiry that was begun"),
    "confirm_email": _("Question whether the address is right"),
    "withdrawn": Stage.WITHDRAWN.label,
    "referred": EventKind.REFERRED.label,
}
# The form's own labels speak in the first person ("I am the mother or father").
_RELATIONS = {
    FamilyMember.Relation.PARENT: _("mother or father of the patient"),
    FamilyMember.Relation.GUARDIAN: _("legal guardian of the patient"),
    FamilyMember.Relation.PATIENT: _("the patient"),
    FamilyMember.Relation.RELATIVE: _("relative of the patient"),
    FamilyMember.Relation.OTHER: _("helps the family"),
}
_LABELS = dict(
    [*Stage.choices, *CloseReason.choices, *InfoReason.choices, *IdentityCheck.Kind.choices]
)


@register.filter
def event_words(event: CaseEvent) -> str:
    """What happened, with the codes of the row in words: "Stage changed: Closed (The cost)"."""
    detail = _detail(event)
    return f"{event.get_kind_display()}: {detail}" if detail else event.get_kind_display()


def _detail(event: CaseEvent) -> str:
    data = event.data
    if event.kind == EventKind.STAGE:
        words = str(_LABELS.get(data.get("to"), data.get("to", "")))
        return f"{words} ({_LABELS.get(data['reason'])})" if data.get("reason") else words
    if event.kind == EventKind.DUE_EXTENDED:
        due = parse_datetime(data.get("due", ""))
        return short_time(due) if due else ""
    if event.kind == EventKind.MAIL_FAILED:
        return mail_words(data.get("template", ""))
    return str(_LABELS.get(data.get("code"), data.get("to", "")))


@register.filter
def mail_words(name: str) -> str:
    """The name of a mail's template in words."""
    return str(MAIL_WORDS.get(name.rpartition("/")[2], name))


@register.filter
def relation_words(member: FamilyMember) -> str:
    """What this person is to the patient, in the third person."""
    return _RELATIONS.get(member.relation, member.relation)
