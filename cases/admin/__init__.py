"""Cases on the office site: the queue, the page of one case, the panel on the desk."""

from cases.admin import queue  # noqa: F401  registers the model
from cases.admin.panel import queues_panel
from portal.sites import office

office.panels.append(queues_panel)
