"""A listing: what one hospital offers in one specialty."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospitals.choices import Accepting, Audience
from hospitals.freshness import accepting_on, shanghai_today
from hospitals.models.hospital import Hospital, Specialty
from hospitals.models.source import Sourced
from hospitals.querysets import ListingQuerySet

MAX_AGE_YEARS = 120


class Listing(Sourced):
    """Hospital x specialty. Public claims change only through an approved revision."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A listing means nothing without its hospital.
    hospital = models.ForeignKey(
        Hospital, verbose_name=_("hospital"), on_delete=models.CASCADE, related_name="listings"
    )
    specialty = models.ForeignKey(
        # A specialty in use is not deleted; hospitals would lose their listings.
        Specialty,
        verbose_name=_("specialty"),
        on_delete=models.PROTECT,
        related_name="listings",
    )
    title = models.CharField(_("title"), max_length=120)
    reason = models.CharField(_("why this hospital"), max_length=400, blank=True)
    description = models.TextField(_("description"), max_length=2000, blank=True)
    audience = models.CharField(_("for whom"), max_length=10, choices=Audience.choices, blank=True)
    min_age_years = models.PositiveSmallIntegerField(
        _("youngest age, in years"), null=True, blank=True
    )
    max_age_years = models.PositiveSmallIntegerField(
        _("oldest age, in years"), null=True, blank=True
    )
    accepting = models.CharField(
        _("new patients"), max_length=10, choices=Accepting.choices, default=Accepting.UNKNOWN
    )
    accepting_until = models.DateField(
        _("takes new patients until"),
        null=True,
        blank=True,
        help_text=_("After this day the page says that it is not known."),
    )
    is_public = models.BooleanField(_("public"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ListingQuerySet.as_manager()

    class Meta(Sourced.Meta):
        abstract = False
        verbose_name = _("specialty of a hospital")
        verbose_name_plural = _("specialties of hospitals")
        ordering = ["position", "title"]
        constraints = [
            *Sourced.Meta.constraints,
            models.UniqueConstraint(
                fields=["hospital", "specialty"],
                name="listing_once_per_hospital",
                violation_error_message=_("Your hospital lists this specialty already."),
            ),
            models.CheckConstraint(
                condition=Q(min_age_years__isnull=True)
                | Q(max_age_years__isnull=True)
                | Q(min_age_years__lte=F("max_age_years")),
                name="listing_ages_in_order",
                violation_error_message=_("The youngest age must not be above the oldest."),
            ),
            models.CheckConstraint(
                condition=(Q(min_age_years__isnull=True) | Q(min_age_years__lte=MAX_AGE_YEARS))
                & (Q(max_age_years__isnull=True) | Q(max_age_years__lte=MAX_AGE_YEARS)),
                name="listing_ages_possible",
                violation_error_message=_("An age is between 0 and 120 years."),
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def accepting_today(self) -> str:
        """What `accepting` says today in Shanghai: a yes that has ended is no longer known."""
        return accepting_on(self.accepting, self.accepting_until, shanghai_today())
