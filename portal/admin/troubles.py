"""What is not well with the machine, on the office's desk: staff are asked why nothing moves."""

from portal import alerts
from portal.sites import office
from portal.views.health import troubles


def troubles_panel(request) -> dict | None:
    wrong = [alerts.subject(trouble) for trouble in troubles()]
    return {"template": "office/_troubles.html", "troubles": wrong} if wrong else None


office.panels.append(troubles_panel)
