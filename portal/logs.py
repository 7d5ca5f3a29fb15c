"""Log lines as JSON: the route's name, never a path, a query or a body (row L1)."""

import json
import logging
from datetime import UTC, datetime


class JsonFormatter(logging.Formatter):
    """One event, one line; a traceback is folded into the line."""

    def format(self, record):
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message_of(record),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            # The class and the place, not the message: that can quote what a family wrote.
            line["error"] = record.exc_info[0].__name__
            line["where"] = _innermost_frame(record.exc_info[2])
        return json.dumps(line, ensure_ascii=True)


def _message_of(record) -> str:
    """Of our own loggers all of it. Django's quote hosts, keys of queries and paths, gunicorn's
    what a stranger sent: of those the words of the template alone, and of refusals, which carry
    no template, not even that.
    """
    if record.name.startswith("django.security"):
        return "refused request"
    if record.name.partition(".")[0] in ("django", "gunicorn"):
        return str(record.msg) if record.args else "event"
    return record.getMessage()


def log_unhandled(request, **signal) -> None:
    """An error that no view caught: which page, what kind, where; never what was sent."""
    match = getattr(request, "resolver_match", None)
    fields = {"route": match.view_name if match else "", "method": request.method}
    logging.getLogger("portal.errors").error(
        "unhandled error", exc_info=True, extra={"fields": fields}
    )


def _innermost_frame(trace) -> str:
    while trace and trace.tb_next:
        trace = trace.tb_next
    if not trace:
        return ""
    code = trace.tb_frame.f_code
    return f"{code.co_name}:{trace.tb_lineno}"


def logging_configuration(level: str) -> dict:
    """For settings.LOGGING: everything as JSON lines to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "portal.logs.JsonFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        # Django's own loggers write the raw path and mail tracebacks; ours writes the route's name.
        "loggers": {
            "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "django.request": {"handlers": [], "level": "CRITICAL", "propagate": False},
            "django.security": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
            "axes": {"level": "ERROR"},
        },
    }
