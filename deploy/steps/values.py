"""The file of settings, /etc/portal/environment: read, filled in, keys made and never shown."""

import base64
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deploy.steps.host import ENVIRONMENT, VAR, Host, StopError

DATABASE_URL = "postgres:///portal?host=/run/postgresql"


@dataclass(frozen=True)
class Question:
    """One thing that only a person knows; an empty default means that it must be answered."""

    name: str
    words: str
    shape: str = r".*"
    default: str | None = None
    is_secret: bool = False


HOST_NAME = r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*"
USERNAME = r"[A-Za-z0-9._@+-]{1,150}"
QUESTIONS = (
    Question("SITE_HOST", "Host name that families open, such as portal.example", HOST_NAME),
    Question(
        "EMAIL_URL",
        "Mail server, smtp+tls://USER:PASSWORD@HOST:587",
        r"smtp(s|\+tls|\+ssl)?://\S+",
        is_secret=True,
    ),
    Question("MAIL_FROM", "Sender of every mail, NAME <ADDRESS>", r"[^\"\\]*@[^\"\\]+"),
    Question("ACME_EMAIL", "Your address for Let's Encrypt; empty: no certificate now", default=""),
    Question("RECORDS_DIR", "Folder of families' files", r"/\S+", f"{VAR}/records"),
    Question("OPERATOR_NAME", "Who runs the portal", default=""),
    Question("OPERATOR_EMAIL", "Where families, and this machine, write to", default=""),
    Question("ADMINISTRATOR", "Log-in name of the first administrator", USERNAME, "admin"),
    Question("LEAD", "Log-in name of the first lead coordinator", USERNAME, "lead"),
    Question("LEAD_EMAIL", "Their e-mail address", default=""),
    Question("HOSPITAL", "Hospital (short name) of the first hospital user", default=""),
    Question("HOSPITAL_USER", "Log-in name of that user", r"(" + USERNAME + ")?", ""),
    Question("HOSPITAL_EMAIL", "Their e-mail address", default=""),
)  # fmt: skip
# What is asked for but is no setting of the portal's.
NOT_SETTINGS = {"SITE_HOST", "ACME_EMAIL", "ADMINISTRATOR", "LEAD", "LEAD_EMAIL", "HOSPITAL",
                "HOSPITAL_USER", "HOSPITAL_EMAIL"}  # fmt: skip
LINE = re.compile(r"""^\s*([A-Z][A-Z0-9_]*)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(.*?))\s*$""")


def parse(text: str) -> dict[str, str]:
    """NAME=VALUE lines as systemd reads them, one value a line."""
    values = {}
    for line in text.splitlines():
        found = LINE.match(line)
        if found:
            name, double, single, plain = found.groups()
            if double is not None:
                double = re.sub(r"\\(.)", r"\1", double)
            values[name] = next(one for one in (double, single, plain) if one is not None)
    return values


def line_of(name: str, value: str) -> str:
    if re.search(r"[\x00-\x1f]", value):
        raise StopError(f"{name} has a line break or another sign that cannot be written down.")
    if re.fullmatch(r"[\w./:@+,=?&%~<>-]*", value, re.ASCII):
        return f"{name}={value}"
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return f'{name}="{escaped}"'


def read(host: Host, name: str = ENVIRONMENT) -> dict[str, str]:
    return parse(host.read(name))


def answers(host: Host, given: dict[str, str]) -> dict[str, str]:
    """Each question's answer: given, or in the settings from an earlier run, or asked for now.

    Raises StopError that names every answer that is missing or malformed.
    """
    kept = read(host)
    if "PUBLIC_URL" in kept:
        kept["SITE_HOST"] = urlsplit(kept["PUBLIC_URL"]).hostname or ""
    found, wrong = {}, []
    for question in QUESTIONS:
        value = given.get(question.name) or kept.get(question.name)
        if value is None and question.is_secret:
            value = host.ask_hidden(question.words)
        elif value is None:
            value = host.ask(question.words, question.default or "")
        # The value is not said: the mail server's holds a password.
        is_missing = not value and question.default is None
        if is_missing or (value and not re.fullmatch(question.shape, value)):
            wrong.append(f"{question.name} ({question.words})")
        found[question.name] = value
    if wrong:
        raise StopError("Missing or not of the right form: " + "; ".join(wrong))
    return found


def fill_in(host: Host, answered: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """Adds what is missing to /etc/portal/environment; what stands there is never changed."""
    site = answered["SITE_HOST"]
    wanted = {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "RECORD_KEYS": f"{datetime.now(UTC):%Y%m}:{_record_key()}",
        "ALLOWED_HOSTS": site,
        "PUBLIC_URL": f"https://{site}",
        "VAR_DIR": VAR,
        "DATABASE_URL": given.get("DATABASE_URL", DATABASE_URL),
        "CLAMD_ADDRESS": given.get("CLAMD_ADDRESS", "unix:/run/clamav/clamd.ctl"),
        "TRUSTED_PROXY_COUNT": "1",
    }
    wanted |= {name: value for name, value in answered.items() if name not in NOT_SETTINGS}
    wanted |= {name: value for name, value in given.items() if name.startswith("OPERATOR_")}
    text = host.read(ENVIRONMENT)
    kept = parse(text)
    # A key may lie in a file of its own, which wins.
    there = set(kept) | {name.removesuffix("_FILE") for name in kept}
    new = [line_of(name, value) for name, value in wanted.items() if value and name not in there]
    if text and not text.endswith("\n"):
        text += "\n"
    host.write(ENVIRONMENT, text + "".join(f"{line}\n" for line in new), mode=0o600)
    return read(host)


def _record_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def records_dir(values: dict[str, str]) -> str:
    return values.get("RECORDS_DIR") or f"{values.get('VAR_DIR') or VAR}/records"


def sqlite_file(values: dict[str, str]) -> str | None:
    """Where SQLite's file is; None with PostgreSQL."""
    url = values.get("DATABASE_URL", "")
    if not url:
        return f"{values.get('VAR_DIR') or VAR}/portal.sqlite3"
    return urlsplit(url).path if url.startswith("sqlite") else None


def postgres(values: dict[str, str]) -> dict[str, str]:
    """The address of PostgreSQL as its programs read it: no password on a command line."""
    parts = urlsplit(values["DATABASE_URL"])
    options = dict(part.partition("=")[::2] for part in parts.query.split("&") if part)
    host = parts.hostname or unquote(options.get("host", "/run/postgresql"))
    found = {
        "PGHOST": unquote(host),
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
        "PGSSLMODE": options.get("sslmode", ""),
    }
    return {name: value for name, value in found.items() if value}


def is_local(values: dict[str, str]) -> bool:
    """Whether the database is this machine's own PostgreSQL, which we may set up."""
    return not sqlite_file(values) and postgres(values)["PGHOST"].startswith("/")


def read_file(name: str) -> dict[str, str]:
    path = Path(name)
    if not path.is_file():
        raise StopError(f"There is no file {name}.")
    if path.stat().st_mode & 0o077:
        raise StopError(f"Others can read {name}, and it holds a password: chmod 600 {name}")
    return parse(path.read_text(encoding="utf-8"))
