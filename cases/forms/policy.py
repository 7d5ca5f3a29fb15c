"""The one policy of all family forms: limits with a sentence each, clean text, one look."""

from collections import Counter
from collections.abc import Iterator

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from cases.forms.fields import LINE_BREAKS, Line, Paragraphs, without_invisible
from cases.forms.showing import as_text

TOO_LONG = _("Keep this to %(limit_value)d letters; it has %(show_value)d now.")
NOT_ON_LIST = _("Choose one of the answers on the list.")
CLEANED = _(
    "We took out invisible characters, which can change how a text reads. Check it, then continue."
)
# Of a hidden value that goes out with the page and comes back.
EXTRA_LENGTH = 300
_CLASSES = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.MultiWidget, "form-control"),
    (forms.Textarea, "form-control"),
    (forms.widgets.Input, "form-control"),
)


class FamilyForm(forms.Form):
    """A form whose errors are told once at the top and once at the field, in words.

    `answers` are the pages that were answered already (see `intake.Answers`).
    """

    use_required_attribute = False
    # Name of the button that Enter presses; without one, the page is sent on.
    enter_presses = ""
    # Keys that the page posts beside the fields.
    extra_keys: tuple[str, ...] = ()

    @classmethod
    def is_asking(cls, data) -> bool:
        """Whether a button of the page asks for its help, and saves nothing."""
        return False

    def __init__(self, *args, answers=None, **kwargs):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.answers = answers
        posted = self.data
        if self.is_bound:
            self.data = _without_invisible(posted)
        self.prepare()
        self._cleaned_names = self._clean_text(posted) if self.is_bound else []
        for field in self.fields.values():
            _dress(field)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.field_template = "cases/_field.html"

    @property
    def carried(self) -> dict[str, str]:
        """Hidden values that the page posts under `extra_keys`."""
        return {}

    def prepare(self) -> None:
        """For fields that depend on earlier answers."""

    def _clean_text(self, posted) -> list[str]:
        """One value where one is asked for, on one line; returns the fields to tell about."""
        self._keep_last_values()
        told = []
        for name, field in self.fields.items():
            typed = self.data.get(name)
            if not isinstance(field, forms.CharField) or not typed:
                continue
            if not isinstance(field, Paragraphs):
                self.data[name] = LINE_BREAKS.sub(" ", typed)
            if isinstance(field, Line | Paragraphs) and posted.get(name) != typed:
                told.append(name)
        return told

    def _keep_last_values(self) -> None:
        """Of a key that was sent twice the form reads the last: nothing else is to be kept."""
        several = {
            name
            for name, field in self.fields.items()
            if getattr(field.widget, "allow_multiple_selected", False)
        }
        for key in self._keys():
            if key in self.data and key not in several:
                self.data.setlist(key, self.data.getlist(key)[-1:])
        for key in self.extra_keys:
            if key in self.data:
                self.data[key] = self.data[key][:EXTRA_LENGTH]

    def full_clean(self):
        super().full_clean()
        for name in self.errors if self.is_bound else ():
            if name in self.fields:
                attrs = self.fields[name].widget.attrs
                attrs["class"] = f"{attrs.get('class', '')} is-invalid".strip()

    def _post_clean(self):
        for name in self._cleaned_names:
            if name not in self.errors:
                self.add_error(name, CLEANED)

    @property
    def error_list(self) -> Iterator[tuple[str, str]]:
        """Where each error is, and its words; for the summary at the top."""
        said = Counter(error for errors in self.errors.values() for error in errors)
        for name, errors in self.errors.items():
            field = self.fields.get(name)
            anchor = self[name].auto_id if field else "main"
            first = f"{anchor}_0" if field and field.widget.use_fieldset else anchor
            for error in errors:
                # The same words about several questions: each names its own.
                yield first, f"{field.label} {error}" if field and said[error] > 1 else error

    def summary(self) -> list[tuple[str, str]]:
        """Question and answer of each field, for the page that checks them all."""
        return [
            (field.label, as_text(field, self.cleaned_data.get(name)))
            for name, field in self.fields.items()
            if not field.widget.is_hidden
        ]

    def typed(self) -> dict[str, list[str]]:
        """What was typed into our own fields, and nothing else that was posted (row Z3)."""
        return {key: self.data.getlist(key) for key in self._keys() if key in self.data}

    def _keys(self) -> list[str]:
        keys = list(self.extra_keys)
        for name, field in self.fields.items():
            parts = getattr(field.widget, "widgets_names", [""])
            keys += [f"{name}{part}" for part in parts]
        return keys


def _without_invisible(posted) -> MultiValueDict:
    """Every value of every key, so that no database refuses what was sent."""
    lists = posted.lists() if hasattr(posted, "lists") else _as_lists(posted)
    return MultiValueDict({key: [_clean(value) for value in values] for key, values in lists})


def _as_lists(data: dict) -> Iterator[tuple[str, list]]:
    for key, value in data.items():
        yield key, value if isinstance(value, list) else [value]


def _clean(value):
    return without_invisible(value) if isinstance(value, str) else value


def as_data(typed: dict[str, list[str]]) -> MultiValueDict:
    """Typed answers of the draft, as a form takes them."""
    return MultiValueDict(typed)


def unvalidated(form_class, data, **kwargs) -> FamilyForm:
    """The form with what was typed and no word about mistakes."""
    blank = form_class(**kwargs)
    initial = {
        name: field.widget.value_from_datadict(data, {}, name)
        for name, field in blank.fields.items()
    }
    return form_class(initial=initial, **kwargs)


def _dress(field) -> None:
    """Class, limits and error sentences. The server refuses what is too long, in words:
    a browser's own limit would cut it off in silence."""
    widget = field.widget
    for kind, css in _CLASSES:
        if isinstance(widget, kind):
            widget.attrs.setdefault("class", css)
            break
    for name in ("maxlength", "minlength"):
        widget.attrs.pop(name, None)
    field.error_messages["max_length"] = TOO_LONG
    if isinstance(field, forms.ChoiceField):
        field.error_messages["invalid_choice"] = NOT_ON_LIST
