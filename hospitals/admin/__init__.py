"""The directory on the two admin sites. Django finds the registrations here."""

from hospitals.admin import decisions, office, partners

__all__ = ["decisions", "office", "partners"]
