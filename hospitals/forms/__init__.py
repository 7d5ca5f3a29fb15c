"""Forms of the directory: the filters of the list, and what hospitals propose."""

from hospitals.forms.decisions import DecisionForm, RefusalForm
from hospitals.forms.filters import FilterForm
from hospitals.forms.proposals import (
    ChooseSpecialtyForm,
    HospitalForm,
    ListingForm,
    NewListingForm,
)

__all__ = [
    "ChooseSpecialtyForm",
    "DecisionForm",
    "FilterForm",
    "HospitalForm",
    "ListingForm",
    "NewListingForm",
    "RefusalForm",
]
