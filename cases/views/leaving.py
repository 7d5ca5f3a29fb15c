"""The quick way out: at once to a page that tells nothing (row A7)."""

from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from cases.views.private import private


@require_POST
@private
def leave(request):
    """Ends whatever the session held. An inquiry that was begun stays on the server: it is
    reachable by its code or a mailed link, and no longer from this browser."""
    request.session.flush()
    answer = redirect("case:left")
    answer["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return answer


@require_safe
@private
def left(request):
    """Neither title nor icon nor a word says what was here."""
    return render(request, "cases/left.html")
