"""`deploy/manage check`: what the portal cannot see of itself, and Django's own checks."""

import re

from deploy.steps import postgres, release, setup, values
from deploy.steps.host import ENVIRONMENT, HOME, USER, Host

DAYS_LEFT = 14
# Of the unit, taken over for one process that writes a file as the service would.
LIMITS = ("ReadWritePaths", "ProtectSystem", "ProtectHome", "PrivateTmp", "ReadOnlyPaths")


def check(host: Host, words: list[str]) -> bool:
    """Says everything that is wrong, not the first alone. False when something is."""
    settings = values.read(host)
    found = [
        *environment_file(host), *catalogs(host), *units(host, settings),
        *records(host, settings), *scanner(host), *certificate(host), *database(host, settings),
    ]  # fmt: skip
    for line in found:
        host.say(f"WRONG  {line}")
    django = ["check", "--deploy", "--fail-level", "WARNING", "--database", "default", *words]
    done = host.manage(*django, check=False)
    if not found and not done.returncode:
        host.say("All is as it should be.")
    return not found and not done.returncode


def environment_file(host: Host) -> list[str]:
    path = host.path(ENVIRONMENT)
    if not path.exists():
        return [f"{ENVIRONMENT} is missing: deploy/manage setup"]
    about = path.stat()
    if about.st_mode & 0o077 or about.st_uid:
        return [f"others can read {ENVIRONMENT}: chown root:root and chmod 600"]
    return []


def catalogs(host: Host) -> list[str]:
    """Without them every page is English."""
    sources = host.path(HOME).glob("portal/locale/*/LC_MESSAGES/*.po")
    missing = [path.parent.parent.name for path in sources if not path.with_suffix(".mo").exists()]
    if missing:
        return [f"languages are not compiled ({', '.join(sorted(missing))}): deploy/manage upgrade"]
    return []


def units(host: Host, settings) -> list[str]:
    return [f"{name} is not this release's" for name in release.differing(host, settings)]


def records(host: Host, settings) -> list[str]:
    """A file written and removed by a process that has the service's own limits."""
    wrong = []
    folder = values.records_dir(settings)
    for unit in ("portal-web", *(name.removesuffix(".service") for name in release.workers(host))):
        shown = host.output("systemctl", "show", unit, *(f"--property={name}" for name in LIMITS))
        limits = [f"--property={line}" for line in shown.splitlines() if line.partition("=")[2]]
        writing = 'file=$(mktemp "$1/.check-XXXXXX") && echo test > "$file" && rm "$file"'
        command = ["systemd-run", "--quiet", "--collect", "--wait", "--pipe", f"--uid={USER}",
                   f"--gid={USER}", *limits, "/bin/sh", "-c", writing, "sh", folder]  # fmt: skip
        if not host.works(*command):
            wrong.append(f"{unit} cannot write to {folder}: owner, mode, or a drop-in is missing")
    return wrong


def scanner(host: Host) -> list[str]:
    """Of two lines in Debian's file the first counts, so the file is compared as a whole."""
    present = host.read(setup.CLAMD_CONF)
    if not present:
        return []
    ours = (host.path(HOME) / "deploy/clamd.conf").read_text()
    if setup.clamd_conf(present, ours) != present:
        return [f"{setup.CLAMD_CONF} has other limits than deploy/clamd.conf: deploy/manage setup"]
    if not re.search(rf" {setup.CLAMD_FILES} tmpfs ", host.read("/proc/mounts")):
        return [f"{setup.CLAMD_FILES} is no tmpfs: what is scanned would reach the disk"]
    return []


def certificate(host: Host) -> list[str]:
    file = f"{setup.TLS}/fullchain.pem"
    if not host.path(file).exists():
        return [f"{file} is missing: deploy/manage setup"]
    if not host.works("openssl", "x509", "-checkend", str(DAYS_LEFT * 86400), "-in", file):
        return [f"{file} ends within {DAYS_LEFT} days: certbot renew"]
    names = host.output("openssl", "x509", "-noout", "-subject", "-issuer", "-in", file)
    subject, issuer = (line.partition("=")[2].strip() for line in names.splitlines())
    return [f"{file} is our own, browsers refuse it: setup with ACME_EMAIL"] * (subject == issuer)


def database(host: Host, settings) -> list[str]:
    if not values.is_local(settings):
        return []
    name = values.postgres(settings)["PGDATABASE"]
    server, wrong = postgres.Server(host), []
    loud = server.loud(name)
    if loud:
        wrong.append(f"PostgreSQL may log what families write ({', '.join(loud)}): run setup again")
    if server.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{USER}' AND rolsuper;"):
        wrong.append(f"PostgreSQL's role {USER} is a superuser: run setup again")
    return wrong
