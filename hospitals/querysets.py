"""How the directory is read. `visible_to` authorises; adjectives filter."""

from django.db import models

from hospitals.choices import RevisionStatus


def _hospital_of(user):
    """The hospital that a partner works for, or None; read once per request's user."""
    membership = getattr(user, "membership", None) if user.is_authenticated else None
    return membership.hospital_id if membership else None


class HospitalQuerySet(models.QuerySet):
    def public(self):
        return self.filter(is_public=True)

    def visible_to(self, user):
        """Office: all with the permission. Partner: their own hospital. Others: none."""
        if user.works_in_office and user.has_perm("hospitals.view_hospital"):
            return self
        if user.works_at_partner:
            return self.filter(pk=_hospital_of(user))
        return self.none()


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
