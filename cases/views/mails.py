"""The link in the first mail: whoever reads it says that the address is theirs (row M3)."""

from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from cases import actions
from cases.actions.mail import living_confirmation
from cases.views.private import private
from portal.languages import is_switching


@require_http_methods(["GET", "HEAD", "POST"])
@private
def confirm_email(request, token):
    """GET changes nothing, because mail scanners follow links. Neither tells of a case."""
    if living_confirmation(token) is None:
        return _gone(request)
    if request.method != "POST" or is_switching(request):
        return render(request, "cases/confirm_email.html", {"form_id": "confirm-form"})
    if not actions.confirm_email(token=token):
        return _gone(request)
    return redirect("case:email-confirmed")


def _gone(request):
    return render(request, "cases/confirm_expired.html", status=410)


@require_safe
@private
def email_confirmed(request):
    return render(request, "cases/email_confirmed.html")
