"""Another program in place of the sandbox's task, under the limits that the task would have."""

from portal import sandbox

START = """
import json, os, sys, resource
import portal.sandbox_worker as worker
def act(order):
    exec({program!r}, {{"order": order, "json": json, "os": os, "sys": sys, "worker": worker}})
    sys.stdout.flush()
    os._exit(0)
worker.find_task = lambda name: act
worker.main()
"""


def run_instead(monkeypatch, program: str) -> None:
    """The program prints the answer itself."""
    start, real = START.format(program=program), sandbox.subprocess.run

    def run(command, **options):
        return real([command[0], "-c", start], **options)

    monkeypatch.setattr(sandbox.subprocess, "run", run)
