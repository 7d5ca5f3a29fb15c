"""Where browsers report breaches of the content security policy."""

import json
import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

logger = logging.getLogger("portal.csp")
MAX_REPORT_BYTES = 10_000


@csrf_exempt  # Browsers send reports without a token; nothing is changed by one.
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Logs the directive that was broken, never the page's address."""
    try:
        report = json.loads(request.body[:MAX_REPORT_BYTES]).get("csp-report", {})
        directive = str(report.get("effective-directive", ""))[:60]
    except (ValueError, AttributeError, RecursionError):
        return HttpResponse(status=204)
    logger.warning("content security policy broken", extra={"fields": {"directive": directive}})
    return HttpResponse(status=204)
