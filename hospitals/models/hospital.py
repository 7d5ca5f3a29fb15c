"""Hospitals with their campuses, facts and stories, and the specialties that they share."""

import re
import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from hospitals.choices import Accepting, Area, District, FactKind, HospitalType, PilotStatus
from hospitals.models.source import Source, Sourced
from hospitals.querysets import FactQuerySet, HospitalQuerySet, SpecialtyQuerySet
from portal.partial_date import display_partial_date

PHONE_KINDS = (FactKind.MAIN_PHONE, FactKind.DEPARTMENT_PHONE)
EMAIL_KINDS = (FactKind.MAIN_EMAIL, FactKind.DEPARTMENT_EMAIL)


# Addresses beside the hospitals' own pages.
RESERVED_SLUGS = ("suggest",)


class Specialty(models.Model):
    """A field of medicine under one name for all hospitals; listings refer to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("key"), max_length=60, unique=True)
    area = models.CharField(_("group"), max_length=20, choices=Area.choices)
    name = models.CharField(_("name"), max_length=120)
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    objects = SpecialtyQuerySet.as_manager()

    class Meta:
        verbose_name = _("specialty")
        verbose_name_plural = _("specialties")
        ordering = ["name"]

    def __str__(self):
        return self.name


class Hospital(models.Model):
    """A public hospital of Shanghai. Its page's address is its slug."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("key"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=150)
    short_name = models.CharField(_("short name"), max_length=60)
    description = models.TextField(_("description"), max_length=2000, blank=True)
    type = models.CharField(_("kind"), max_length=20, choices=HospitalType.choices)
    accepting = models.CharField(
        _("new patients from abroad"),
        max_length=10,
        choices=Accepting.choices,
        default=Accepting.UNKNOWN,
    )
    accepting_confirmed_at = models.DateTimeField(
        _("confirmed by the hospital"), null=True, blank=True, editable=False
    )
    pilot_status = models.CharField(
        _("one of the first 13 pilots"), max_length=12, choices=PilotStatus.choices
    )
    pilot_source = models.ForeignKey(
        # The membership of the first group is a claim like any other.
        Source,
        verbose_name=_("source of the first group"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    pilot_source_date = models.CharField(
        _("date of the source of the first group"), max_length=10, blank=True
    )
    name_source = models.ForeignKey(
        # The official name is a claim like any other.
        Source,
        verbose_name=_("source of the name"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    name_source_date = models.CharField(
        _("date of the source of the name"), max_length=10, blank=True
    )
    name_zh_source = models.ForeignKey(
        # Often another source than the one of the English name.
        Source,
        verbose_name=_("source of the Chinese name"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    name_zh_source_date = models.CharField(
        _("date of the source of the Chinese name"), max_length=10, blank=True
    )
    # When its editors were last asked whether old confirmations still hold.
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    is_public = models.BooleanField(_("public"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    version = models.PositiveIntegerField(default=1, editable=False)
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    objects = HospitalQuerySet.as_manager()

    class Meta:
        verbose_name = _("hospital")
        verbose_name_plural = _("hospitals")
        ordering = ["position", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(slug__in=RESERVED_SLUGS),
                name="hospital_slug_is_free",
                violation_error_message=_("This key is an address of the portal."),
            )
        ]

    def __str__(self):
        return self.name

    @property
    def display_pilot_source_date(self) -> str:
        return display_partial_date(self.pilot_source_date)

    @property
    def display_name_source_date(self) -> str:
        return display_partial_date(self.name_source_date)

    @property
    def display_name_zh_source_date(self) -> str:
        return display_partial_date(self.name_zh_source_date)


class Campus(Sourced):
    """A place of a hospital; the filter by district finds every campus."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A campus means nothing without its hospital.
    hospital = models.ForeignKey(
        Hospital, verbose_name=_("hospital"), on_delete=models.CASCADE, related_name="campuses"
    )
    key = models.SlugField(_("key"), max_length=40)
    name = models.CharField(_("name"), max_length=100)
    district = models.CharField(_("district"), max_length=12, choices=District.choices)
    address = models.CharField(_("address"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    is_main = models.BooleanField(_("main campus"), default=False)
    is_withheld = models.BooleanField(_("address not shown until checked"), default=False)

    class Meta(Sourced.Meta):
        abstract = False
        verbose_name = _("campus")
        verbose_name_plural = _("campuses")
        ordering = ["-is_main", "key"]
        constraints = [
            *Sourced.Meta.constraints,
            models.UniqueConstraint(fields=["hospital", "key"], name="campus_key_unique"),
        ]

    def __str__(self):
        return self.name


class Fact(Sourced):
    """One claim about a hospital, with its source and date."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A claim about a hospital means nothing without it.
    hospital = models.ForeignKey(
        Hospital, verbose_name=_("hospital"), on_delete=models.CASCADE, related_name="facts"
    )
    key = models.SlugField(_("key"), max_length=60)
    kind = models.CharField(_("about"), max_length=20, choices=FactKind.choices)
    value = models.CharField(_("claim"), max_length=400)
    note = models.CharField(_("caution"), max_length=300, blank=True)
    # Carried for the hospital to check, but not shown: for example a phone number from memory.
    is_withheld = models.BooleanField(_("not shown until checked"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = FactQuerySet.as_manager()

    class Meta(Sourced.Meta):
        abstract = False
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        ordering = ["position", "key"]
        constraints = [
            *Sourced.Meta.constraints,
            models.UniqueConstraint(fields=["hospital", "key"], name="fact_key_unique"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.value}"

    @property
    def href(self) -> str:
        """Where a click leads: a website, a single number to call, an address to write to."""
        if self.kind == FactKind.WEBSITE and re.fullmatch(r"https?://\S+", self.value):
            return self.value
        if self.kind in EMAIL_KINDS and re.fullmatch(r"[^\s@]+@[^\s@]+", self.value):
            return f"mailto:{self.value}"
        if self.kind in PHONE_KINDS and re.fullmatch(r"\+?[\d\s()-]+", self.value):
            return "tel:" + re.sub(r"[^\d+]", "", self.value)
        return ""


class Story(Sourced):
    """A patient's story from the press, without a name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.SlugField(_("key"), max_length=60, unique=True)
    # A story belongs to its hospital's page.
    hospital = models.ForeignKey(
        Hospital, verbose_name=_("hospital"), on_delete=models.CASCADE, related_name="stories"
    )
    country = CountryField(_("country"))
    patient = models.CharField(_("patient"), max_length=100)
    condition = models.CharField(_("condition"), max_length=200)
    summary = models.CharField(_("story"), max_length=500)
    # Where the story belongs beside its hospital; `condition` is how the press put it.
    conditions = models.ManyToManyField(
        "hospitals.Condition", blank=True, related_name="stories", verbose_name=_("conditions")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta(Sourced.Meta):
        abstract = False
        verbose_name = _("story")
        verbose_name_plural = _("stories")
        ordering = ["position", "key"]

    def __str__(self):
        return self.key
