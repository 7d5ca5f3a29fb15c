"""Conditions and treatments: what families look for, and the specialties that answer."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from hospitals.choices import Audience
from hospitals.models.hospital import Specialty


class Curated(models.Model):
    """What we describe by hand: names and lay words per language, and for whom it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("key"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    # Lay words, synonyms and abbreviations per language: {"en": [...], "pl": [...]}.
    words = models.JSONField(_("other words"), default=dict)
    # Words that people type but that hurt or are out of date: found, never shown.
    hidden_words = models.JSONField(_("words that are not shown"), default=dict, blank=True)
    audience = models.CharField(_("for whom"), max_length=10, choices=Audience.choices, blank=True)
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self):
        return self.name


class Way(models.Model):
    """Which specialties answer, the best match first."""

    # A specialty that answers for something is not deleted unnoticed.
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ["position"]


class Condition(Curated):
    """An illness under its codes of the ICD-10 (WHO)."""

    specialties = models.ManyToManyField(
        Specialty, through="ConditionSpecialty", related_name="conditions"
    )

    class Meta(Curated.Meta):
        abstract = False
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")


class ConditionCode(models.Model):
    """One code of a condition; several conditions may share a code."""

    # A code says nothing without its condition.
    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="codes")
    code = models.CharField(_("ICD-10 code"), max_length=8, db_index=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["condition", "code"], name="condition_code_once")
        ]

    def __str__(self):
        return self.code


class ConditionSpecialty(Way):
    """Which specialties treat a condition."""

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="ways")

    class Meta(Way.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["condition", "specialty"], name="condition_specialty_once"
            )
        ]

    def __str__(self):
        return f"{self.condition_id} {self.specialty_id}"


class Treatment(Curated):
    """A treatment or technique that families ask for by name."""

    specialties = models.ManyToManyField(
        Specialty, through="TreatmentSpecialty", related_name="treatments"
    )

    class Meta(Curated.Meta):
        abstract = False
        verbose_name = _("treatment")
        verbose_name_plural = _("treatments")


class TreatmentSpecialty(Way):
    """Which specialties offer a treatment."""

    treatment = models.ForeignKey(Treatment, on_delete=models.CASCADE, related_name="ways")

    class Meta(Way.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["treatment", "specialty"], name="treatment_specialty_once"
            )
        ]

    def __str__(self):
        return f"{self.treatment_id} {self.specialty_id}"


class ImportedName(models.Model):
    """The title of an ICD-10 code in one more language, from a catalogue of translations.

    Beside the index, so that it outlives each new index.
    """

    code = models.CharField(_("ICD-10 code"), max_length=8)
    language = models.CharField(_("language"), max_length=10)
    text = models.CharField(_("title"), max_length=255)

    class Meta:
        verbose_name = _("imported name")
        verbose_name_plural = _("imported names")
        ordering = ["code", "language"]
        constraints = [
            models.UniqueConstraint(fields=["code", "language"], name="imported_name_once")
        ]

    def __str__(self):
        return self.text
