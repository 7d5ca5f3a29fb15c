"""Listings as a spreadsheet and back, on the hospitals' site."""

from io import BytesIO

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hospitals.actions.core import AlreadyWaitingError, ChangedMeanwhileError
from hospitals.actions.exchange import (
    Outcome,
    discard_draft,
    keep_draft,
    record_export,
    send_draft,
)
from hospitals.admin import import_preview
from hospitals.exchange.difference import SAME, plan_rows
from hospitals.exchange.writing import explain_columns, rules, write_csv, write_workbook
from hospitals.forms.exchange import SendForm, UploadForm
from hospitals.models import Hospital, ImportDraft
from portal.streams import pieces_or_cut

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IMPORT = "partners:hospitals_listing_import"
REVISIONS = "partners:hospitals_revision_changelist"
show_or_post = require_http_methods(["GET", "HEAD", "POST"])


class ExchangeMixin:
    """Addresses below the list of listings."""

    change_list_template = "partners/export_list.html"

    def get_urls(self):
        pages = [
            ("export.csv", require_safe(self.export_csv), "export_csv"),
            ("export.xlsx", require_safe(self.export_xlsx), "export_xlsx"),
            ("import/", show_or_post(self.import_file), "import"),
            ("import/<uuid:draft_id>/", require_safe(self.preview_import), "import_preview"),
            ("import/<uuid:draft_id>/send/", require_POST(self.send_import), "import_send"),
            (
                "import/<uuid:draft_id>/discard/",
                require_POST(self.discard_import),
                "import_discard",
            ),
        ]
        own = [
            path(route, self.admin_site.admin_view(view), name=f"hospitals_listing_{name}")
            for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def own_hospital(self, request) -> Hospital:
        return get_object_or_404(Hospital.objects.visible_to(request.user))

    def refuse_reader(self, request) -> None:
        if not self.may_propose(request):
            raise PermissionDenied

    def changelist_view(self, request, extra_context=None):
        more = {"may_propose": self.may_propose(request)}
        return super().changelist_view(request, more | (extra_context or {}))

    def export_csv(self, request):
        hospital = self.own_hospital(request)
        record_export(by=request.user, hospital=hospital, kind="csv")
        pieces = pieces_or_cut(request, write_csv(hospital))
        response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
        return as_download(response, hospital, "csv")

    def export_xlsx(self, request):
        hospital = self.own_hospital(request)
        record_export(by=request.user, hospital=hospital, kind="xlsx")
        file = BytesIO()
        write_workbook(hospital, file)
        return as_download(HttpResponse(file.getvalue(), content_type=XLSX), hospital, "xlsx")

    def import_file(self, request):
        self.refuse_reader(request)
        hospital = self.own_hospital(request)
        is_sent = request.method == "POST"
        form = UploadForm(*([request.POST, request.FILES] if is_sent else []), hospital=hospital)
        if is_sent and form.is_valid():
            table = form.cleaned_data["table"]
            draft = keep_draft(
                by=request.user,
                hospital=hospital,
                header=table.header,
                rows=table.as_json(),
                encoding=table.encoding,
            )
            return redirect(f"{IMPORT}_preview", draft.pk)
        return self.page(
            request,
            "partners/import.html",
            title=_("Import from a file"),
            form=form,
            columns=explain_columns(),
            rules=rules(),
            drafts=ImportDraft.objects.visible_to(request.user),
        )

    def find_draft(self, request, draft_id) -> ImportDraft:
        self.refuse_reader(request)
        drafts = ImportDraft.objects.visible_to(request.user).select_related("hospital")
        return get_object_or_404(drafts, pk=draft_id)

    def preview_import(self, request, draft_id):
        draft = self.find_draft(request, draft_id)
        plans = plan_rows(draft.hospital, draft.header, draft.rows)
        return self.page(
            request,
            "partners/import_preview.html",
            title=_("What would change"),
            draft=draft,
            **import_preview.describe(draft, plans),
        )

    def send_import(self, request, draft_id):
        self.refuse_reader(request)
        drafts = ImportDraft.objects.visible_to(request.user).select_related("hospital")
        draft = drafts.filter(pk=draft_id).first()
        if draft is None:
            return self.answer_gone(request)
        plans = plan_rows(draft.hospital, draft.header, draft.rows, is_sent=True)
        try:
            outcome = send_draft(
                by=request.user,
                draft=draft,
                proposals=SendForm(request.POST).proposals(plans),
                settled={plan.number for plan in plans if plan.kind == SAME},
            )
        except ChangedMeanwhileError:
            return self.answer_gone(request)
        return self.answer_sent(request, draft, outcome)

    def answer_gone(self, request):
        messages.info(request, _("This file is not waiting here any more: it was sent already, "
                                 "or it was kept for a day."))  # fmt: skip
        return redirect(REVISIONS)

    def answer_sent(self, request, draft: ImportDraft, outcome: Outcome):
        tell_outcome(request, outcome)
        left = ImportDraft.objects.filter(pk=draft.pk).first()
        if left is None:
            return redirect(REVISIONS)
        if outcome.sent:
            messages.info(request, _("The rows below were not sent. They are kept for a day."))
        return redirect(f"{IMPORT}_preview", draft.pk)

    def discard_import(self, request, draft_id):
        discard_draft(by=request.user, draft=self.find_draft(request, draft_id))
        messages.success(request, _("The file is gone. Nothing has changed."))
        return redirect(IMPORT)


def tell_outcome(request, outcome: Outcome) -> None:
    """How many rows were sent, and why each of the others was not."""
    count = len(outcome.sent)
    if count:
        words = ngettext(
            "%(count)d change was sent for approval.",
            "%(count)d changes were sent for approval.",
            count,
        )
        messages.success(request, words % {"count": count})
    elif not outcome.failed:
        messages.warning(request, _("Nothing was sent: no row was ready, or none was ticked."))
    for number, refusal in sorted(outcome.failed.items()):
        words = _("Row %(number)d was not sent: %(reason)s")
        messages.error(request, words % {"number": number, "reason": reason(refusal)})


def reason(refusal: Exception) -> str:
    if isinstance(refusal, ChangedMeanwhileError | AlreadyWaitingError):
        return _("somebody else changed this specialty while you were reading. Look again.")
    return " ".join(import_preview.sentences(refusal))


def as_download(response, hospital: Hospital, ending: str):
    day = timezone.localdate().isoformat()
    name = f"{hospital.slug}-listings-{day}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
