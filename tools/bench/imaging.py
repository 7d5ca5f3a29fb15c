"""`make bench-imaging`: a study of 1,000 slices from the job's start to what the family reads.

Makes the study by itself (512 x 512, 16 bit), seals it as a paper of a made-up
case, and runs the jobs in a process of their own, whose memory is looked at
with that of its children. Its figures are of one run on one machine.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

from tools.server import ROOT, demo_environment, run_manage

SIDE, MB = 512, 1024 * 1024
MAKE = """
import json, os
from pathlib import Path
from portal.tests.fixtures import make_case, make_record
from tools.bench.imaging import make_study
study = Path(os.environ["BENCH_STUDY"])
packed = make_study(study, int(os.environ["BENCH_SLICES"]))
record = make_record(make_case(), study.read_bytes(), name="study.zip")
print(json.dumps({"case": str(record.case_id), "packed": packed}))
"""
RUN = """
import json, os, resource, time
from cases import actions
from cases.models import Case, Record
from cases.views.imaging import imaging_context
case = Case.objects.get(pk=os.environ["BENCH_CASE"])
started = time.monotonic()
actions.read_scans(case=case)
read = time.monotonic() - started
shown = imaging_context(case)["scans"]
told = time.monotonic() - started
card = shown["cards"][0]
print("BENCH", json.dumps({
    "read": read, "told": told, "title": card["title"], "pictures": card["study"].pictures,
    "previews": sum(bool(row["picture"]) for row in card["series"]),
}), flush=True)
started = time.monotonic()
actions.make_shared_copy(record=Record.objects.select_related("case").get(case=case))
copied = time.monotonic() - started
file = case.derived.get(purpose="shared")
spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print("BENCH", json.dumps({
    "copied": copied, "copy_mb": file.size / 1e6,
    "cpu": sum(one.ru_utime + one.ru_stime for one in spent),
}), flush=True)
"""


def make_study(path: Path, slices: int) -> int:
    """Noise on a slope: shrinks about as badly as a real scan. Its size in bytes."""
    from cases.tests.scans import make_slice

    noise = os.urandom(SIDE * SIDE + slices)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(1, slices + 1):
            pixels = bytearray(2 * SIDE * SIDE)
            pixels[0::2] = noise[number : number + SIDE * SIDE]
            pixels[1::2] = bytes(side // 64 for side in range(SIDE)) * SIDE
            data = make_slice(
                number, Rows=SIDE, Columns=SIDE, PixelData=bytes(pixels), BodyPartExamined="ABDOMEN"
            )
            archive.writestr(f"DICOM/IM{number:05d}", data)
    return path.stat().st_size


class Watcher(threading.Thread):
    """The most memory of a process and its children together, in MB; looked at often."""

    def __init__(self, pid: int):
        super().__init__()
        self.pid, self.most, self.ended = pid, 0.0, threading.Event()

    def run(self):
        while not self.ended.wait(0.05):
            self.most = max(self.most, sum(map(resident, family_of(self.pid))))

    def stop(self) -> float:
        self.ended.set()
        self.join()
        return self.most


def family_of(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        try:
            text = Path(f"/proc/{one}/task/{one}/children").read_text()
        except OSError:
            continue
        found += [int(child) for child in text.split()]
    return found


def resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


def shell(code: str, environment: dict) -> subprocess.Popen:
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--slices", type=int, default=1000)
    slices = parser.parse_args().slices
    with tempfile.TemporaryDirectory(prefix="shanghai-imaging-") as folder:
        environment = demo_environment(Path(folder) / "var", port=0)
        environment["BENCH_STUDY"] = str(Path(folder) / "study.zip")
        environment["BENCH_SLICES"] = str(slices)
        run_manage(environment, "migrate", "--verbosity", "0")
        made = json.loads(shell(MAKE, environment).communicate()[0].splitlines()[-1])
        pixels = slices * 2 * SIDE * SIDE / 1e6
        print(f"{slices} slices: {made['packed'] / 1e6:.0f} MB packed, {pixels:.0f} MB of pixels")
        environment["BENCH_CASE"] = made["case"]
        measure(environment)


def measure(environment: dict) -> None:
    running = shell(RUN, environment)
    watcher, told = Watcher(running.pid), []
    watcher.start()
    for line in running.stdout:
        if line.startswith("BENCH "):
            told.append((json.loads(line[6:]), watcher.most))
    memory = watcher.stop()
    if running.wait() or len(told) != 2:
        sys.exit("the run failed")
    (read, read_memory), (copy, _memory) = told
    print(f"pre-flight: {read['read']:.1f} s until it is written down, {read['told']:.1f} s until "
          f"the family can read it; {read_memory:.0f} MB in all")  # fmt: skip
    print(f"  {read['title']}: {read['pictures']} pictures, {read['previews']} preview(s)")
    print(f"copy for a hospital: {copy['copied']:.1f} s, {copy['copy_mb']:.0f} MB; "
          f"{memory:.0f} MB in all")  # fmt: skip
    print(f"CPU of everything: {copy['cpu']:.1f} s, at {time.strftime('%H:%M')}")


if __name__ == "__main__":
    main()
