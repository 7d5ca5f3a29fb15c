"""`make bench-sign-in`: does the time of a refusal tell whether a case exists (row A3)?

Unknown reference, wrong code and withdrawn case take turns in one process, with production's
hasher; processor time, so that what else the machine does counts little. What counts is the
largest difference of the medians, as a part of one refusal. Exits with 1 above a twentieth.
"""

import json
import sys
import tempfile
from pathlib import Path

from tools.postgres import free_port
from tools.server import demo_environment, run_manage

ROUNDS = 31
ALLOWED = 0.05
ASK = f"""
import json, statistics, time
from django.conf import settings
from django.test import Client
from cases import actions
from portal.tests.fixtures import make_case
settings.ALLOWED_HOSTS = ["testserver"]
case, withdrawn = make_case(), make_case(code="PQRS-TVWX-YZ23")
actions.withdraw_case(by=withdrawn.owner, case=withdrawn)
ways = {{
    "unknown": ("SH-2222-2222", "ABCD-EFGH-JKMN"),
    "wrong": (case.reference, "2222-2222-2222"),
    "withdrawn": (withdrawn.reference, "PQRS-TVWX-YZ23"),
}}
spent = {{name: [] for name in ways}}
for number in range({ROUNDS}):
    for name, (reference, code) in ways.items():
        client = Client(REMOTE_ADDR=f"198.51.100.{{number}}")
        client.get("/en/case/")
        started = time.process_time()
        answer = client.post("/en/case/", {{"reference": reference, "code": code}})
        spent[name].append(time.process_time() - started)
        assert answer.status_code == 200
print("BENCH", json.dumps({{name: statistics.median(spent[name]) for name in spent}}))
"""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="shanghai-bench-") as folder:
        environment = demo_environment(Path(folder), free_port())
        run_manage(environment, "migrate", "--verbosity", "0")
        run_manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
        printed = run_manage(environment, "shell", "--command", ASK)
    line = next(line for line in printed.splitlines() if line.startswith("BENCH "))
    medians = json.loads(line.removeprefix("BENCH "))
    for name, seconds in medians.items():
        print(f"  {name:<10} {seconds * 1000:7.1f} ms")
    difference = (max(medians.values()) - min(medians.values())) / max(medians.values())
    print(f"  largest difference: {difference:.1%} of a refusal (allowed {ALLOWED:.0%})")
    return 1 if difference > ALLOWED else 0


if __name__ == "__main__":
    sys.exit(main())
