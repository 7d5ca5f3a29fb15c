"""How the directory is read. `visible_to` authorises; adjectives filter."""

from django.db import models
from django.db.models import Q

from hospitals.choices import Audience, HospitalType, RevisionStatus


def _hospital_of(user):
    """The hospital that a partner works for, or None; read once per request's user."""
    membership = getattr(user, "membership", None) if user.is_authenticated else None
    return membership.hospital_id if membership else None


class HospitalQuerySet(models.QuerySet):
    def public(self):
        return self.filter(is_public=True)

    def with_specialty(self, slug: str):
        return self.filter(listings__is_public=True, listings__specialty__slug=slug)

    def in_district(self, district: str):
        """With any campus there; its district is known even where its address is not."""
        return self.filter(campuses__district=district).distinct()

    def visible_to(self, user):
        """Office: all with the permission. Partner: their own hospital. Others: none."""
        if user.works_in_office and user.has_perm("hospitals.view_hospital"):
            return self
        if user.works_at_partner:
            return self.filter(pk=_hospital_of(user))
        return self.none()

    def for_audience(self, audience: str):
        """Hospitals that say they treat children, or that do not treat children alone."""
        if audience == Audience.CHILDREN:
            return self.filter(
                Q(type=HospitalType.PAEDIATRIC)
                | Q(
                    listings__is_public=True,
                    listings__audience__in=[Audience.CHILDREN, Audience.BOTH],
                )
            ).distinct()
        if audience == Audience.ADULTS:
            return self.exclude(type=HospitalType.PAEDIATRIC)
        return self


class ListingQuerySet(models.QuerySet):
    def public(self):
        return self.filter(is_public=True)

    def visible_to(self, user):
        if user.works_in_office and user.has_perm("hospitals.view_listing"):
            return self
        if user.works_at_partner:
            return self.filter(hospital=_hospital_of(user))
        return self.none()


class SpecialtyQuerySet(models.QuerySet):
    def offered(self):
        """By at least one public hospital."""
        return self.filter(listings__is_public=True, listings__hospital__is_public=True).distinct()


class FactQuerySet(models.QuerySet):
    def public(self):
        return self.filter(is_withheld=False)


class RevisionQuerySet(models.QuerySet):
    def pending(self):
        return self.filter(status=RevisionStatus.PENDING)

    def visible_to(self, user):
        if user.works_in_office and user.has_perm("hospitals.view_revision"):
            return self
        if user.works_at_partner:
            return self.filter(hospital=_hospital_of(user))
        return self.none()
