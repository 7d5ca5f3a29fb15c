"""Backup, and a restore that proves itself: rows, files, keys. Real data is moved, never lost."""

import hashlib
import json
import os
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from deploy.steps import postgres, release, values
from deploy.steps.host import ENVIRONMENT, USER, VAR, Host, StopError

MANIFEST = "manifest.json"
DUMP = {True: "database.sqlite3", False: "database.dump"}
TRIAL_DATABASE, TRIAL, TRIAL_ENVIRONMENT = "portal_trial", f"{VAR}-trial", "/etc/portal/trial"
# A mail server that is not there: whatever runs on a trial's settings reaches nobody.
NO_MAIL = "smtp://127.0.0.1:9"
BLOCK = 1024 * 1024


def now() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def closed_file(path: Path):
    """A file for writing that nobody else can read, from its first byte on."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def backup(host: Host, folder: Path, settings=None, user: str = USER) -> Path:
    """The database first, then the files: a file without its row is swept, never the reverse."""
    settings = settings or values.read(host)
    target = folder / f"portal-{now()}"
    unfinished = folder / f"{target.name}.unfinished"
    records = host.path(values.records_dir(settings))
    refuse_full(folder, size_of(records))
    unfinished.mkdir(mode=0o700, parents=True)
    rows = dump_database(host, settings, unfinished, user)
    files = copy_files(records, unfinished / "records")
    dump = unfinished / DUMP[bool(values.sqlite_file(settings))]
    manifest = {
        "made_at": now(), "rows": rows, "files": files, "dump": digest_of(dump),
        "bucket": bool(settings.get("RECORDS_STORAGE")),
    }  # fmt: skip
    with closed_file(unfinished / MANIFEST) as file:
        file.write(json.dumps(manifest, indent=1).encode())
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(target)
    host.say(f"{target}: {sum(rows.values())} rows of {len(rows)} tables, {len(files)} files.")
    if manifest["bucket"]:
        host.say("The bucket is not in it: its own service keeps copies of that.")
    host.say(f"{ENVIRONMENT} is not in it: it opens everything, so it lies elsewhere.")
    return target


def dump_database(host: Host, settings, folder: Path, user: str) -> dict[str, int]:
    """Writes the dump; how many rows each table has in it."""
    path = folder / DUMP[bool(values.sqlite_file(settings))]
    closed_file(path).close()
    if values.sqlite_file(settings):
        source = sqlite3.connect(
            f"file:{host.path(values.sqlite_file(settings))}?mode=ro", uri=True
        )
        copy = sqlite3.connect(path)
        source.backup(copy)
        source.close()
        copy.execute("PRAGMA journal_mode=DELETE")
        rows = sqlite_rows(copy)
        copy.close()
        return rows
    with postgres.Snapshot(host, settings, user) as snapshot, path.open("wb") as file:
        rows = snapshot.counts()
        snapshot.dump(file)
        file.flush()
        os.fsync(file.fileno())
    return rows


def sqlite_rows(connection) -> dict[str, int]:
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    names = sorted(name for (name,) in found)
    count = "SELECT count(*) FROM"
    return {name: connection.execute(f'{count} "{name}"').fetchone()[0] for name in names}


def copy_files(source: Path, target: Path) -> dict[str, str]:
    """Every sealed file with its hash. One that its family removes meanwhile is left out."""
    target.mkdir(mode=0o700)
    hashes = {}
    for path in sorted(source.glob("??/*")):
        name = f"{path.parent.name}/{path.name}"
        (target / path.parent.name).mkdir(mode=0o700, exist_ok=True)
        try:
            hashes[name] = copy_file(path, target / name)
        except FileNotFoundError:
            (target / name).unlink(missing_ok=True)
    return hashes


def copy_file(source: Path, target: Path) -> str:
    """The hash of what was written, which is on the disk when this returns."""
    digest = hashlib.sha256()
    with source.open("rb") as read:
        with closed_file(target) as write:
            while block := read.read(BLOCK):
                digest.update(block)
                write.write(block)
            write.flush()
            os.fsync(write.fileno())
    shutil.copystat(source, target)
    target.chmod(0o600)
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_backup(folder: Path, is_sqlite: bool) -> dict:
    """The manifest, after everything that it names was looked at. Raises StopError."""
    path = folder / MANIFEST
    if not path.is_file():
        raise StopError(f"{folder} holds no {MANIFEST}: not a backup, or one that was cut off.")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    dump = folder / DUMP[is_sqlite]
    if not dump.is_file():
        raise StopError(
            f"{folder} was made with the other kind of database: {dump.name} is missing."
        )
    bad = [] if digest_of(dump) == manifest["dump"] else [dump.name]
    for name, digest in manifest["files"].items():
        file = folder / "records" / name
        if not file.is_file() or digest_of(file) != digest:
            bad.append(name)
    if bad:
        raise StopError(f"The backup is damaged: {len(bad)} of its files differ, first {bad[0]}.")
    return manifest


def refuse_full(target: Path, needed: int) -> None:
    """The running portal shares this disk: it keeps what it asks for by MIN_FREE_MB."""
    while not target.exists():
        target = target.parent
    free = shutil.disk_usage(target).free - 2 * 1000**3
    if free < needed:
        raise StopError(f"{target} needs {(needed - free) // 10**6} MB more of free space.")


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def put_files(host: Host, folder: Path, target: str, names) -> None:
    """Copies of the files, the service's own, closed to everybody else."""
    host.folder(target, USER, USER, 0o700)
    for name in names:
        host.folder(Path(target) / Path(name).parent, USER, USER, 0o700)
        place = host.path(target) / name
        copy_file(folder / "records" / name, place)
        host.own(place, USER, USER)


def load_database(host: Host, settings, folder: Path, user: str = USER) -> dict[str, int]:
    """Into a database that is empty; how many rows each table has now."""
    dump = folder / DUMP[bool(values.sqlite_file(settings))]
    if values.sqlite_file(settings):
        place = host.path(values.sqlite_file(settings))
        copy_file(dump, place)
        host.own(place, USER, USER)
        connection = sqlite3.connect(place)
        try:
            return sqlite_rows(connection)
        finally:
            connection.close()
    with dump.open("rb") as file:
        postgres.load(host, settings, user, file)
    with postgres.Snapshot(host, settings, user) as snapshot:
        return snapshot.counts()


def compare_rows(host: Host, manifest: dict, rows: dict[str, int]) -> None:
    wrong = [name for name, count in manifest["rows"].items() if rows.get(name) != count]
    if wrong or len(rows) != len(manifest["rows"]):
        raise StopError(f"Tables whose rows are not the backup's: {', '.join(wrong) or 'others'}.")
    host.say(f"   rows: {sum(rows.values())} in {len(rows)} tables, as in the backup")


def trial_settings(settings: dict[str, str]) -> dict[str, str]:
    """Other data, no mail server, and no bucket: what is real cannot be reached by them."""
    trial = {name: value for name, value in settings.items() if name != "RECORDS_STORAGE"}
    trial |= {"VAR_DIR": TRIAL, "RECORDS_DIR": f"{TRIAL}/records", "EMAIL_URL": NO_MAIL}
    if values.sqlite_file(settings):
        return trial | {"DATABASE_URL": f"sqlite:///{TRIAL}/portal.sqlite3"}
    name = values.postgres(settings)["PGDATABASE"]
    url = settings["DATABASE_URL"].replace(f"/{name}", f"/{TRIAL_DATABASE}", 1)
    return trial | {"DATABASE_URL": url}


def trial(host: Host, folder: Path, keep: bool = False) -> None:
    """Proves a backup beside the running portal: no service uses the copy, no mail leaves."""
    settings = values.read(host)
    refuse_remote(settings)
    copy = trial_settings(settings)
    host.step("The backup's own hashes")
    manifest = read_backup(folder, bool(values.sqlite_file(settings)))
    forget_trial(host, settings)
    refuse_full(host.path(TRIAL), size_of(folder))
    text = "".join(f"{values.line_of(*item)}\n" for item in copy.items())
    try:
        host.write(TRIAL_ENVIRONMENT, text, mode=0o600)
        host.folder(TRIAL, USER, USER, 0o700)
        fill(host, copy, folder, manifest, TRIAL_ENVIRONMENT, writable=TRIAL)
    finally:
        if not keep:
            forget_trial(host, settings)
    host.say("The backup is good." + (f" The copy stays: {TRIAL_ENVIRONMENT}" if keep else ""))


def forget_trial(host: Host, settings) -> None:
    shutil.rmtree(host.path(TRIAL), ignore_errors=True)
    host.path(TRIAL_ENVIRONMENT).unlink(missing_ok=True)
    if not values.sqlite_file(settings):
        postgres.Server(host).drop(TRIAL_DATABASE)


def fill(
    host: Host, settings, folder, manifest, environment: str, hold_mail=False, **limits
) -> None:
    """An empty place becomes the backup's portal, and every claim about it is looked at."""
    host.step("Database and files")
    if not values.sqlite_file(settings):
        postgres.Server(host).make(values.postgres(settings)["PGDATABASE"])
    compare_rows(host, manifest, load_database(host, settings, folder))
    put_files(host, folder, values.records_dir(settings), manifest["files"])
    host.step("Tables of this release; keys and files, each opened")
    host.manage("migrate", "--no-input", "--verbosity", "0", environment=environment, **limits)
    # The database names the folder of the machine that it was copied from.
    host.manage("adopt_records_folder", environment=environment, **limits)
    # What lies in a bucket is not in the backup, and a trial does not ask the real one.
    is_trial = environment == TRIAL_ENVIRONMENT
    lacks = ["--files-in-bucket"] if manifest["bucket"] and is_trial else []
    if hold_mail:
        host.manage("hold_waiting_mail", environment=environment)
    host.manage("verify_restore", *lacks, environment=environment, **limits)


def restore(host: Host, folder: Path, replace: bool = False, send_mail: bool = False) -> None:
    """The portal of this machine becomes the backup's. What was here is moved aside."""
    settings = values.read(host)
    refuse_remote(settings)
    host.step("The backup's own hashes")
    manifest = read_backup(folder, bool(values.sqlite_file(settings)))
    refuse_full(host.path(values.records_dir(settings)), size_of(folder))
    cases = count_cases(host, settings)
    if cases and not replace:
        raise StopError(
            f"This portal holds {cases} cases. deploy/manage trial {folder} proves the backup "
            "beside it; restore --replace takes its place, and moves the present data aside."
        )
    host.step("Stop")
    host.run("systemctl", "stop", "portal-web", *release.workers(host))
    move_aside(host, settings)
    try:
        fill(host, settings, folder, manifest, ENVIRONMENT, hold_mail=not send_mail)
    except StopError as error:
        raise StopError(
            f"{error}\nThe portal stays stopped. Start it as it is: systemctl start portal-web; or "
            "restore --replace another backup; or give what is called ...before-... its name back."
        ) from error
    host.step("Start the web server")
    host.run("systemctl", "start", "portal-web")
    release.wait_until_ready(host, settings)
    units = " ".join(release.workers(host))
    if settings.get("RECORDS_STORAGE"):
        host.say(
            "The worker removes from the bucket what has no row here: is this the only portal?"
        )
    host.say("Open a case and its papers. Then let mail, clocks and checks go on:")
    host.say(f"  systemctl start {units}")


def refuse_remote(settings) -> None:
    if not values.sqlite_file(settings) and not values.is_local(settings):
        raise StopError(
            "The database is on another machine, where we make none. By hand: an empty database, "
            "pg_restore --no-owner, the files, then deploy/manage adopt_records_folder and "
            "deploy/manage verify_restore."
        )


def count_cases(host: Host, settings) -> int:
    if values.sqlite_file(settings):
        place = host.path(values.sqlite_file(settings))
        rows = sqlite_rows(sqlite3.connect(place)) if place.exists() else {}
        return rows.get("cases_case", 0)
    if not postgres.Server(host).has(values.postgres(settings)["PGDATABASE"]):
        return 0
    with postgres.Snapshot(host, settings, USER) as snapshot:
        return snapshot.counts().get("cases_case", 0)


def move_aside(host: Host, settings) -> None:
    stamp = now()
    records = host.path(values.records_dir(settings))
    if records.is_mount():
        # A disk of its own cannot be renamed: what is on it is.
        aside = records / f"before-{stamp}"
        present = list(records.iterdir())
        aside.mkdir(mode=0o700)
        for path in present:
            path.rename(aside / path.name)
    elif records.exists():
        records.rename(records.with_name(f"{records.name}.before-{stamp}"))
    if not values.sqlite_file(settings):
        server, name = postgres.Server(host), values.postgres(settings)["PGDATABASE"]
        if server.has(name):
            server.rename(name, f"{name}_before_{stamp}".lower())
    else:
        for suffix in ("", "-wal", "-shm"):
            file = host.path(values.sqlite_file(settings) + suffix)
            if file.exists():
                file.rename(file.with_name(f"{file.name}.before-{stamp}"))
    host.say(f"   what was here is called ...before-{stamp} now; remove it when all is well")
