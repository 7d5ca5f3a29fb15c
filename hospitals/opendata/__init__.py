"""The whole directory as open data. The format is described in docs/open-data.md."""

# Raised when a column or a key changes its meaning; a new one at the end does not count.
FORMAT = 1
LICENCE_NAME = "CC BY 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
