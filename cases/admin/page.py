"""What the page of a case shows: its forms, its answers with labels, its rows."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.actions.checklist import refresh_checklist
from cases.actions.mail import living_checks
from cases.admin.clock import read_clock
from cases.admin.paper_rows import paper_rows
from cases.admin.scans_box import scans_box
from cases.admin.sharing_box import SHARING, sharing_box
from cases.forms.office import (
    STEP_FORMS,
    AnswerForm,
    AssignForm,
    CheckForm,
    DueForm,
    DuplicateForm,
    EmailForm,
    TickForm,
    VersionForm,
)
from cases.models import Case, DuplicateHint
from cases.models.inquiry import RedFlag, Wish
from cases.permissions import can_read_health, can_take_step, can_work, can_write_message
from cases.views.items import read_checklist
from cases.workflow import Step, staff_steps
from hospitals.models import Condition
from portal.models import MailStatus, OutgoingMail

LANGUAGE_NAMES = dict(settings.LANGUAGES)
MAILS = 20
EVENTS = 100
MEANWHILE = 5


@dataclass(frozen=True)
class Button:
    """A step or a deed of the office: its form, its word, where it posts."""

    name: str
    word: str
    url: str
    form: VersionForm


def case_page(request, case: Case, bound: dict) -> dict:
    """`bound` holds the one form that came back with errors, under its name."""
    user, owner = request.user, case.family.filter(is_owner=True).first()
    mails = list(OutgoingMail.objects.filter(about=case.reference)[:MAILS])
    steps, origin = _steps(case, user, bound), _list_origin(case)
    checklist = read_checklist(case, user)
    return {
        "title": case.reference,
        "case": case,
        "clock": read_clock(case),
        # As text: a template would turn it into Shanghai time.
        "family_time": date_format(timezone.now().astimezone(_zone(case)), "D H:i"),
        "owner": owner,
        "sections": inquiry_sections(case) if can_read_health(user, case) else [],
        "is_reading_stopped": case.is_reading_stopped,
        "consents": case.consents.select_related("hospital", "recorded_by"),
        "tasks": case.tasks.all(),
        "checklist": checklist,
        "list_origin": origin,
        "papers": paper_rows(user, case, checklist.items),
        "case_messages": case.messages.select_related("from_staff", "from_family"),
        "events": case.events.select_related("by")[:EVENTS],
        "mails": mails,
        "duplicates": _duplicates(case, user, bound),
        "scans": scans_box(user, case),
        "sharing": sharing_box(case, user, bound),
        "checks": living_checks(case).select_related("by"),
        "mail_failed": _newest_failed(mails),
        "steps": [button for button in steps if button.name not in STEP_FORMS],
        "long_steps": [button for button in steps if button.name in STEP_FORMS],
        "deeds": _deeds(case, user, owner, bound),
        "open_form": next(iter(bound), ""),
    }


def _list_origin(case: Case) -> dict | None:
    """Whose list of papers it is, as the family reads it; brings the list up to date.

    None for one that stays as it was.
    """
    if case.has_ended or case.is_reading_stopped:
        return None
    return {"listings": [claim.listing for claim in refresh_checklist(case=case).claims]}


def _duplicates(case: Case, user, bound: dict) -> list[dict]:
    """Open hints whose other case this person sees too; each with its form."""
    seen = Case.objects.visible_to(user)
    hints = DuplicateHint.objects.filter(
        Q(older=case) | Q(newer=case), state=DuplicateHint.State.OPEN, older__in=seen,
        newer__in=seen,
    )  # fmt: skip
    url = reverse("office:cases_case_duplicate", args=[case.pk])
    rows = hints.select_related("older", "newer").prefetch_related("agreements__case")
    return [
        {
            "other": hint.other(case),
            "agreements": hint.agreements.all(),
            "join_url": _join_url(case, hint),
            "button": Button(
                "duplicate",
                _("Record"),
                url,
                _form(DuplicateForm, "duplicate", case, bound, hint=hint.pk),
            ),
        }
        for hint in rows
    ]


def _join_url(case: Case, hint: DuplicateHint) -> str:
    """Nothing until both have agreed."""
    if len(hint.agreements.all()) < len((hint.older, hint.newer)):
        return ""
    return reverse("office:cases_case_join", args=[case.pk, hint.pk])


def conflict_page(request, case: Case, form, name: str) -> dict:
    """Both texts: what others did meanwhile, and the form with our own words kept."""
    again = _with_version(form, name, case)
    is_step = name in Step.values
    kwargs = {"case_id": case.pk} | ({"step": name} if is_step else {})
    view = "step" if is_step else name
    return {
        "title": _("%(case)s was changed meanwhile") % {"case": case.reference},
        "case": case,
        "clock": read_clock(case),
        "events": case.events.select_related("by")[:MEANWHILE],
        "newest": case.messages.select_related("from_staff", "from_family").last(),
        "form": again,
        "own_words": again.data.get(f"{name}-{form.own_words}", "") if form.own_words else "",
        "url": reverse(f"office:cases_case_{view}", kwargs=kwargs),
        "possible": name in _possible(case, request.user),
    }


def _possible(case: Case, user) -> set[str]:
    owner = case.family.filter(is_owner=True).first()
    steps = {button.name for button in _steps(case, user, {})}
    return steps | set(_deeds(case, user, owner, {})) | (SHARING if can_work(user, case) else set())


def _with_version(form, name: str, case: Case):
    data = form.data.copy()
    data[f"{name}-version"] = str(case.version)
    return type(form)(data, prefix=name)


def _zone(case: Case):
    try:
        return ZoneInfo(case.time_zone)
    except (ValueError, KeyError, OSError):
        return timezone.get_default_timezone()


def _newest_failed(mails) -> bool:
    ended = [mail for mail in mails if mail.status in (MailStatus.SENT, MailStatus.FAILED)]
    return bool(ended) and ended[0].status == MailStatus.FAILED


def _form(form_class, name: str, case: Case, bound: dict, **initial):
    return bound.get(name) or form_class(prefix=name, initial={"version": case.version, **initial})


def _steps(case: Case, user, bound: dict) -> list[Button]:
    """Exactly what the table allows this person now."""
    buttons = []
    for step in staff_steps(case.stage):
        if can_take_step(user, case, step):
            url = reverse("office:cases_case_step", args=[case.pk, step.value])
            form_class = STEP_FORMS.get(step, VersionForm)
            form = _form(form_class, step.value, case, bound, language=case.language)
            buttons.append(Button(step.value, step.label, url, form))
    return buttons


def _deeds(case: Case, user, owner, bound: dict) -> dict[str, Button]:
    """What may be done besides steps; a missing name has no place on the page."""
    if not can_work(user, case):
        return {}
    deeds = {}

    def add(name, word, form_class, **initial):
        url = reverse(f"office:cases_case_{name}", args=[case.pk])
        deeds[name] = Button(name, word, url, _form(form_class, name, case, bound, **initial))

    if case.held_for:
        add("release", _("A person wrote this: into the queue"), VersionForm)
    if can_write_message(user, case):
        add("answer", _("Send to the family"), AnswerForm, language=case.language)
    if case.has_new_words:
        add("read", _("Read, needs no answer"), VersionForm)
    if user.has_perm("cases.assign_case"):
        add("assign", _("Assign"), AssignForm, to=case.assigned_to_id)
    if case.assigned_to_id is None:
        add("take", _("Assign to me"), VersionForm)
    if not case.has_ended:
        add("due", _("Set the date"), DueForm)
        add("checklist", _("Note what the family told"), TickForm)
    if owner:
        add("email", _("Correct the address"), EmailForm, email=owner.email)
        add("check", _("Record this check"), CheckForm)
        add("link", _("Void the code and send a link to a new one"), VersionForm)
    return deeds


def inquiry_sections(case: Case) -> list[tuple[str, list[tuple[str, str]]]]:
    """The first form, grouped and labelled; what was left empty says so."""
    inquiry = getattr(case, "inquiry", None)
    if inquiry is None:
        return []
    groups = {
        _("Patient"): ("patient_name", "birth_date", "sex", "guardian_name", "guardian_relation"),
        _("The problem"): ("problem", "diagnosis", "condition"),
        _("What they want"): (
            "wishes",
            "urgency",
            "in_hospital",
            "current_hospital",
            "able_to_travel",
            "red_flags",
        ),
        _("Where and when"): ("specialty_wish", "when"),
    }
    return [
        (title, [(label_of(inquiry, name), value_of(inquiry, name)) for name in names])
        for title, names in groups.items()
    ]


def years_since(day) -> int:
    today = timezone.localdate()
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))


def label_of(inquiry, name: str) -> str:
    return inquiry._meta.get_field(name).verbose_name


def value_of(inquiry, name: str):
    words = {"wishes": dict(Wish.choices), "red_flags": dict(RedFlag.choices)}
    value = getattr(inquiry, name)
    if name == "birth_date":
        return _("%(date)s, %(age)d years old") % {
            "date": date_format(value, "DATE_FORMAT"),
            "age": years_since(value),
        }
    if name == "condition":
        condition = Condition.objects.filter(slug=value).first() if value else None
        return condition.name if condition else value
    if name in words:
        return ", ".join(str(words[name].get(code, code)) for code in value)
    display = getattr(inquiry, f"get_{name}_display", None)
    return display() if display else value
