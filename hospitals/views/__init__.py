"""The public pages of the directory.

Every page is kept whole until the directory changes (see hospitals.pages).
"""

from hospitals.views.detail import hospital_detail
from hospitals.views.home import home
from hospitals.views.listing import hospital_list

__all__ = ["home", "hospital_detail", "hospital_list"]
