"""`make at-rest`: a word that a family wrote, searched wherever a running server could leave it.

Real gunicorn, a real upload that is looked at while half of it has arrived: the
workers' open files, the disk, the database with its log, temporary files, logs,
mails, a dump and a backup (row U5). Then the keys are rotated and all is read again.
"""

import base64
import http.client
import os
import secrets
import sqlite3
import sys
import tempfile
from pathlib import Path

from tools.kill_uploads import SIGN_IN, TOKEN, children_of, inside, portal
from tools.postgres import free_port
from tools.server import demo_environment, run_manage

WORD = "quokkablastoma"
MB = 1024 * 1024
SIZE = 24 * MB
# What the family wrote is put into every sealed field, as the test of the fields does.
WRITE = """
import django; django.setup()
from django.apps import apps
from cases.models.key import SealedJSONField, SealedTextField
from cases.records.crypto import KeyDestroyedError
count = 0
for model in apps.get_app_config("cases").get_models():
    for field in model._meta.concrete_fields:
        if isinstance(field, SealedTextField) and not isinstance(field, SealedJSONField):
            for row in model.objects.all():
                setattr(row, field.name, "WORD")
                try:
                    row.save(update_fields=[field.name])
                    count += 1
                except KeyDestroyedError:
                    # A draft that became a case holds nothing any more.
                    continue
print(count)
"""
READ = """
import django; django.setup()
from cases.actions import case_key
from cases.models import Inquiry, Record
from cases.records import store
from cases.records.sealed import open_sealed
found = 0
for record in Record.objects.select_related("case"):
    with store.reading(record.storage_name) as file:
        reader = open_sealed(file, case_key(record.case), record.storage_name)
        found += any(b"WORD" in piece for piece in reader.pieces())
print(found, sum("WORD" in inquiry.problem for inquiry in Inquiry.objects.all()))
"""


KEYS = {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in ("old", "new")}


def ring(*names: str) -> str:
    return ",".join(f"{name}:{KEYS[name]}" for name in names)


class Search:
    """Counts what was looked at, so that a search of nothing is no success."""

    def __init__(self):
        self.looked, self.hits = 0, []

    def bytes(self, where: str, contents: bytes) -> None:
        self.looked += 1
        if WORD.encode() in contents:
            self.hits.append(where)

    def folder(self, where: str, folder: Path) -> None:
        for path in folder.rglob("*"):
            if path.is_file():
                self.bytes(f"{where}: {path.name}", path.read_bytes())

    def process(self, pid: int) -> None:
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            if handle.is_file():
                self.bytes(f"open: {os.readlink(handle)}", handle.read_bytes())


def main() -> None:
    search = Search()
    with tempfile.TemporaryDirectory(prefix="shanghai-at-rest-") as name:
        folder = Path(name)
        temporary = folder / "temporary"
        temporary.mkdir()
        port = free_port()
        more = {"RECORD_KEYS": ring("old"), "TMPDIR": str(temporary), "LOG_LEVEL": "DEBUG"}
        environment = demo_environment(folder / "var", port, **more)
        for command in (["migrate", "-v0"], ["load_directory"], ["load_demo"]):
            run_manage(environment, *command)
        written = int(inside(environment, WRITE.replace("WORD", WORD)))
        reference, session = inside(environment, SIGN_IN).split()
        with portal(environment, port) as master:
            upload(port, reference, session, lambda: look(search, folder, master))
            look(search, folder, master)
        copies(search, environment, folder)
        readable = rotate(environment)
    print(f"{written} sealed fields written, {search.looked} places searched, hits: {search.hits}")
    print(f"readable after rotation without the former key: {readable}")
    sys.exit(1 if search.hits or 0 in readable else 0)


def look(search: Search, folder: Path, master: int) -> None:
    """Everything below the folder: papers, database and its log, temporary files, mails."""
    search.folder("disk", folder)
    for pid in (master, *children_of(master)):
        search.process(pid)


def upload(port: int, reference: str, session: str, in_the_middle) -> None:
    headers = {
        "Tus-Resumable": "1.0.0",
        "Cookie": f"session={session}; csrf={TOKEN}",
        "X-CSRFToken": TOKEN,
    }
    name = base64.b64encode(f"{WORD}.dcm".encode()).decode()
    begin = {"Upload-Length": str(SIZE), "Upload-Metadata": f"filename {name}"}
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("POST", f"/uploads/{reference}/", b"", headers | begin)
    answer = line.getresponse()
    answer.read()
    path = "/" + answer.headers["Location"].split("/", 3)[3]
    data = (f"{WORD} ".encode() * (SIZE // len(WORD)))[:SIZE]
    line.putrequest("PATCH", path)
    kind = {"Content-Type": "application/offset+octet-stream", "Content-Length": str(SIZE)}
    for header, value in (headers | kind | {"Upload-Offset": "0"}).items():
        line.putheader(header, value)
    line.endheaders()
    line.send(data[: SIZE // 2])
    in_the_middle()
    line.send(data[SIZE // 2 :])
    if line.getresponse().status != 204:
        sys.exit("the upload did not end well")


def copies(search: Search, environment: dict, folder: Path) -> None:
    """A dump and a backup, as docs/operations.md makes them."""
    search.bytes("dump", run_manage(environment, "dumpdata").encode())
    target = folder / "backup.sqlite3"
    with sqlite3.connect(folder / "var" / "portal.sqlite3") as source:
        source.execute("VACUUM INTO ?", [str(target)])
    search.bytes("backup", target.read_bytes())


def rotate(environment: dict) -> tuple[int, int]:
    """Files and inquiries that open when only the new key is left."""
    run_manage(environment | {"RECORD_KEYS": ring("new", "old")}, "rotate_record_keys")
    program = READ.replace("WORD", WORD)
    files, inquiries = inside(environment | {"RECORD_KEYS": ring("new")}, program).split()
    return int(files), int(inquiries)


if __name__ == "__main__":
    main()
