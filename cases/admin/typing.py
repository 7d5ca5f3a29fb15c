"""The office types in what a family said on the phone or wrote on paper, on the family's pages."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_http_methods

from cases import actions, codes, sessions
from cases.actions import ActionRefusedError
from cases.models import Draft
from portal.sites import office

# Answers of one page; the newest first.
DRAFTS = 30


class PhoneForm(forms.Form):
    language = forms.ChoiceField(
        label=gettext_lazy("The family's language"), choices=settings.LANGUAGES
    )


class PaperForm(forms.Form):
    reference = forms.CharField(label=gettext_lazy("Reference on the paper form"), max_length=40)

    def clean_reference(self):
        return codes.normalise_reference(self.cleaned_data["reference"])


@require_http_methods(["GET", "HEAD", "POST"])
def type_in(request):
    """What is open, and two ways to begin; all of them lead to the pages of the inquiry."""
    if not request.user.has_perm("cases.work_case"):
        raise PermissionDenied
    forms_shown = {"phone": PhoneForm(), "paper": PaperForm()}
    if request.method != "POST":
        return _show(request, forms_shown)
    if "again" in request.POST:
        return _open(request, get_object_or_404(_mine(request), reference=request.POST["again"]))
    name = "paper" if "reference" in request.POST else "phone"
    form = forms_shown[name] = type(forms_shown[name])(request.POST)
    return _begin(request, form, forms_shown) if form.is_valid() else _show(request, forms_shown)


def _begin(request, form, forms_shown):
    act = actions.open_paper if isinstance(form, PaperForm) else actions.start_typing
    try:
        return _open(request, act(by=request.user, **form.cleaned_data))
    except ActionRefusedError as refused:
        messages.error(request, str(refused))
        return _show(request, forms_shown)


def _open(request, draft: Draft):
    """The pages in the family's language: the consents are read out as they stand there."""
    sessions.type_draft(request, draft)
    with override(draft.language):
        return redirect(reverse("inquiry:resume"))


def _mine(request):
    return Draft.objects.open().filter(typed_by=request.user)


def _show(request, forms_shown):
    context = office.each_context(request) | {
        "title": _("Type in an inquiry"),
        "drafts": _mine(request).order_by("-created_at")[:DRAFTS],
        **forms_shown,
    }
    request.current_app = office.name
    return TemplateResponse(request, "office/typing.html", context)
