"""Forms of the directory: the filters of the list, and what hospitals propose."""

from hospitals.forms.filters import FilterForm
from hospitals.forms.proposals import HospitalForm, ListingForm, NewListingForm

__all__ = ["FilterForm", "HospitalForm", "ListingForm", "NewListingForm"]
