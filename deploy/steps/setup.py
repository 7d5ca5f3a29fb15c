"""The first deploy, from a bare Debian 12 to a green /readyz. May be run again at any time."""

import pwd
import re
from pathlib import Path

from deploy.steps import postgres, release, values
from deploy.steps.host import HOME, USER, VAR, Host, StopError

PACKAGES = (
    "python3-venv nginx libnginx-mod-http-brotli-static postgresql clamav-daemon "
    "clamav-freshclam certbot openssl"
).split()
TLS = "/etc/portal/tls"
CLAMD_CONF = "/etc/clamav/clamd.conf"
CLAMD_FILES = "/run/clamav-files"
HOOK = "/etc/letsencrypt/renewal-hooks/deploy/portal"
HOOK_TEXT = f"""#!/bin/sh
# Written by deploy/manage: certbot runs it after each new certificate.
set -eu
install -m 0644 "$RENEWED_LINEAGE/fullchain.pem" {TLS}/fullchain.pem
install -m 0600 "$RENEWED_LINEAGE/privkey.pem" {TLS}/privkey.pem
nginx -t -q
systemctl reload nginx
"""


def setup(host: Host, given: dict[str, str], source: Path) -> None:
    answered = values.answers(host, given)
    host.step("Packages")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    host.run("apt-get", "update", "--quiet", env=env, quiet=True)
    host.run(
        "apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *PACKAGES,
        env=env, quiet=True,
    )  # fmt: skip
    host.step("User, folders, settings")
    settings = make_folders(host, answered, given)
    host.step("Code, packages of Python, languages")
    place_code(host, source)
    host.step("PostgreSQL")
    make_database(host, settings)
    host.step("Virus scanner")
    set_up_scanner(host)
    host.step("Certificate and nginx")
    set_up_site(host, settings, answered)
    host.step("Checks, tables, directory, static files")
    release.prepare_data(host, HOME)
    host.step("Services")
    start(host, settings)
    host.step("First people")
    make_people(host, answered)
    host.say(last_words(answered))


def make_folders(host: Host, answered, given) -> dict[str, str]:
    if not host.works("id", USER):
        host.run(
            "adduser", "--system", "--group", "--quiet", "--no-create-home", "--home", HOME, USER
        )
    host.folder("/etc/portal", "root", "root", 0o700)
    settings = values.fill_in(host, answered, given)
    # nginx passes through to the static files, and sees nothing else.
    host.folder(VAR, USER, "www-data", 0o710)
    host.folder(values.records_dir(settings), USER, USER, 0o700)
    return settings


def place_code(host: Host, source: Path) -> None:
    """Prepared aside, then put in its place; a second run with the same folder installs anew."""
    if source.resolve() == host.path(HOME).resolve():
        release.protect(host, host.path(HOME))
        release.install(host, HOME)
        return
    release.copy_release(host, source)
    release.install(host, release.NEW)
    release.exchange(host, release.NEW, release.FORMER)


def make_database(host: Host, settings) -> None:
    if values.sqlite_file(settings):
        host.say("   SQLite: nothing to do.")
    elif not values.is_local(settings):
        host.say("   The database is on another machine. As its superuser, once:")
        host.say(postgres.settings_sql(values.postgres(settings)["PGDATABASE"]))
    else:
        host.run("systemctl", "enable", "--now", "postgresql", quiet=True)
        postgres.Server(host).make(values.postgres(settings)["PGDATABASE"])


def clamd_conf(present: str, ours: str) -> str:
    """Debian's file with our options in place of its own: of two lines the first counts."""
    names = {line.split()[0] for line in ours.splitlines() if line and not line.startswith("#")}
    kept = [
        line for line in present.splitlines()
        if line not in ours.splitlines() and (line.split() or [""])[0] not in names
    ]  # fmt: skip
    return "\n".join(kept).rstrip("\n") + "\n" + ours


def set_up_scanner(host: Host) -> None:
    ours = (host.path(HOME) / "deploy/clamd.conf").read_text()
    host.run("adduser", "--quiet", USER, "clamav", quiet=True)
    # The daemon writes down what it looks into: into memory, so that nothing reaches a disk.
    clamav = pwd.getpwnam("clamav")
    options = f"size=2200m,mode=0700,uid={clamav.pw_uid},gid={clamav.pw_gid},nosuid,nodev,noexec"
    fstab = host.read("/etc/fstab")
    if not re.search(rf"^\S+\s+{CLAMD_FILES}\s", fstab, re.MULTILINE):
        host.write("/etc/fstab", f"{fstab.rstrip()}\ntmpfs {CLAMD_FILES} tmpfs {options} 0 0\n")
    host.path(CLAMD_FILES).mkdir(exist_ok=True)
    if not host.works("mountpoint", "-q", CLAMD_FILES):
        host.run("mount", CLAMD_FILES)
    changed = host.write(CLAMD_CONF, clamd_conf(host.read(CLAMD_CONF), ours))
    changed |= _let_scanner_write(host)
    changed |= host.write(
        "/etc/systemd/system/clamav-daemon.service.d/portal.conf",
        f"[Unit]\nRequiresMountsFor={CLAMD_FILES}\n",
    )
    host.run("systemctl", "daemon-reload")
    host.run("systemctl", "enable", "--now", "clamav-freshclam", quiet=True, check=False)
    if not host.wait_for("the scanner's signatures", lambda: _has_signatures(host), 300):
        host.say("   No signatures: files of families wait until there are some.")
        host.say("   journalctl -u clamav-freshclam, then: systemctl restart clamav-daemon")
        return
    host.run("systemctl", "enable", "clamav-daemon", quiet=True)
    if changed or not host.works("systemctl", "is-active", "clamav-daemon"):
        host.run("systemctl", "restart", "clamav-daemon")


def _let_scanner_write(host: Host) -> bool:
    """Debian's AppArmor profile of clamd knows no folder but its own."""
    profile, local = "/etc/apparmor.d/usr.sbin.clamd", "/etc/apparmor.d/local/usr.sbin.clamd"
    lines = f"{CLAMD_FILES}/ rw,\n{CLAMD_FILES}/** krw,\n"
    if not host.path(profile).exists() or lines in host.read(local):
        return False
    host.write(local, host.read(local) + lines)
    if host.works("aa-enabled"):
        host.run("apparmor_parser", "--replace", profile)
    return True


def _has_signatures(host: Host) -> bool:
    folder = host.path("/var/lib/clamav")
    return any(folder.glob("*.c[vl]d")) or any(folder.glob("*.[hn]db"))


def set_up_site(host: Host, settings, answered) -> None:
    """A certificate of our own first: nginx does not start without, and the real one needs it."""
    site = answered["SITE_HOST"]
    host.folder(TLS, "root", "root", 0o700)
    host.path("/var/www/acme").mkdir(parents=True, exist_ok=True)
    if not host.path(f"{TLS}/fullchain.pem").exists():
        host.run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "365", "-subj", f"/CN={site}", "-addext",
            f"subjectAltName=DNS:{site}", "-keyout", f"{TLS}/privkey.pem",
            "-out", f"{TLS}/fullchain.pem", quiet=True,
        )  # fmt: skip
    release.place_files(host, settings)
    host.run("systemctl", "enable", "--quiet", "nginx")
    host.run("nginx", "-t", "-q")
    running = host.works("systemctl", "is-active", "nginx")
    # Debian starts it with its own file; a reload of that takes ours up as well.
    host.run("systemctl", "reload" if running else "start", "nginx")
    host.write(HOOK, HOOK_TEXT, mode=0o755)
    if answered["ACME_EMAIL"]:
        _get_certificate(host, site, answered["ACME_EMAIL"])


def _get_certificate(host: Host, site: str, email: str) -> None:
    done = host.run(
        "certbot", "certonly", "--webroot", "--webroot-path", "/var/www/acme", "--domain", site,
        "--email", email, "--agree-tos", "--non-interactive", "--keep-until-expiring", check=False,
    )  # fmt: skip
    if done.returncode:
        host.say(f"   No certificate yet: does {site} lead here, is port 80 open? Then run again.")
        return
    host.run(HOOK, env={"RENEWED_LINEAGE": f"/etc/letsencrypt/live/{site}"})


def start(host: Host, settings) -> None:
    if host.works("systemctl", "is-active", "portal-web"):
        # Run again on a portal that serves families.
        release.take_up(host, settings)
        return
    units = ["portal-web", *release.workers(host)]
    host.run("systemctl", "enable", "--quiet", *units)
    host.run("systemctl", "restart", *units)
    release.wait_until_ready(host, settings)


def make_people(host: Host, answered) -> None:
    people = [
        (answered["ADMINISTRATOR"], "administrator", "", ""),
        (answered["LEAD"], "lead", answered["LEAD_EMAIL"], ""),
    ]
    if answered["HOSPITAL"] and answered["HOSPITAL_USER"]:
        people.append((answered["HOSPITAL_USER"], "hospital_editor", answered["HOSPITAL_EMAIL"],
                       answered["HOSPITAL"]))  # fmt: skip
    for name, role, email, hospital in people:
        words = ["create_first_user", name, role, *(["--email", email] if email else [])]
        host.manage(*words, *(["--hospital", hospital] if hospital else []))


def last_words(answered) -> str:
    site = answered["SITE_HOST"]
    return f"""
It runs: https://{site}/ and https://{site}/office/
Now, by a person:
- Write down RECORD_KEYS and SECRET_KEY of /etc/portal/environment, on paper, in a safe.
- Log in with the passwords above; each is shown once. Hospitals log in at /partners/.
- Ask https://{site}/readyz once a minute from another machine, and wake somebody unless it is 200.
- deploy/manage backup FOLDER every night; deploy/manage trial BACKUP proves one."""


def refuse_wrong_machine(host: Host) -> None:
    found = values.parse(host.read("/etc/os-release"))
    if found.get("ID") != "debian" or int(found.get("VERSION_ID", "0") or 0) < 12:
        raise StopError("This needs Debian 12 or newer. Elsewhere: deploy/compose.yaml.")
