"""Where a claim comes from."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospitals.freshness import is_fresh, shanghai_today
from portal.partial_date import display_partial_date, validate_partial_date


class Source(models.Model):
    """A page, an article or a document that says something about a hospital."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.SlugField(_("key"), max_length=100, unique=True)
    title = models.CharField(_("title"), max_length=200)
    publisher = models.CharField(_("publisher"), max_length=120, blank=True)
    url = models.URLField(_("address"), max_length=500, blank=True)
    is_weak = models.BooleanField(_("unofficial"), default=False)
    is_linkable = models.BooleanField(_("may be linked"), default=True)
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["title"]

    def __str__(self):
        return self.title

    @property
    def link(self) -> str:
        return self.url if self.is_linkable else ""


class Sourced(models.Model):
    """A claim: its source and date, and when the hospital itself confirmed it."""

    source = models.ForeignKey(
        Source,
        verbose_name=_("source"),
        # A claim must not lose where it came from.
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    source_date = models.CharField(
        _("date of the source"), max_length=10, blank=True, validators=[validate_partial_date]
    )
    confirmed_at = models.DateTimeField(_("confirmed by the hospital"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("confirmed by"),
        # The name behind a confirmation is part of the public record's trail.
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    # What the loader wrote last; a difference means that a person has edited since.
    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                name="%(app_label)s_%(class)s_confirmed_pair",
                violation_error_message=_("A confirmation needs both its time and its person."),
            ),
        ]

    @property
    def display_source_date(self) -> str:
        return display_partial_date(self.source_date)

    @property
    def is_faded(self) -> bool:
        """The hospital confirmed it too long ago to be relied on."""
        return self.confirmed_at is not None and not is_fresh(self.confirmed_at, shanghai_today())
