"""`make bench-headers`: six requests whose header is hard to read, and what others wait meanwhile.

The header is the longest that gunicorn takes, made for the expression that once read it for
seconds. In each round somebody asks for /healthz, first alone, then while six plain requests
are answered, then while six hard ones are: the slowest answer of each counts. Ratios of medians
count; absolute figures are not comparable between machines. Exits with 1 above twice.
"""

import argparse
import http.client
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from tools.bench.uploads import SERVER, expect
from tools.postgres import free_port
from tools.server import demo_environment, run_manage, running

AT_ONCE = 6
ALLOWED = 2.0
# For less time than this nobody is looked at.
SECONDS = 0.5
PAGE, HEALTH = "/en/", "/healthz"
PLAIN = "gzip, deflate, br"
# gunicorn refuses a line of more than 8,190 bytes.
LINE = 8_190
HARD = "br;q=0." + "1" * (LINE - len("Accept-Encoding: br;q=0.x\r\n")) + "x"


def ask(port: int, path: str, encoding: str = PLAIN) -> float:
    """Milliseconds until the answer is there."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    started = time.monotonic()
    line.request("GET", path, headers={"Accept-Encoding": encoding})
    expect(line.getresponse(), 200)
    line.close()
    return 1000 * (time.monotonic() - started)


def slowest(port: int, encoding: str | None) -> float:
    """Of /healthz, while six others ask for the home page with this header; None: alone."""
    others = [threading.Thread(target=ask, args=(port, PAGE, encoding)) for _ in range(AT_ONCE)]
    others = others if encoding else []
    ends, times = time.monotonic() + SECONDS, []
    for other in others:
        other.start()
    while time.monotonic() < ends or any(other.is_alive() for other in others):
        times.append(ask(port, HEALTH))
    return max(times)


def measure(port: int, rounds: int) -> dict[str, float]:
    found = {"alone": [], "six plain": [], "six hard": []}
    for path in (PAGE, HEALTH) * 20:
        ask(port, path)
    for _number in range(rounds):
        for name, encoding in zip(found, (None, PLAIN, HARD), strict=True):
            found[name].append(slowest(port, encoding))
    return {name: statistics.median(times) for name, times in found.items()}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shanghai-bench-") as folder:
        port = free_port()
        environment = demo_environment(Path(folder), port)
        run_manage(environment, "start_demo", "--prepare-only")
        server = [sys.executable, "-m", "gunicorn", *SERVER]
        server += ["--bind", f"127.0.0.1:{port}", "portal.wsgi"]
        with running(server, environment, port):
            medians = measure(port, asked.rounds)
    for name, milliseconds in medians.items():
        print(f"  /healthz, slowest, {name:<10} {milliseconds:8.1f} ms")
    ratio = medians["six hard"] / medians["alone"]
    print(f"  {ratio:.2f} times as long as alone (aim: at most {ALLOWED:.0f})")
    return 1 if ratio > ALLOWED else 0


if __name__ == "__main__":
    sys.exit(main())
