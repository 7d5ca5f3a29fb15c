"""One release in its folder: prepared, put in its place, taken up without losing a request."""

import json
import re
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from deploy.steps import values
from deploy.steps.host import ENVIRONMENT, HOME, UNITS, VAR, Host, StopError

NEW, FORMER = f"{HOME}.new", f"{HOME}.former"
# What we put into place and how it looked: a file that differs from it was changed by somebody.
INSTALLED = "/etc/portal/installed"
NGINX = "/etc/nginx/nginx.conf"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", "node_modules", "*.mo")


def copy_release(host: Host, source: Path, target: str = NEW) -> None:
    """The code, owned by root and readable by all; an environment is taken over, not made anew."""
    if not (source / "manage.py").is_file() or not (source / "deploy/manage").is_file():
        raise StopError(f"{source} holds no release of the portal.")
    folder = host.path(target)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder, symlinks=True, ignore=LEFT_OUT)
    present = host.path(HOME) / ".venv"
    if present.exists():
        host.run("cp", "-a", present, folder / ".venv")
    protect(host, folder)


def protect(host: Host, folder: Path) -> None:
    """The service cannot change its own code."""
    host.run("chown", "-R", "root:root", folder)
    host.run("chmod", "-R", "u=rwX,go=rX", folder)


def install(host: Host, home: str) -> None:
    """The packages that the lock names, each with its hash, and the languages."""
    folder = host.path(home)
    host.run("python3", "tools/install.py", ".venv", "requirements.txt", cwd=folder)
    compiling = (
        "from pathlib import Path; from portal.management.catalogs import compile_catalogs; "
        "compile_catalogs(Path('portal/locale'))"
    )
    host.run(folder / ".venv/bin/python", "-c", compiling, cwd=folder)
    protect(host, folder)


def prepare_data(host: Host, home: str) -> None:
    """Tables, the directory, static files. The former release still runs on all of them."""
    host.manage("check", "--deploy", "--fail-level", "ERROR", home=home)
    host.manage("migrate", "--no-input", home=home)
    host.manage("load_directory", home=home)
    host.manage("collectstatic", "--no-input", "--verbosity", "0", home=home)


def exchange(host: Host, target: str, kept_as: str) -> None:
    """`target` becomes the release that runs; what ran is kept."""
    home, kept, new = (host.path(name) for name in (HOME, kept_as, target))
    aside = host.path(f"{HOME}.aside")
    if home.exists():
        home.rename(aside)
    new.rename(home)
    if aside.exists():
        shutil.rmtree(kept, ignore_errors=True)
        aside.rename(kept)


def unit_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("portal-*.service"))


def workers(host: Host) -> list[str]:
    return [name for name in unit_names(host.path(HOME) / "deploy") if name != "portal-web.service"]


def nginx_for(text: str, site: str) -> str:
    return text.replace("portal.example", site)


def drop_in_for(settings: dict[str, str]) -> str:
    """What lets the services write to a folder of files that is elsewhere; empty for none."""
    records = values.records_dir(settings)
    if Path(records).is_relative_to(VAR):
        return ""
    return (
        "# Written by deploy/manage: RECORDS_DIR is not below /var/lib/portal.\n"
        f"[Unit]\nRequiresMountsFor={records}\n\n[Service]\nReadWritePaths={records}\n"
    )


def wanted_files(host: Host, home: str, settings: dict[str, str]) -> dict[str, str]:
    """Every file outside of the release's folder, and what this release wants it to say."""
    deploy = host.path(home) / "deploy"
    site = urlsplit(settings["PUBLIC_URL"]).hostname
    files = {NGINX: nginx_for((deploy / "nginx.conf").read_text(), site)}
    drop_in = drop_in_for(settings)
    for name in unit_names(deploy):
        files[f"{UNITS}/{name}"] = (deploy / name).read_text()
        if drop_in:
            files[f"{UNITS}/{name}.d/records.conf"] = drop_in
    return files


def place(host: Host, name: str, text: str) -> bool:
    """Writes one file, unless somebody changed it by hand: that is said, and left as it is."""
    present, ours = host.read(name), host.read(f"{INSTALLED}{name}")
    if ours and present not in ("", ours, text):
        host.say(f"   {name} was changed by hand and stays. This release wants:")
        host.say(f"   diff {name} {INSTALLED}{name}.wanted")
        host.write(f"{INSTALLED}{name}.wanted", text)
        return False
    if present and not ours and present != text:
        host.say(f"   {name} was another; it is kept as {name}.before-portal")
        host.write(f"{name}.before-portal", present)
    changed = host.write(name, text)
    host.write(f"{INSTALLED}{name}", text)
    return changed


def place_files(host: Host, settings: dict[str, str]) -> set[str]:
    """Names of the files that changed. Units that this release no longer has are ended."""
    wanted = wanted_files(host, HOME, settings)
    before = host.read(NGINX)
    changed = {name for name, text in wanted.items() if place(host, name, text)}
    if NGINX in changed and not host.works("nginx", "-t", "-q"):
        host.write(f"{NGINX}.refused", host.read(NGINX))
        host.write(NGINX, before)
        host.write(f"{INSTALLED}{NGINX}", before)
        raise StopError(f"nginx refuses its new configuration: nginx -t -c {NGINX}.refused")
    for name in unit_names(host.path(UNITS)):
        if f"{UNITS}/{name}" not in wanted:
            host.run("systemctl", "disable", "--now", name)
            host.path(f"{UNITS}/{name}").unlink()
            changed.add(f"{UNITS}/{name}")
    if any(name.startswith(UNITS) for name in changed):
        host.run("systemctl", "daemon-reload")
    if NGINX in changed and host.works("systemctl", "is-active", "nginx"):
        host.run("systemctl", "reload", "nginx")
    return changed


def differing(host: Host, settings: dict[str, str]) -> list[str]:
    """Files outside of the release's folder that do not say what it wants."""
    wanted = wanted_files(host, HOME, settings)
    return [name for name, text in wanted.items() if host.read(name) != text]


def needs_restart(host: Host, changed: set[str]) -> str:
    """Why a reload is not enough; empty when it is."""
    if any(f"{UNITS}/portal-web.service" in name for name in changed):
        return "its unit changed"
    if "gunicorn" in changed:
        return "gunicorn itself is another"
    started = host.output("systemctl", "show", "--value", "-p", "MainPID", "portal-web")
    if started in ("", "0"):
        return "it does not run"
    # A process keeps the environment that it was started with.
    born = host.path(f"/proc/{started}").stat().st_mtime
    if host.path(ENVIRONMENT).stat().st_mtime > born:
        return f"{ENVIRONMENT} is newer than the process"
    return ""


def _gunicorn(home: Path) -> str:
    lock = home / "requirements.txt"
    found = re.search(r"^gunicorn==\S+", lock.read_text(), re.MULTILINE) if lock.exists() else None
    return found.group() if found else ""


def take_up(host: Host, settings: dict[str, str], changed: set[str] = frozenset()) -> None:
    """The running services use what is there now: the web server without a break if possible."""
    why = needs_restart(host, changed)
    if why:
        host.say(f"   portal-web is restarted, about 2 seconds of 'try again': {why}")
        host.run("systemctl", "restart", "portal-web")
    else:
        before = processes(host)
        host.run("systemctl", "reload", "portal-web")
        # Those that served before still answer for a moment: /readyz is asked of the new ones.
        host.wait_for("the former processes", lambda: not before & processes(host), 45)
    # Each finishes its job first; what waits is in the database.
    host.run("systemctl", "restart", *workers(host))
    # A release may have brought one that was not there before.
    host.run("systemctl", "enable", "--quiet", "portal-web", *workers(host))
    wait_until_ready(host, settings)


def take_up_exchanged(host: Host, settings: dict[str, str]) -> None:
    """After an exchange: the web server's master stays through a reload, and with it its code."""
    changed = place_files(host, settings)
    if _gunicorn(host.path(HOME)) != _gunicorn(host.path(FORMER)):
        changed.add("gunicorn")
    take_up(host, settings, changed)


def processes(host: Host) -> set[str]:
    """Numbers of the web server's processes below its master."""
    master = host.output("systemctl", "show", "--value", "-p", "MainPID", "portal-web")
    return set(host.read(f"/proc/{master}/task/{master}/children").split())


def restart(host: Host, settings: dict[str, str]) -> None:
    place_files(host, settings)
    host.run("systemctl", "restart", "portal-web", *workers(host))
    wait_until_ready(host, settings)


def wait_until_ready(host: Host, settings: dict[str, str], seconds: int = 60) -> None:
    if not host.wait_for("/readyz", lambda: ready(settings).get("ok"), seconds):
        raise StopError(
            f"/readyz says {json.dumps(ready(settings))}: journalctl -u portal-web -n 50. "
            "After an upgrade: deploy/manage rollback"
        )
    host.say(f"   /readyz: {json.dumps(ready(settings))}")


def ready(settings: dict[str, str]) -> dict:
    """What /readyz says; it wants the site's name."""
    site = urlsplit(settings["PUBLIC_URL"]).hostname
    asked = urllib.request.Request("http://127.0.0.1:8000/readyz", headers={"Host": site})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return _json_or_nothing(error.read())
    except OSError:
        return {}


def _json_or_nothing(text: bytes) -> dict:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def upgrade(host: Host, source: Path) -> None:
    settings = values.read(host)
    host.step(f"The new release into {NEW}; the one that runs goes on")
    copy_release(host, source)
    install(host, NEW)
    host.step("Checks, tables, static files")
    prepare_data(host, NEW)
    host.step("Exchange")
    exchange(host, NEW, FORMER)
    take_up_exchanged(host, settings)
    host.say("The former release is kept: deploy/manage rollback goes back to it.")


def rollback(host: Host) -> None:
    """To the release before the last upgrade. The tables stay: they suit both."""
    settings = values.read(host)
    if not host.path(FORMER).exists():
        raise StopError(f"There is no former release in {FORMER}.")
    host.step("What the former release needs: its packages, languages, static files")
    install(host, FORMER)
    host.manage("collectstatic", "--no-input", "--verbosity", "0", home=FORMER)
    host.step("Exchange")
    exchange(host, FORMER, FORMER)
    take_up_exchanged(host, settings)
    host.say("deploy/manage rollback once more goes forward again.")
