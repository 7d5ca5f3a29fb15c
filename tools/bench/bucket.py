"""`make bench-bucket`: one large file through a bucket (SeaweedFS on this machine).

It arrives on the disk, is handed over by a process of its own as the worker does it, and is read
back by its family; each with the most memory that it took, and the bytes compared in the end.
The checks in between are left out: the file is no scan.
"""

import hashlib
import http.client
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tools.bench import uploads
from tools.kill_uploads import SIGN_IN, inside
from tools.postgres import free_port
from tools.seaweed import SeaweedMissing, seaweed
from tools.server import demo_environment, run_manage

MB = uploads.MB
# As if the checks had passed; then the job's own action, and the most memory of it.
HAND_OVER = """
import django; django.setup()
import time
from pathlib import Path
from cases import actions
from cases.models import Record
from cases.records import s3, store
Record.objects.filter(pk="{key}").update(status="fine", next_check_at=None)
def most():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
s3.forget_parts_older_than(0)
before, started = most(), time.monotonic()
while actions.hand_over_files():
    pass
took = time.monotonic() - started
name = Record.objects.get(pk="{key}").storage_name
is_moved = not store.path_of(name).exists() and name in dict(s3.names())
print(took, most() - before, is_moved)
"""


def fetch(port: str, session: str, path: str) -> tuple[float, str]:
    """As a family saves its file: seconds, and the sum of what came."""
    digest, started = hashlib.sha256(), time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    line.request("GET", path, headers={"Cookie": f"session={session}"})
    answer = line.getresponse()
    if answer.status != 200:
        sys.exit(f"{answer.status} instead of 200 for the file")
    while part := answer.read(MB):
        digest.update(part)
    line.close()
    return time.monotonic() - started, digest.hexdigest()


def weigh(size: int) -> None:
    """Ends the program when there is no server for the bucket, or when bytes differ."""
    try:
        with seaweed() as address:
            _weigh(size, address)
    except SeaweedMissing as missing:
        sys.exit(str(missing))


def _weigh(size: int, address: str) -> None:
    with tempfile.TemporaryDirectory(prefix="shanghai-bench-") as folder, ExitStack() as stack:
        port = free_port()
        environment = demo_environment(Path(folder), port, RECORDS_STORAGE=address)
        run_manage(environment, "start_demo", "--prepare-only")
        who = tuple(inside(environment, SIGN_IN).split())
        workers = uploads.start(stack, environment, port, "portal.wsgi", "/healthz")
        told = uploads.weigh(port, workers, who, size, keep=True)
        key = told.rstrip("/").rpartition("/")[2]
        took, grown, is_moved = inside(environment, HAND_OVER.format(key=key)).split()
        print(f"\ninto the bucket in {float(took):.0f} s ({size / MB / float(took):.0f} MB/s)")
        print(f"  memory of the process: +{float(grown):.0f} MB at most (at most +60)")
        path = f"/en/case/{who[0]}/papers/{key}/"
        is_right = _read_back(port, workers, who[1], path, size)
    print(f"  bytes: {'the same' if is_right else 'OTHERS'}; moved: {is_moved}")
    if not is_right or is_moved != "True":
        sys.exit(1)


def _read_back(port: int, workers: list[int], session: str, path: str, size: int) -> bool:
    command = [sys.executable, "-m", "tools.bench.uploads", "--fetch", str(port), session, path]
    return uploads.watch(port, workers, command, size, "read back") == uploads.digest_of(size)
