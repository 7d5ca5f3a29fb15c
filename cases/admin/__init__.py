"""Cases on the office site: the queue, the page of one case, the panel on the desk."""

from cases.admin import queue  # noqa: F401  registers the model
from cases.admin.panel import queues_panel
from cases.admin.shared import referrals_panel, save_copy, show_referral
from portal.sites import office, partners

office.panels.append(queues_panel)
partners.panels.append(referrals_panel)
partners.pages += [
    ("referrals/<uuid:referral_id>/", show_referral, "referral"),
    ("referrals/<uuid:referral_id>/scans/<uuid:copy_id>/", save_copy, "referral-scan"),
]
