"""The family's scans: what is on its discs, what is missing, a picture of each series."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.views.decorators.http import require_safe

from cases import actions, sessions
from cases.imaging import words
from cases.models import Purpose
from cases.records import kinds, store
from cases.records.crypto import KeyDestroyedError, SealBrokenError
from cases.records.kinds import Status
from cases.views.files import inline_response
from cases.views.private import family_page

NOT_KEPT = (KeyDestroyedError, SealBrokenError, store.FileLostError)


@require_safe
@family_page
def scan(request, case, key):
    """One study. Its key says nothing and leads nowhere but here."""
    card = next((card for card in scan_cards(case) if card["key"] == key), None)
    if card is None:
        raise Http404
    context = {"case": case, "scan": card, "seconds_left": sessions.seconds_left(request)}
    return render(request, "cases/imaging.html", context)


@require_safe
@family_page
def picture(request, case, record_id, position):
    record = get_object_or_404(case.records, pk=record_id)
    record.case = case
    return picture_response(request, request.member, record, position)


def picture_response(request, who, record, position: int):
    """Asked and written down at every request (rows Z4 and L3)."""
    try:
        reader = actions.open_copy(by=who, record=record, purpose=Purpose.SERIES, position=position)
    except (actions.ActionRefusedError, *NOT_KEPT) as error:
        raise Http404 from error
    return inline_response(request, reader)


def imaging_context(case) -> dict:
    """For the page of papers: nothing at all while there are no scans."""
    scans = case.records.filter(kind__in=(kinds.Kind.DICOM, kinds.Kind.ZIP), status=Status.FINE)
    count = scans.count()
    if not count:
        return {"scans": None}
    readings = actions.readings_of(case)
    found, cards = _combined(case, readings)
    return {
        "scans": {
            "is_waiting": count > len(readings),
            "findings": words.scans_findings(found) if found else [],
            "cards": cards,
        }
    }


def scan_cards(case) -> list[dict]:
    return _combined(case, actions.readings_of(case))[1]


def _combined(case, readings):
    """Everything on the discs, and a card for each study; nothing after erasure."""
    if not readings:
        return None, []
    try:
        found = actions.combined(case, readings)
    except KeyDestroyedError:
        return None, []
    pictures = actions.previews_of(case, readings)
    records = {str(reading.pk): reading.record for reading in readings}
    return found, [study_card(case, study, pictures, records) for study in found.studies]


def study_card(case, study, pictures: dict, records: dict) -> dict:
    findings = words.study_findings(study)
    papers = {image.where[0] for series in study.series for image in series.images}
    return {
        "key": study.key,
        "study": study,
        "title": words.study_title(study),
        "body_part": words.body_part_word(study.body_part),
        "findings": findings,
        "must_act": any(finding.must_act for finding in findings),
        # Of the files that hold it, which may hold more.
        "size": filesizeformat(sum(records[paper].size for paper in papers)),
        "series": [_series_row(case, series, pictures) for series in study.series],
    }


def _series_row(case, series, pictures: dict) -> dict:
    place = pictures.get(series.uid)
    return {
        "series": series,
        "name": words.series_name(series),
        "kind": words.modality_word(series.modality),
        "place": place,
        "picture": _picture_url(case, place) if place else "",
    }


def _picture_url(case, place) -> str:
    return reverse("case:scan-picture", args=[case.reference, *place])


def must_act_on_scans(case) -> bool:
    """For the page of the case: whether a scan waits for the family."""
    return any(card["must_act"] for card in scan_cards(case))
