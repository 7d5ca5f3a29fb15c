"""Conditions and treatments: what families look for, and the specialties that answer."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from hospitals.choices import Audience
from hospitals.models.hospital import Specialty


class Condition(models.Model):
    """An illness under its codes of the ICD-10 (WHO), with names and lay words per language."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("key"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    # Lay words, synonyms and abbreviations per language: {"en": [...], "pl": [...]}.
    words = models.JSONField(_("other words"), default=dict)
    audience = models.CharField(_("for whom"), max_length=10, choices=Audience.choices, blank=True)
    specialties = models.ManyToManyField(
        Specialty, through="ConditionSpecialty", related_name="conditions"
    )
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        ordering = ["name"]

    def __str__(self):
        return self.name


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


class ConditionSpecialty(models.Model):
    """Which specialties treat a condition, the best match first."""

    condition = models.ForeignKey(Condition, on_delete=models.CASCADE, related_name="ways")
    # A specialty that answers for a condition is not deleted unnoticed.
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["condition", "specialty"], name="condition_specialty_once"
            )
        ]

    def __str__(self):
        return f"{self.condition_id} {self.specialty_id}"


class Treatment(models.Model):
    """A treatment or technique that families ask for by name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("key"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    words = models.JSONField(_("other words"), default=dict)
    audience = models.CharField(_("for whom"), max_length=10, choices=Audience.choices, blank=True)
    specialties = models.ManyToManyField(
        Specialty, through="TreatmentSpecialty", related_name="treatments"
    )
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("treatment")
        verbose_name_plural = _("treatments")
        ordering = ["name"]

    def __str__(self):
        return self.name


class TreatmentSpecialty(models.Model):
    """Which specialties offer a treatment, the best match first."""

    treatment = models.ForeignKey(Treatment, on_delete=models.CASCADE, related_name="ways")
    # A specialty that offers a treatment is not deleted unnoticed.
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["treatment", "specialty"], name="treatment_specialty_once"
            )
        ]

    def __str__(self):
        return f"{self.treatment_id} {self.specialty_id}"
