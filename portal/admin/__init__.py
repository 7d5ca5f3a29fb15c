"""People and records on the office site."""

from portal.admin import access, records, troubles, users  # noqa: F401  registers the models
