"""Fields of a form without a template of their own: hundreds of choices cost almost nothing."""

from collections.abc import Iterator
from html import escape

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString


class PlainSelect(forms.Select):
    """Without a template for each option: a hundred of them took a quarter of a search's time."""

    # In place of the property that looks into each choice.
    choices = ()

    def render(self, name, value, attrs=None, renderer=None):
        chosen = "" if value is None else str(value)
        return format_html(
            "<select{}>{}</select>",
            flatatt({"name": name} | self.build_attrs(self.attrs, attrs)),
            SafeString("".join(_options(self.choices, chosen))),
        )


class PlainInput(forms.TextInput):
    """One line of text: a template for it takes half a millisecond of a search."""

    def render(self, name, value, attrs=None, renderer=None):
        said = {"type": self.input_type, "name": name} | self.build_attrs(self.attrs, attrs)
        if (shown := self.format_value(value)) is not None:
            said["value"] = shown
        return format_html("<input{}>", flatatt(said))


def _options(choices, chosen: str) -> Iterator[str]:
    """Of one select, escaped; a label with a list of choices is a group."""
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield f'<optgroup label="{escape(value)}">'
            yield from _options(label, chosen)
            yield "</optgroup>"
        else:
            selected = " selected" if value == chosen else ""
            yield f'<option value="{escape(value)}"{selected}>{escape(label)}</option>'


class PlainChoiceField(forms.ChoiceField):
    """Its choices are pairs of strings, and lists of them as groups, in the reader's language.

    They are set for each form and used as they are: Django would look into each of a
    hundred to find out what it is, and copy them.
    """

    widget = PlainSelect

    def __deepcopy__(self, memo):
        # Past ChoiceField, which copies the choices.
        return super(forms.ChoiceField, self).__deepcopy__(memo)

    @property
    def choices(self) -> list:
        return self._choices

    @choices.setter
    def choices(self, choices: list) -> None:
        self._choices = self.widget.choices = choices
