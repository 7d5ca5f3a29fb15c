"""The directory on the two admin sites. Django finds the registrations here."""

from hospitals.admin import office, partners

__all__ = ["office", "partners"]
