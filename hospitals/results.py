"""Which hospitals a list shows: all that match the filters, or the answer to a question."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.utils.translation import get_language

from hospitals import facets
from hospitals.finding.answer import Answer, answer
from hospitals.forms import FilterForm
from hospitals.models import EntryKind, Hospital

PAGE_SIZE = 20


@dataclass
class Matches:
    """Hospitals of the list. `total` counts all; of an answer the best hundred are `shown`."""

    bits: int
    # Before the filters; None without a question.
    among: int | None = None
    found: Answer | None = None

    @property
    def total(self) -> int:
        return self.bits.bit_count()

    @property
    def shown(self) -> int:
        return len(self.found.hospitals) if self.found else self.total


def find_matches(form: FilterForm, index: facets.Index, version: int) -> Matches:
    filters = form.filters()
    question = form.cleaned_data.get("q", "")
    left = index.matching(filters)
    if not question:
        return Matches(left)
    found = answer(
        question,
        language=get_language(),
        hospitals=index.keys_of(left) if any(filters.values()) else None,
        version=version,
    )
    among = index.with_any("specialty", found.ways) | _named(index, found)
    # Who says that it treats this very illness, whatever its specialties are.
    among |= index.bits_of(hit.hospital for hit in found.hospitals)
    return Matches(left & among, among, found)


def _named(index: facets.Index, found: Answer) -> int:
    """Hospitals that were asked for by name, those too that the filters leave out."""
    slugs = [hit.target for hit in found.targets if hit.kind == EntryKind.HOSPITAL]
    if not slugs:
        return 0
    keys = Hospital.objects.filter(slug__in=slugs).values_list("pk", flat=True)
    return index.bits_of(key.bytes for key in keys)


class PageOfList:
    """Which hospitals of the list this page shows, and the pages beside it."""

    def __init__(self, length: int, asked: int):
        self.pages = Paginator(range(length), PAGE_SIZE)
        self.asked = asked
        self.number = min(asked, self.pages.num_pages)

    @property
    def is_beyond(self) -> bool:
        return self.asked > self.number

    @property
    def start(self) -> int:
        return (self.number - 1) * PAGE_SIZE

    @property
    def stop(self) -> int:
        return self.number * PAGE_SIZE

    def links(self, form: FilterForm) -> dict:
        """For the navigation; empty for a list of one page. A gap has no number."""
        page = self.pages.page(self.number)
        if not page.has_other_pages():
            return {}
        numbers = self.pages.get_elided_page_range(self.number, on_each_side=1, on_ends=1)
        return {
            "numbers": [
                {"number": n, "url": form.address(page=n)} if isinstance(n, int) else {}
                for n in numbers
            ],
            "previous": form.address(page=self.number - 1) if page.has_previous() else "",
            "next": form.address(page=self.number + 1) if page.has_next() else "",
        }
