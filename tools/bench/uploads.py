"""`make bench-upload`: uploads through gunicorn against bare views, and what 2 GB cost others.

With `--bucket` the large file goes into a bucket and back, see `bucket`.

All servers run at once and take turns, so that a noisy machine hits each.
Ratios of medians count; absolute figures are not comparable between machines.
"""

import argparse
import base64
import hashlib
import http.client
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from tools.kill_uploads import SIGN_IN, TOKEN, children_of, inside
from tools.postgres import free_port
from tools.server import ROOT, demo_environment, run_manage, running

MB = 1024 * 1024
PART = 8 * MB
# The same in each process, so that bytes can be compared.
BLOCK = random.Random(1).randbytes(MB)
# As deployed.
SERVER = "--worker-class gthread --workers 2 --threads 8 --log-level warning".split()
SERVER += ["--no-control-socket", "--timeout", "30"]
LOOKED_AT = "/en/about/"


class Body:
    """So many bytes that nobody holds; http.client reads it like a file."""

    def __init__(self, size: int, head: bytes = b"", tail: bytes = b""):
        self._parts = self._make(size, head, tail)

    def _make(self, size, head, tail):
        yield head
        for start in range(0, size, MB):
            yield BLOCK[: min(MB, size - start)]
        yield tail

    def __iter__(self):
        return (part for part in self._parts if part)


def send_bare(port: int, path: str, size: int) -> float:
    head, tail = b"", b""
    kind = "application/octet-stream"
    if path == "/form/":
        kind = "multipart/form-data; boundary=x"
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        tail = b"\r\n--x--\r\n"
    started = time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    length = str(size + len(head) + len(tail))
    headers = {"Content-Type": kind, "Content-Length": length}
    line.request("POST", path, Body(size, head, tail), headers)
    expect(line.getresponse(), 204)
    line.close()
    return time.monotonic() - started


def digest_of(size: int) -> str:
    """Of a file of so many bytes that `send_tus` sends."""
    digest = hashlib.sha256()
    for part in Body(size):
        digest.update(part)
    return digest.hexdigest()


def send_tus(port: int, reference: str, session: str, size: int, keep=False) -> tuple[float, str]:
    """As the page does: parts of 8 MB, one after the other. Seconds, and the file's address."""
    name = base64.b64encode(b"scan.dcm").decode()
    common = {
        "Tus-Resumable": "1.0.0",
        "Cookie": f"session={session}; csrf={TOKEN}",
        "X-CSRFToken": TOKEN,
    }
    started = time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    begin = {"Upload-Length": str(size), "Upload-Metadata": f"filename {name}"}
    line.request("POST", f"/uploads/{reference}/", b"", common | begin)
    path = "/" + expect(line.getresponse(), 201)["Location"].split("/", 3)[3]
    for offset in range(0, size, PART):
        part = min(PART, size - offset)
        sent = {"Content-Type": "application/offset+octet-stream", "Content-Length": str(part)}
        sent["Upload-Offset"] = str(offset)
        line.request("PATCH", path, Body(part), common | sent)
        expect(line.getresponse(), 204)
    took = time.monotonic() - started
    if not keep:
        line.request("DELETE", path, b"", common)
        expect(line.getresponse(), 204)
    line.close()
    return took, path


def expect(answer, status: int):
    answer.read()
    if answer.status != status:
        sys.exit(f"{answer.status} instead of {status}")
    return answer.headers


class Looker(threading.Thread):
    """Somebody else who reads pages meanwhile; milliseconds of each."""

    def __init__(self, port: int):
        super().__init__()
        self.port, self.times, self.ended = port, [], threading.Event()

    def run(self):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.ended.is_set():
            started = time.monotonic()
            line.request("GET", LOOKED_AT)
            expect(line.getresponse(), 200)
            self.times.append(1000 * (time.monotonic() - started))
            time.sleep(0.01)
        line.close()

    def stop(self) -> list[float]:
        self.ended.set()
        self.join()
        return self.times


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def look_for(port: int, seconds: float) -> list[float]:
    looker = Looker(port)
    looker.start()
    time.sleep(seconds)
    return looker.stop()


def memory(pid: int, name: str) -> float:
    """VmRSS now or VmHWM at most, in MB."""
    for text in Path(f"/proc/{pid}/status").read_text().splitlines():
        if text.startswith(name):
            return int(text.split()[1]) / 1024
    return 0.0


def forget_most(pid: int) -> None:
    """VmHWM counts from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def start(stack: ExitStack, environment: dict, port: int, application: str, path: str) -> list:
    """The pids of the workers."""
    pid_file = Path(environment["VAR_DIR"]) / f"{port}.pid"
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}"]
    command += [*SERVER, "--pid", str(pid_file)]
    stack.enter_context(running(command, environment, port, path))
    return children_of(int(pid_file.read_text()))


def compare_speed(ports, who: tuple[str, str], size: int, rounds: int) -> None:
    senders = {
        "the portal, sealed, parts of 8 MB": lambda: send_tus(ports[0], *who, size)[0],
        "bare view, a form's file": lambda: send_bare(ports[1], "/form/", size),
        "bare view, the body as it is": lambda: send_bare(ports[1], "/raw/", size),
    }
    rates = {title: [] for title in senders}
    for number in range(rounds + 1):
        for title, send in senders.items():
            rate = size / MB / send()
            if number:
                rates[title].append(rate)
    print(f"\n{size // MB} MB, gunicorn with 2 gthread workers, {rounds} rounds")
    middle = {title: statistics.median(found) for title, found in rates.items()}
    for title, rate in middle.items():
        print(f"  {title:<36} {rate:7.0f} MB/s")
    ours, form, raw = middle.values()
    print(f"  ratio to the form: {ours / form:.2f} (at least 0.50); to the body: {ours / raw:.2f}")


def weigh(port: int, workers: list[int], who: tuple[str, str], size: int, keep=False) -> str:
    """One large file in another process, while somebody reads pages; the file's address."""
    command = [sys.executable, "-m", "tools.bench.uploads", "--send", str(port), *who, str(size)]
    return watch(port, workers, [*command, *["--keep"] * keep], size, "sent")


def watch(port: int, workers: list[int], command: list[str], size: int, done: str) -> str:
    """What the command costs the server and its other readers. It says its seconds and a word."""
    idle = look_for(port, 10)
    for worker in workers:
        forget_most(worker)
    before = {worker: memory(worker, "VmRSS") for worker in workers}
    looker = Looker(port)
    looker.start()
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    busy = looker.stop()
    grown = max(memory(worker, "VmHWM") - before[worker] for worker in workers)
    took, word = float(told.split()[0]), told.split()[1]
    print(f"\n{size / 1000**3:.1f} GB {done} in {took:.0f} s ({size / MB / took:.0f} MB/s)")
    print(f"  memory of a worker: +{grown:.0f} MB at most (at most +60)")
    print(
        f"  pages meanwhile: p99 {p99(busy):.0f} ms, idle {p99(idle):.0f} ms,"
        f" {p99(busy) / p99(idle):.2f} times (at most 2.00); {len(busy)} and {len(idle)} pages"
    )
    return word


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mb", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--megabytes", type=int, default=2000, help="(10^6 bytes) of the large file; 0: without"
    )
    parser.add_argument("--bucket", action="store_true", help="the large file alone, to a bucket")
    parser.add_argument("--send", nargs=4, metavar=("PORT", "REFERENCE", "SESSION", "SIZE"))
    parser.add_argument("--fetch", nargs=3, metavar=("PORT", "SESSION", "PATH"))
    parser.add_argument("--keep", action="store_true", help="what was sent")
    asked = parser.parse_args()
    large = asked.megabytes * 1000**2
    if asked.send:
        port, reference, session, size = asked.send
        print(*send_tus(int(port), reference, session, int(size), asked.keep))
    elif asked.fetch:
        from tools.bench import bucket

        print(*bucket.fetch(*asked.fetch))
    elif asked.bucket:
        from tools.bench import bucket

        bucket.weigh(large)
    else:
        compare(large, asked.mb * MB, asked.rounds)


def compare(large: int, size: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="shanghai-bench-") as folder, ExitStack() as stack:
        ports = free_port(), free_port()
        environment = demo_environment(Path(folder), ports[0])
        run_manage(environment, "start_demo", "--prepare-only")
        who = tuple(inside(environment, SIGN_IN).split())
        workers = start(stack, environment, ports[0], "portal.wsgi", "/healthz")
        start(stack, environment, ports[1], "tools.bench.bare_upload", "/")
        if large:
            weigh(ports[0], workers, who, large)
        compare_speed(ports, who, size, rounds)


if __name__ == "__main__":
    main()
