"""`deploy/manage`: see its first lines and docs/operations.md."""

import argparse
import fcntl
import os
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent
# Of this release, in whatever folder the command is given.
sys.path.insert(0, str(SOURCE))

from deploy.steps import checks, copies, release, setup, values  # noqa: E402
from deploy.steps.host import ENVIRONMENT, Host, StopError  # noqa: E402

LOCK = "/run/portal-manage.lock"


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="deploy/manage", description="Runs the portal.")
    sub = top.add_subparsers(dest="command", required=True)
    one = sub.add_parser("setup", help="first deploy on Debian 12; may be run again")
    one.add_argument("--answers", metavar="FILE", help="NAME=VALUE lines, mode 0600")
    one = sub.add_parser("check", help="everything that can be looked at, without a change")
    one.add_argument("words", nargs=argparse.REMAINDER, help="for Django's own check")
    sub.add_parser("reload", help="take up a change without losing a request")
    sub.add_parser("restart", help="stop and start; needed after a change of the environment")
    one = sub.add_parser("upgrade", help="install, check and take up the release in FOLDER")
    one.add_argument("folder", type=Path)
    sub.add_parser("rollback", help="go back to the release before")
    one = sub.add_parser("backup", help="database and files, counted and hashed, below FOLDER")
    one.add_argument("folder", type=Path)
    one = sub.add_parser("trial", help="prove a backup beside the running portal")
    one.add_argument("folder", type=Path)
    one.add_argument("--keep", action="store_true", help="leave the copy for a look")
    one = sub.add_parser("restore", help="this portal becomes the backup's")
    one.add_argument("folder", type=Path)
    one.add_argument("--replace", action="store_true", help="move the present data aside")
    one.add_argument("--send-mail", action="store_true", help="send what waited in the backup")
    return top


def given_answers(name: str | None) -> dict[str, str]:
    """From a file, or from the environment."""
    known = {question.name for question in values.QUESTIONS} | {"DATABASE_URL", "CLAMD_ADDRESS"}
    source = values.read_file(name) if name else os.environ
    return {key: value for key, value in source.items()
            if key in known or key.startswith("OPERATOR_")}  # fmt: skip


def run(host: Host, asked: argparse.Namespace) -> bool:
    if asked.command == "setup":
        setup.refuse_wrong_machine(host)
        setup.setup(host, given_answers(asked.answers), SOURCE)
    elif asked.command == "check":
        return checks.check(host, asked.words)
    elif asked.command == "reload":
        release.take_up(host, values.read(host), release.place_files(host, values.read(host)))
    elif asked.command == "restart":
        release.restart(host, values.read(host))
    elif asked.command == "upgrade":
        release.upgrade(host, asked.folder.resolve())
    elif asked.command == "rollback":
        release.rollback(host)
    elif asked.command == "backup":
        copies.backup(host, asked.folder.resolve())
    elif asked.command == "trial":
        copies.trial(host, asked.folder.resolve(), keep=asked.keep)
    else:
        copies.restore(host, asked.folder.resolve(), asked.replace, asked.send_mail)
    return True


def lock(name: str):
    """One of these at a time: to be kept open, since the lock ends with it."""
    file = open(name, "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise StopError("Another deploy/manage is at work; let it end first.") from error
    return file


def main() -> int:
    words = sys.argv[1:] if sys.argv[1:] not in ([], ["help"]) else ["--help"]
    asked = parser().parse_args(words)
    if os.geteuid():
        sys.exit("deploy/manage needs root: sudo deploy/manage ...")
    os.umask(0o022)
    host = Host()
    if asked.command != "setup" and not host.read(ENVIRONMENT):
        sys.exit(f"{ENVIRONMENT} is missing or empty: deploy/manage setup")
    try:
        if asked.command in ("check", "backup"):
            return 0 if run(host, asked) else 1
        with lock(LOCK):
            return 0 if run(host, asked) else 1
    except StopError as error:
        print(f"STOPPED: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
