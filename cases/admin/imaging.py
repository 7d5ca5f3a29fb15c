"""One picture of a series, for the office."""

from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from cases.admin.desk import find_case
from cases.views.imaging import picture_response


@require_safe
def picture(request, case_id, record_id, position):
    case = find_case(request, case_id)
    record = get_object_or_404(case.records, pk=record_id)
    record.case = case
    return picture_response(request, request.user, record, position)
