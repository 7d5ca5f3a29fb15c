"""The public pages of the directory.

Every page is kept whole until the directory changes (see hospitals.pages).
"""

from hospitals.views.detail import hospital_detail
from hospitals.views.history import hospital_history
from hospitals.views.home import home
from hospitals.views.listing import hospital_list
from hospitals.views.suggest import suggestions

__all__ = ["home", "hospital_detail", "hospital_history", "hospital_list", "suggestions"]
