"""Scans on the page of a case: what the family reads, whose name is on the disc, how it counts."""

from django.urls import reverse

from cases.permissions import can_read_health
from cases.views.imaging import imaging_context


def scans_box(user, case) -> dict | None:
    """None without scans, and for whoever may not read what the family sent."""
    if not can_read_health(user, case):
        return None
    box = imaging_context(case)["scans"]
    for card in box["cards"] if box else ():
        people = [person_row(*person) for person in card["study"].people]
        card["people"] = [words for words in people if words]
        for row in card["series"]:
            row["picture"] = _picture_url(case, row["place"]) if row["place"] else ""
    return box


def person_row(name: str, born: str, sex: str, number: str) -> list[str]:
    """What the disc says, as it says it: staff must be able to tell which disc was mixed up."""
    day = f"{born[:4]}-{born[4:6]}-{born[6:]}" if born else ""
    said = (" ".join(name.replace("^", " ").split()), day, sex, number)
    return [word for word in said if word]


def _picture_url(case, place) -> str:
    return reverse("office:cases_case_scan_picture", args=[case.pk, *place])
