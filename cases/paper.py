"""The inquiry on paper: the same pages and questions, with boxes and lines to fill in by hand."""

from dataclasses import dataclass, field

from django import forms
from django.utils.translation import gettext as _

from cases import consents, intake
from cases.checklist.papers import PaperCode
from cases.forms.agreement import SIGNATURE

# Choices beyond these are a line to write on: nobody ticks a box among 249 countries.
BOXES = 20
LINES, LONG_LINES = 1, 8
# Known by the device, derived from the country, or looked up from the words.
NOT_ON_PAPER = frozenset({"browser_zone", "time_zone", "condition"})


@dataclass(frozen=True)
class Question:
    label: str
    help: str = ""
    boxes: list[str] = field(default_factory=list)
    lines: int = 0

    @property
    def rows(self) -> range:
        return range(self.lines)


def paper_pages() -> list[tuple[str, list[Question]]]:
    """Every page, those too that apply to some alone; the consents with a box each.

    At the end the papers that the family has: the office ticks them on its page of the case.
    """
    pages = [(page.title, _questions(page)) for page in intake.PAGES]
    ask = _("Tick what you have. Nothing has to be sent with this form.")
    boxes = [str(label) for label in PaperCode.labels]
    return [*pages, (_("Papers that you have"), [Question(ask, boxes=boxes)])]


def _questions(page: intake.Page) -> list[Question]:
    form = page.form(answers=intake.Answers({}))
    fields = {name: item for name, item in form.fields.items() if name not in NOT_ON_PAPER}
    asked = [_question(item) for item in fields.values()]
    if page.slug != "consents":
        return asked
    child = consents.child_text(consents.OWN)
    signature = Question(str(SIGNATURE), lines=LINES)
    return [*asked, Question(child.text, boxes=[child.title]), signature]


def _question(item: forms.Field) -> Question:
    if isinstance(item, forms.BooleanField):
        return Question(str(item.help_text), boxes=[str(item.label)])
    boxes = [str(label) for _value, label in item.choices] if _is_choice(item) else []
    if 1 < len(boxes) <= BOXES:
        return Question(str(item.label), str(item.help_text), boxes=boxes)
    is_long = isinstance(item.widget, forms.Textarea)
    return Question(str(item.label), str(item.help_text), lines=LONG_LINES if is_long else LINES)


def _is_choice(item: forms.Field) -> bool:
    return isinstance(item, forms.ChoiceField)
