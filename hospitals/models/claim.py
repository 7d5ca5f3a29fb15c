"""What a hospital claims about one of its listings, each claim with its own evidence."""

import uuid

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospitals.choices import NEEDS_PERIOD, ClaimKind, Currency
from hospitals.models.condition import Condition, Treatment
from hospitals.models.listing import Listing
from hospitals.models.source import Sourced
from portal.partial_date import display_partial_date, validate_partial_date

MAX_NUMBER = 100_000_000


class Claim(Sourced):
    """One claim of each kind for a listing. The numbers' unit follows from the kind:

    volume: patients a year; outcome: percent; price: whole units of `currency`; waiting: days.
    `codes` holds coded values: languages (Django's codes) or the records that are wanted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A claim means nothing without its listing.
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="claims")
    kind = models.CharField(_("about"), max_length=10, choices=ClaimKind.choices)
    text = models.TextField(_("text"), max_length=1000, blank=True)
    codes = models.JSONField(_("coded values"), default=list, blank=True)
    low = models.PositiveIntegerField(
        _("from"), null=True, blank=True, validators=[MaxValueValidator(MAX_NUMBER)]
    )
    high = models.PositiveIntegerField(
        _("to"), null=True, blank=True, validators=[MaxValueValidator(MAX_NUMBER)]
    )
    currency = models.CharField(_("currency"), max_length=3, choices=Currency.choices, blank=True)
    period_from = models.CharField(
        _("start of the period"), max_length=10, blank=True, validators=[validate_partial_date]
    )
    period_to = models.CharField(
        _("end of the period"), max_length=10, blank=True, validators=[validate_partial_date]
    )
    is_public = models.BooleanField(_("public"), default=True)

    class Meta(Sourced.Meta):
        abstract = False
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        ordering = ["kind"]
        constraints = [
            *Sourced.Meta.constraints,
            models.UniqueConstraint(fields=["listing", "kind"], name="claim_once_a_kind"),
            models.CheckConstraint(
                condition=Q(is_public=False)
                | ~Q(kind__in=NEEDS_PERIOD)
                | (Q(source__isnull=False) & ~Q(period_from="") & ~Q(period_to="")),
                name="claim_number_has_source_and_period",
                violation_error_message=_(
                    "Give the source and the period: a number of patients or a result "
                    "without them is not published."
                ),
            ),
            models.CheckConstraint(
                condition=Q(low__isnull=True) | Q(high__isnull=True) | Q(low__lte=F("high")),
                name="claim_range_in_order",
                violation_error_code="high",
                violation_error_message=_("The first number must not be above the second."),
            ),
            models.CheckConstraint(
                condition=~Q(kind=ClaimKind.OUTCOME)
                | (
                    (Q(low__isnull=True) | Q(low__lte=100))
                    & (Q(high__isnull=True) | Q(high__lte=100))
                ),
                name="claim_outcome_is_percent",
                violation_error_code="low",
                violation_error_message=_("A result is given in percent, so at most 100."),
            ),
            models.CheckConstraint(
                condition=~Q(kind=ClaimKind.PRICE)
                | Q(low__isnull=True, high__isnull=True)
                | ~Q(currency=""),
                name="claim_price_has_currency",
                violation_error_code="currency",
                violation_error_message=_("Say in which currency the price is."),
            ),
        ]

    def __str__(self):
        return self.get_kind_display()

    @property
    def display_period(self) -> tuple[str, str]:
        return display_partial_date(self.period_from), display_partial_date(self.period_to)


class ListingCondition(Sourced):
    """The hospital says that it treats exactly this condition, not only its specialty."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="own_conditions")
    # A condition that a hospital names is not deleted unnoticed.
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, related_name="named_by")

    class Meta(Sourced.Meta):
        abstract = False
        ordering = ["condition__name"]
        constraints = [
            *Sourced.Meta.constraints,
            models.UniqueConstraint(fields=["listing", "condition"], name="listing_condition_once"),
        ]

    def __str__(self):
        return f"{self.listing_id} {self.condition_id}"


class ListingTreatment(Sourced):
    """The hospital says that it offers this treatment or technique."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="own_treatments")
    # A treatment that a hospital names is not deleted unnoticed.
    treatment = models.ForeignKey(Treatment, on_delete=models.PROTECT, related_name="named_by")

    class Meta(Sourced.Meta):
        abstract = False
        ordering = ["treatment__name"]
        constraints = [
            *Sourced.Meta.constraints,
            models.UniqueConstraint(fields=["listing", "treatment"], name="listing_treatment_once"),
        ]

    def __str__(self):
        return f"{self.listing_id} {self.treatment_id}"
