"""The operator's handbook keeps up with the settings, and nginx with the rules on headers."""

import re
from pathlib import Path

import pytest

from portal.management.commands.start_demo import web_command, worker_command
from portal.queues import QUEUES

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = ("settings.py", "environment.py")
READ = re.compile(r"""env(?:\.\w+)?\(\s*["']([A-Z_]+)["']""")


def test_handbook_names_every_setting():
    sources = "".join((ROOT / "portal" / name).read_text() for name in SETTINGS)
    handbook = (ROOT / "docs" / "operations.md").read_text()
    assert {name for name in READ.findall(sources) if f"`{name}`" not in handbook} == set()


@pytest.mark.parametrize("name", ["web", "worker", "worker-heavy"])
def test_service_reads_secrets_from_a_file_and_can_write_one_folder(name):
    unit = (ROOT / "deploy" / f"portal-{name}.service").read_text()
    assert "EnvironmentFile=/etc/portal/environment" in unit
    assert re.findall(r"^ReadWritePaths=(.*)$", unit, re.MULTILINE) == ["/var/lib/portal"]
    assert not re.search(r"^Environment=", unit, re.MULTILINE)


@pytest.mark.parametrize("queue", QUEUES)
def test_each_queue_has_a_worker_wherever_the_portal_runs(queue):
    """In systemd, in compose and in `make run`; no service serves both."""
    command = f"manage.py worker --queue {queue}"
    units = [path.read_text() for path in (ROOT / "deploy").glob("portal-worker*.service")]
    assert sum(f"{command}\n" in unit for unit in units) == 1
    assert (ROOT / "deploy" / "compose.yaml").read_text().count(f"{command}\n") == 1
    assert " ".join(worker_command(queue)).count(command) == 1


def test_w7_nginx_sets_the_clients_address_and_never_appends():
    nginx = (ROOT / "deploy" / "nginx.conf").read_text()
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    assert "proxy_add_x_forwarded_for" not in nginx


def test_l1_nginx_logs_neither_path_nor_address():
    nginx = (ROOT / "deploy" / "nginx.conf").read_text()
    (line,) = re.findall(r"log_format .*", nginx)
    assert not re.search(r"request_uri|\$request\b|\$uri|args|remote_addr|http_", line)


@pytest.mark.parametrize("name", ["deploy/portal-web.service", "deploy/Dockerfile"])
def test_a_question_of_10_kb_reaches_the_portal(name):
    """gunicorn's own answer to it is one bare English line; nginx bounds it before."""
    words = re.sub(r'[",\\\s]+', " ", (ROOT / name).read_text())
    assert "--limit-request-line 0 " in words
    assert "--limit-request-line 0 " in " ".join(web_command(8000))
    nginx = (ROOT / "deploy" / "nginx.conf").read_text()
    assert "large_client_header_buffers 4 16k;" in nginx
    assert re.search(r"error_page 413 414 /_errors/too-large.html;", nginx)
