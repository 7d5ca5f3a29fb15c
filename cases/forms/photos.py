"""The form that makes one document of several photos: which, in which order, turned how."""

import uuid
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.actions.photos import MOST_BYTES, MOST_PAGES
from cases.forms.fields import Line
from cases.forms.policy import FamilyForm

TURNS = (
    ("0", _("as it is")),
    ("1", _("a quarter to the right")),
    ("2", _("upside down")),
    ("3", _("a quarter to the left")),
)
LAST = 10_000


@dataclass(frozen=True)
class Photo:
    """A picture of the family's list, as this page needs it. `size` is its copy's; 0: none yet."""

    id: uuid.UUID
    name: str
    sent: str
    size: int
    is_free: bool
    is_suggested: bool


class PhotosForm(FamilyForm):
    """Works with number boxes alone; the page's script offers buttons and dragging instead."""

    submission = forms.CharField(widget=forms.HiddenInput, required=False, max_length=36)
    name = Line(
        label=_("Name of the document"),
        help_text=_("For example: Discharge letter"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        error_messages={"required": _("Give the document a name.")},
    )

    def __init__(self, *args, photos: list[Photo], **kwargs):
        self.photos = [photo for photo in photos if photo.size]
        super().__init__(*args, **kwargs)

    def prepare(self):
        self.initial.setdefault("submission", str(uuid.uuid4()))
        place = 0
        for photo in self.photos:
            place += photo.is_suggested
            self._add(photo, place if photo.is_suggested else None)

    def _add(self, photo: Photo, place: int | None) -> None:
        use, number, turn = keys_of(photo)
        self.fields[use] = forms.BooleanField(
            label=_("Use this photo"), required=False, initial=photo.is_suggested
        )
        self.fields[number] = forms.IntegerField(
            label=_("Page"),
            required=False,
            min_value=1,
            max_value=LAST,
            initial=place,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 3}),
            error_messages={"invalid": _("Write a number.")},
        )
        self.fields[turn] = forms.ChoiceField(
            label=_("Turn it"), choices=TURNS, required=False, initial="0"
        )

    @property
    def rows(self) -> list[dict]:
        """Each photo with its three fields, in the order that was chosen."""
        rows = [
            {
                "photo": photo,
                **dict(zip(("use", "place", "turn"), map(self.__getitem__, keys), strict=True)),
            }
            for photo in self.photos
            for keys in [keys_of(photo)]
        ]
        return sorted(rows, key=lambda row: _as_place(row["place"].value()))

    def clean_submission(self) -> uuid.UUID:
        try:
            return uuid.UUID(self.cleaned_data["submission"])
        except ValueError:
            return uuid.uuid4()

    def clean(self):
        data = super().clean()
        if any(key.startswith("use_") and key not in self.fields for key in self.data):
            raise forms.ValidationError(
                _("One of the photos cannot be used any more. Look at the list and try again.")
            )
        chosen = self._chosen(data)
        if not 0 < len(chosen) <= MOST_PAGES:
            raise forms.ValidationError(_("Choose between 1 and 40 photos for one document."))
        if sum(photo.size for photo in chosen) > MOST_BYTES:
            raise forms.ValidationError(
                _("These photos are too much for one document. Make two of them.")
            )
        return data

    def _chosen(self, data) -> list[Photo]:
        """Photos without a number come last, as they stand in the list."""
        chosen = [photo for photo in self.photos if data.get(keys_of(photo)[0])]
        return sorted(chosen, key=lambda photo: data.get(keys_of(photo)[1]) or LAST)

    def details(self) -> dict:
        """As the arguments of the action."""
        data = self.cleaned_data
        pages = [(photo.id, int(data.get(keys_of(photo)[2]) or 0)) for photo in self._chosen(data)]
        return {"name": data["name"], "pages": pages, "submission": data["submission"]}


def keys_of(photo: Photo) -> tuple[str, str, str]:
    return f"use_{photo.id.hex}", f"place_{photo.id.hex}", f"turn_{photo.id.hex}"


def _as_place(value) -> int:
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 6 else LAST
