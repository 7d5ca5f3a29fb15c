"""`make two-nodes`: two machines, one PostgreSQL and one folder of files; a third without it.

Uploads begin at one node, are cut, and go on at the other; jobs and sign-ins meet both; wrong
codes at one node count at the other. The third node has a folder of its own and must refuse.
Exit code 1 when a file is not fine and whole, a job ran twice or never, a sign-in failed, or
the third node took anything.
"""

import base64
import http.client
import io
import json
import os
import random
import re
import secrets
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tools.kill_uploads import LOOK, Outcome, Sender, inside, judge
from tools.postgres import cluster, free_port
from tools.server import ROOT, demo_environment, run_manage, running

SERVER = "--worker-class gthread --workers 1 --threads 8 --log-level critical --no-control-socket"
UPLOADS, MAILS, SIGN_INS = 20, 200, 100
PATIENCE = 120
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
CODE = "ABCD-EFGH-JKMN"
# A case for each upload, signed in; its reference and its session.
MAKE_CASES = f"""
import django; django.setup()
from portal.tests.cast import sign_in_family
from portal.tests.fixtures import make_case
for _number in range({UPLOADS}):
    case = make_case()
    print(case.reference, sign_in_family(case).cookies["session"].value)
"""
QUEUE_MAILS = f"""
import django; django.setup()
from portal.outbox import post_mail
for number in range({MAILS}):
    post_mail(template="cases/email/status_changed", language="en",
              recipient=f"family{{number}}@example.org", about="SH-AAAA-BBBB")
"""
COUNT = """
import django; django.setup()
import collections, json
from django_tasks_db.models import DBTaskResult
from cases.models import Record
from portal.models import OutgoingMail
jobs = DBTaskResult.objects.all()
checks = collections.Counter(
    job.args_kwargs["args"][0] for job in jobs.filter(task_path="cases.jobs.check_record"))
workers = {id for job in jobs for id in job.worker_ids}
print(json.dumps({
    "records": dict(collections.Counter(Record.objects.values_list("status", flat=True))),
    "mails": dict(collections.Counter(OutgoingMail.objects.values_list("status", flat=True))),
    "tries": sorted(set(OutgoingMail.objects.values_list("attempts", flat=True))),
    "checked twice": sum(count > 1 for count in checks.values()),
    "taken twice": sum(len(job.worker_ids) > 1 for job in jobs),
    "workers": len(workers),
    "waiting": jobs.filter(status__in=["READY", "RUNNING"],
                           task_path__in=["cases.jobs.check_record", "portal.outbox.send_mail"]
                           ).count(),
}))
"""


class Wanderer(Sender):
    """Sends each part to the other node, and cuts every second one in the middle."""

    file_name = b"photo.png"

    def __init__(self, ports: list[int], *arguments):
        super().__init__(ports[0], *arguments)
        self.ports = ports

    def ask(self, method, path, headers, body=b""):
        self.ports = [*self.ports[1:], self.ports[0]]
        self.port = self.ports[0]
        if method == "PATCH" and random.random() < 0.5:
            self.cut(path, headers, body)
            return None
        return super().ask(method, path, headers, body)

    def cut(self, path, headers, body) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.putrequest("PATCH", path)
            for name, value in (self.headers | headers).items():
                line.putheader(name, value)
            line.putheader("Content-Length", str(len(body)))
            line.endheaders(body[: len(body) // 2])
        except OSError:
            # Hung up at our side: the part that was cut before is still being written.
            pass
        finally:
            line.close()


def picture() -> bytes:
    """A photo that passes the checks, of some MB: noise does not shrink."""
    from PIL import Image

    width = random.randint(1200, 1800)
    file = io.BytesIO()
    Image.frombytes("RGB", (width, 1200), os.urandom(width * 3600)).save(file, "PNG")
    return file.getvalue()


@contextmanager
def node(environment: dict, port: int, with_workers: bool = True):
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
    with running([*command, *SERVER.split()], environment, port), ExitStack() as stack:
        for queue in ("default", "heavy") if with_workers else ():
            worker = [sys.executable, "manage.py", "worker", "--quiet", "--queue", queue]
            child = subprocess.Popen(worker, cwd=ROOT, env=environment)
            stack.callback(child.wait)
            stack.callback(child.terminate)
        yield


def page(port: int, method: str, path: str, fields=None, cookie: str = "", address: str = ""):
    """Status, cookies and text."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": "localhost", "Cookie": cookie, "X-Forwarded-For": address or "192.0.2.1"}
    if fields:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        line.request(method, path, urlencode(fields) if fields else None, headers)
        answer = line.getresponse()
        text = answer.read().decode("utf-8", "replace")
        cookies = [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
        return answer.status, "; ".join(cookies), text
    finally:
        line.close()


def sign_in(ports: list[int], reference: str, code: str, address: str) -> tuple[int, int]:
    """The form of one node, sent to the next; then the case at the next but one."""
    a, b = random.sample(ports, 2)
    _status, cookie, text = page(a, "GET", "/en/case/", address=address)
    fields = {"csrfmiddlewaretoken": TOKEN.search(text)[1], "reference": reference, "code": code}
    posted, session, _text = page(b, "POST", "/en/case/", fields, cookie, address)
    case, _cookie, _text = page(a, "GET", f"/en/case/{reference}/", cookie=session)
    return posted, case


def wait_until_done(environment: dict) -> dict:
    deadline = time.monotonic() + PATIENCE
    while (found := json.loads(inside(environment, COUNT)))["waiting"]:
        if time.monotonic() > deadline:
            break
        time.sleep(2)
    return found


def refused_by(port: int, wanderer: Wanderer) -> list[str]:
    """What the node with a folder of its own took; nothing, if all is well."""
    taken = []
    ready = page(port, "GET", "/readyz")
    if ready[0] != 503 or json.loads(ready[2])["checks"]["records"]:
        taken.append(f"/readyz {ready[0]}")
    lone = Sender(port, "", "", Outcome())
    lone.headers = wanderer.headers
    begin = {"Upload-Length": "9", "Upload-Metadata": "filename c2Nhbi5kY20="}
    answer = lone.ask("POST", wanderer.begin_path, begin)
    if not answer or answer[0] != 503:
        taken.append(f"upload {answer and answer[0]}")
    return taken


def trial(stack: ExitStack, address: str, folder: Path) -> list[str]:
    ports = [free_port() for _number in range(3)]
    places = [folder / "records", folder / "records", folder / "other"]
    shared = {
        "DATABASE_URL": address,
        "TRUSTED_PROXY_COUNT": "1",
        "PUBLIC_URL": "http://localhost",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "RECORD_KEYS": f"first:{base64.b64encode(secrets.token_bytes(32)).decode()}",
    }
    nodes = [
        demo_environment(folder / f"node{number}", port, RECORDS_DIR=str(place)) | shared
        for number, (port, place) in enumerate(zip(ports, places, strict=True))
    ]
    run_manage(nodes[0], "migrate", "--verbosity=0")
    for environment in nodes:
        run_manage(environment, "collectstatic", "--noinput", "--verbosity=0")
    for environment, port in zip(nodes[:2], ports, strict=False):
        stack.enter_context(node(environment, port))
    cases = [line.split() for line in inside(nodes[0], MAKE_CASES).splitlines()]
    outcome = Outcome()
    senders = [Wanderer(ports[:2], *case, outcome) for case in cases]
    for sender in senders:
        sender.send_bytes(picture())
    inside(nodes[1], QUEUE_MAILS)
    answers = [
        sign_in(ports[:2], cases[number % UPLOADS][0], CODE, f"198.51.100.{number}")
        for number in range(SIGN_INS)
    ]
    wrong = [sign_in(ports[:2], cases[0][0], "2222-2222-2222", "203.0.113.9") for _n in range(12)]
    found = wait_until_done(nodes[0])
    stack.enter_context(node(nodes[2], ports[2], with_workers=False))
    problems = [f"third node: {taken}" for taken in refused_by(ports[2], senders[0])]
    digests = {key: digest for sender in senders for key, digest in sender.digests.items()}
    judge(outcome, digests, json.loads(inside(nodes[0], LOOK)))
    print(f"{outcome.files} uploads, {outcome.cuts} times cut or moved; {found}")
    print(
        f"{SIGN_INS} sign-ins: {answers.count((302, 200))} well; "
        f"of 12 wrong codes {sum(posted == 429 for posted, _case in wrong)} refused unasked"
    )
    problems += outcome.problems
    problems += [] if found["records"] == {"fine": UPLOADS} else [f"records {found['records']}"]
    problems += [] if found["mails"] == {"sent": MAILS} else [f"mails {found['mails']}"]
    problems += [] if found["tries"] == [1] else [f"tries {found['tries']}"]
    problems += [name for name in ("checked twice", "taken twice", "waiting") if found[name]]
    problems += [] if answers == [(302, 200)] * SIGN_INS else [f"sign-ins {set(answers)}"]
    problems += [] if [posted for posted, _case in wrong][-2:] == [429, 429] else ["limits"]
    return problems


def main() -> int:
    with cluster() as address, ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="shanghai-nodes-"))
        problems = trial(stack, address, Path(folder))
    print("\n".join(problems) or "Nothing lost, nothing called damaged, each job once.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
