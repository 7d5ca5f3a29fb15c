"""Which hospitals match the reader's words: each word must be found somewhere.

Deliberately plain; conditions, misspellings and ranking come with their own issue.
"""

from django.db.models import Exists, OuterRef, Q

from hospitals.models import Listing

COLUMN_LANGUAGES = ("en", "zh_hans", "pl", "ar")
MAX_WORDS = 8
_HOSPITAL_FIELDS = ("name", "short_name")
_LISTING_FIELDS = ("title", "reason", "specialty__name")


def search_hospitals(hospitals, text: str):
    for word in text.split()[:MAX_WORDS]:
        listings = Listing.objects.public().filter(
            _contains(_LISTING_FIELDS, word), hospital=OuterRef("pk")
        )
        hospitals = hospitals.filter(_contains(_HOSPITAL_FIELDS, word) | Exists(listings))
    return hospitals


def _contains(fields, word: str) -> Q:
    found = Q()
    # SQLite compares only the letters A to Z without case; these are the others.
    for form in {word, word.lower(), word.upper(), word.capitalize()}:
        for field in fields:
            for language in COLUMN_LANGUAGES:
                found |= Q(**{f"{field}_{language}__icontains": form})
    return found
