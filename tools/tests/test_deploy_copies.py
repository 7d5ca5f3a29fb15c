"""Backup and restore as files and databases; what is real is never written over."""

import json
import sqlite3

import pytest

from deploy.steps import copies, postgres, values
from deploy.steps.host import ENVIRONMENT, VAR, StopError
from tools import postgres as throw_away
from tools.tests.deploy_host import LocalHost, PretendHost

NAME = "ab/" + "ab" * 20


@pytest.fixture
def host(tmp_path):
    """A portal on SQLite with two rows and one file."""
    made = LocalHost(tmp_path / "machine")
    made.path(VAR).mkdir(parents=True)
    text = f"PUBLIC_URL=https://portal.example\nDATABASE_URL=sqlite://{made.path(VAR)}/portal.sqlite3\n"
    made.write(ENVIRONMENT, text + f"VAR_DIR={VAR}\n", mode=0o600)
    connection = sqlite3.connect(made.path(VAR) / "portal.sqlite3")
    connection.executescript(
        "PRAGMA journal_mode=WAL; CREATE TABLE cases_case (name TEXT);"
        "INSERT INTO cases_case VALUES ('one'), ('two');"
    )
    connection.close()
    file = made.path(VAR) / "records" / NAME
    file.parent.mkdir(parents=True)
    file.write_bytes(b"sealed" * 1000)
    return made


@pytest.fixture
def sqlite_settings(host):
    # SQLite's address names the file on this machine; elsewhere the root is /.
    return {"DATABASE_URL": f"sqlite://{VAR}/portal.sqlite3", "VAR_DIR": VAR}


@pytest.fixture
def made(host, sqlite_settings, tmp_path):
    return copies.backup(host, tmp_path / "backups", sqlite_settings)


def test_a_backup_counts_rows_hashes_files_and_is_closed_to_others(made):
    manifest = json.loads((made / copies.MANIFEST).read_text())
    assert manifest["rows"] == {"cases_case": 2}
    assert list(manifest["files"]) == [NAME]
    assert copies.read_backup(made, is_sqlite=True) == manifest
    assert [path for path in [made, *made.rglob("*")] if path.stat().st_mode & 0o077] == []


def test_a_backup_holds_no_key(made):
    assert not [path for path in made.rglob("*") if "environment" in path.name]


def test_a_backup_that_was_cut_off_is_none(host, sqlite_settings, tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "copy_files", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        copies.backup(host, tmp_path / "cut", sqlite_settings)
    (left,) = (tmp_path / "cut").iterdir()
    assert left.name.endswith(".unfinished")
    with pytest.raises(StopError, match="cut off"):
        copies.read_backup(left, is_sqlite=True)


@pytest.mark.parametrize("name", [copies.DUMP[True], f"records/{NAME}"])
def test_one_wrong_byte_of_a_backup_is_found_before_anything_stops(made, name):
    data = bytearray((made / name).read_bytes())
    data[-1] ^= 1
    (made / name).write_bytes(data)
    with pytest.raises(StopError, match="damaged"):
        copies.read_backup(made, is_sqlite=True)


def test_a_missing_file_of_a_backup_is_found(made):
    (made / "records" / NAME).unlink()
    with pytest.raises(StopError, match="damaged"):
        copies.read_backup(made, is_sqlite=True)


def test_a_file_that_its_family_removes_meanwhile_is_left_out(host, tmp_path, monkeypatch):
    def vanish(source, target):
        target.touch()
        raise FileNotFoundError

    monkeypatch.setattr(copies, "copy_file", vanish)
    assert copies.copy_files(host.path(VAR) / "records", tmp_path / "copy") == {}
    assert not (tmp_path / "copy" / NAME).exists()


def test_files_come_back_with_owner_mode_and_bytes(host, made):
    owned = []
    host.own = lambda path, owner, group: owned.append((path.name, owner, group))
    copies.put_files(host, made, "/data/records", [NAME])
    file = host.path("/data/records") / NAME
    assert file.read_bytes() == b"sealed" * 1000
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert {name for name, *_ in owned} == {"records", "ab", file.name}
    assert {tuple(who) for _, *who in owned} == {("portal", "portal")}


def test_the_database_comes_back_with_its_rows(host, made, sqlite_settings, tmp_path):
    manifest = copies.read_backup(made, is_sqlite=True)
    copies.move_aside(host, sqlite_settings)
    rows = copies.load_database(host, sqlite_settings, made)
    copies.compare_rows(host, manifest, rows)
    # What was there is kept, under another name.
    assert list(host.path(VAR).glob("portal.sqlite3.before-*"))
    assert list(host.path(VAR).glob("records.before-*/" + NAME))
    with pytest.raises(StopError, match="cases_case"):
        copies.compare_rows(host, manifest, {"cases_case": 1})


def test_a_portal_with_cases_is_not_replaced_unless_told_so(
    host, made, sqlite_settings, monkeypatch
):
    monkeypatch.setattr(values, "read", lambda _host: sqlite_settings)
    with pytest.raises(StopError, match="holds 2 cases"):
        copies.restore(host, made)
    assert host.ran == []


def test_a_folder_that_is_a_disk_of_its_own_is_emptied_into_itself(
    host, sqlite_settings, monkeypatch
):
    monkeypatch.setattr(copies.Path, "is_mount", lambda path: path.name == "records")
    copies.move_aside(host, sqlite_settings)
    (aside,) = (host.path(VAR) / "records").iterdir()
    assert aside.name.startswith("before-")
    assert (aside / NAME).exists()


def test_a_copy_does_not_fill_the_disk_of_the_running_portal(
    host, sqlite_settings, tmp_path, monkeypatch
):
    usage = copies.shutil.disk_usage(tmp_path)._replace(free=2 * 1000**3)
    monkeypatch.setattr(copies.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(StopError, match="free space"):
        copies.backup(host, tmp_path / "backups", sqlite_settings)
    assert not (tmp_path / "backups").exists()


REAL = {
    "DATABASE_URL": values.DATABASE_URL,
    "RECORDS_DIR": "/data/records",
    "RECORDS_STORAGE": "s3://user:password@bucket.example/real",
    "EMAIL_URL": "smtp+tls://real:password@mail.example",
    "RECORD_KEYS": "2026:key",
}


@pytest.mark.parametrize("url", [values.DATABASE_URL, f"sqlite://{VAR}/portal.sqlite3"])
def test_a_trial_reaches_nothing_that_is_real(url):
    """Database, folder, bucket, mail server: a worker started by a slip would sweep or send."""
    trial = copies.trial_settings(REAL | {"DATABASE_URL": url})
    assert "RECORDS_STORAGE" not in trial
    for name in ("DATABASE_URL", "RECORDS_DIR", "EMAIL_URL"):
        assert trial[name] != (REAL | {"DATABASE_URL": url})[name]
    assert "mail.example" not in trial["EMAIL_URL"]
    assert trial["RECORD_KEYS"] == REAL["RECORD_KEYS"]
    if values.is_local(trial):
        assert values.postgres(trial)["PGDATABASE"] == copies.TRIAL_DATABASE


class Restored(PretendHost):
    """Everything that restore does, in order, without doing it."""

    def manage(self, *words, environment=ENVIRONMENT, **options):
        return self.run("manage", environment, *words)


@pytest.fixture
def restored(tmp_path, made, sqlite_settings, monkeypatch):
    host = Restored(tmp_path / "empty")
    monkeypatch.setattr(values, "read", lambda _host: sqlite_settings)
    monkeypatch.setattr(copies.release, "wait_until_ready", lambda *_: None)
    monkeypatch.setattr(copies.release, "workers", lambda _host: ["portal-worker.service"])
    host.path(VAR).mkdir(parents=True)
    return host


def test_a_restore_starts_no_worker_and_holds_the_mail(restored, made):
    copies.restore(restored, made)
    order = " | ".join(restored.ran)
    assert "systemctl stop portal-web portal-worker.service" in order
    assert order.index("hold_waiting_mail") < order.index("verify_restore")
    assert order.index("adopt_records_folder") < order.index("systemctl start portal-web")
    assert order.endswith("systemctl start portal-web")
    assert "systemctl start portal-worker.service" in restored.said[-1]


def test_mail_that_waited_leaves_when_told_so(restored, made):
    copies.restore(restored, made, send_mail=True)
    assert "hold_waiting_mail" not in " ".join(restored.ran)


def test_a_restore_that_does_not_open_starts_nothing(restored, made):
    restored.manage = lambda *words, **_: _fail_at(words)
    with pytest.raises(StopError):
        copies.restore(restored, made)
    assert not [line for line in restored.ran if "start" in line]


def _fail_at(words):
    if words[0] == "verify_restore":
        raise StopError("1 of 2 do not open")


def test_a_trial_is_removed_also_when_it_fails(restored, made):
    restored.manage = lambda *words, **_: _fail_at(words)
    with pytest.raises(StopError):
        copies.trial(restored, made)
    assert not restored.path(copies.TRIAL).exists()
    assert not restored.path(copies.TRIAL_ENVIRONMENT).exists()


@pytest.fixture(scope="module")
def address():
    try:
        with throw_away.cluster() as found:
            yield found
    except throw_away.PostgresMissing as error:
        pytest.skip(str(error))


@pytest.fixture
def server(address, tmp_path):
    """A throw-away PostgreSQL with a database of our own in it."""
    env = values.postgres({"DATABASE_URL": address})
    made = postgres.Server(LocalHost(tmp_path), user="", env=env)
    made.make("portal", role="care")
    yield made
    for name in ("portal", "other"):
        made.drop(name)


def settings_of(address: str, database: str = "portal") -> dict[str, str]:
    return {
        "DATABASE_URL": address.replace("/postgres", f"/{database}").replace("portal@", "care@")
    }


def test_the_role_is_no_superuser_also_when_it_was_one(server):
    server.sql('ALTER ROLE "care" SUPERUSER CREATEDB;')
    server.make("portal", role="care")
    asked = "SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = 'care';"
    assert server.sql(asked) == "f"


def test_a_failed_statement_leaves_no_word_in_the_log(server, address, tmp_path):
    """Duplicate, check, cancel: statement, detail and parameters would quote the row."""
    assert server.loud("portal") == []
    assert set(server.loud("postgres")) >= {"log_min_error_statement", "log_error_verbosity"}
    env = values.postgres(settings_of(address))
    host = LocalHost(tmp_path)
    host.run("psql", "-Xq", env=env, quiet=True, input=(
        "CREATE TABLE one (name TEXT UNIQUE CHECK (name <> 'CheckCanary'));"
        "INSERT INTO one VALUES ('TwiceCanary');"
        "INSERT INTO one VALUES ('TwiceCanary');"
        "INSERT INTO one VALUES ('CheckCanary');"
        "SELECT 'SyntaxCanary' FRM one;"
    ), text=True, check=False)  # fmt: skip
    folder = server.sql("SHOW data_directory;")
    log = (values.Path(folder).parent / "log").read_text()
    assert "duplicate key" in log and "check constraint" in log
    assert "Canary" not in log


def test_a_database_is_copied_as_of_one_moment_and_comes_back(server, address, tmp_path):
    host, here = LocalHost(tmp_path), settings_of(address)
    env = values.postgres(here)
    fill = "CREATE TABLE cases_case (id INT); INSERT INTO cases_case VALUES (1), (2);"
    host.run("psql", "-Xq", env=env, input=fill, text=True)
    dump = tmp_path / "dump"
    with postgres.Snapshot(host, here, "") as snapshot, dump.open("wb") as file:
        # Written after the moment: neither counted nor dumped.
        host.run("psql", "-Xq", env=env, input="INSERT INTO cases_case VALUES (3);", text=True)
        assert snapshot.counts() == {"cases_case": 2}
        snapshot.dump(file)
    server.make("other", role="care")
    there = settings_of(address, "other")
    with dump.open("rb") as file:
        postgres.load(host, there, "", file)
    with postgres.Snapshot(host, there, "") as snapshot:
        assert snapshot.counts() == {"cases_case": 2}


def test_a_database_that_is_not_empty_is_not_loaded_into(server, address, tmp_path):
    host, here = LocalHost(tmp_path), settings_of(address)
    fill = "CREATE TABLE cases_case (id INT);"
    host.run("psql", "-Xq", env=values.postgres(here), input=fill, text=True)
    dump = tmp_path / "dump"
    with postgres.Snapshot(host, here, "") as snapshot, dump.open("wb") as file:
        snapshot.dump(file)
    with dump.open("rb") as file, pytest.raises(StopError, match="failed"):
        postgres.load(host, here, "", file)


def test_a_database_in_use_is_moved_aside(server, address, tmp_path):
    here = settings_of(address)
    with postgres.Snapshot(LocalHost(tmp_path), here, ""):
        server.rename("portal", "other")
    assert server.has("other") and not server.has("portal")
