"""What a hospital sees of a case: a summary without a name, asked for anew at every request.

No name, birth date, address or message; the doctors learn those after the family agreed again.
"""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases import actions
from cases.admin.page import label_of, value_of, years_since
from cases.admin.papers import NOT_KEPT
from cases.models import DerivedFile, Purpose, Referral
from cases.records.kinds import Kind
from cases.views.files import file_response
from portal.sites import partners

SHOWN = ("sex", "problem", "diagnosis", "condition", "wishes", "urgency", "in_hospital",
         "able_to_travel", "red_flags", "when")  # fmt: skip
ROWS = 50
FILE_NAMES = {Kind.ZIP: "scan.zip", Kind.DICOM: "scan.dcm"}


def referrals_panel(request) -> dict | None:
    """On the desk of a hospital's reviewers: what is shared with them now."""
    if not request.user.has_perm("cases.view_referral"):
        return None
    rows = Referral.objects.visible_to(request.user).select_related("case")
    return {"template": "partners/_referrals.html", "rows": rows.order_by("-sent_at")[:ROWS]}


@require_safe
def show_referral(request, referral_id):
    """Ended, withdrawn or another hospital's: the answer is that of one that does not exist."""
    referral = _find(request, referral_id)
    try:
        actions.open_referral(by=request.user, referral=referral)
    except actions.ActionRefusedError as refused:
        raise Http404 from refused
    context = partners.each_context(request) | {
        "title": _("A case shared with you"),
        "referral": referral,
        "facts": _facts(referral.case),
        "copies": actions.copies_for(by=request.user, referral=referral),
    }
    request.current_app = partners.name
    return TemplateResponse(request, "partners/referral.html", context)


def _find(request, referral_id) -> Referral:
    if not request.user.has_perm("cases.view_referral"):
        raise PermissionDenied
    rows = Referral.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("case__inquiry", "hospital"), pk=referral_id)


@require_safe
def save_copy(request, referral_id, copy_id):
    """A scan without names. What the family called the file is not said either."""
    referral = _find(request, referral_id)
    copies = DerivedFile.objects.filter(case=referral.case, purpose=Purpose.SHARED)
    copy = get_object_or_404(copies.select_related("record"), pk=copy_id)
    try:
        reader = actions.open_shared_copy(by=request.user, referral=referral, copy=copy)
    except (actions.ActionRefusedError, *NOT_KEPT) as error:
        raise Http404 from error
    return file_response(request, reader, FILE_NAMES.get(copy.kind, "scan"), copy.kind)


def _facts(case) -> list[tuple]:
    inquiry = getattr(case, "inquiry", None)
    if inquiry is None:
        return []
    age = years_since(inquiry.birth_date)
    known = [(_("Age"), _("%(age)d years") % {"age": age}), (_("Country"), case.country.name)]
    return known + [(label_of(inquiry, name), value_of(inquiry, name)) for name in SHOWN]
