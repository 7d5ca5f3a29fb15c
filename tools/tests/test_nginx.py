"""nginx as it is deployed, on a port of its own: whom its limits meet (rows R8 and W4)."""

import re
import shutil
import socket
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tools.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
CONF = (ROOT / "deploy/nginx.conf").read_text()
SLOW_FORM = (
    b"POST /en/case/SH-AAAA-BBBB/papers/ HTTP/1.1\r\nHost: portal.example\r\n"
    b"Content-Length: 5000\r\nContent-Type: text/plain\r\n\r\nx"
)
pytestmark = pytest.mark.any_engine


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
        ("2001:db8:1:2::5", "2001:db8:1:2"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2"),
        ("2001:db8::1", "2001:db8"),
        ("2001:db8:1::1", "2001:db8:1"),
        ("::1", "::1"),
    ],
)
def test_addresses_of_one_network_of_ipv6_are_counted_as_one_W4(address, network):
    """By the file's own expressions, in their order."""
    block = re.search(r"map \$remote_addr \$network \{(.+?)\n    \}", CONF, re.S)[1]
    for expression, name in re.findall(r'"~(.+?)" \$(\w+);', block):
        if found := re.search(expression.replace("(?<", "(?P<"), address):
            assert found[name] == network
            return
    assert address == network


def deployed(folder: Path, port: int, portal: int) -> Path:
    """The configuration with a port, paths and no certificate; nothing else is changed."""
    # Without the servers that only turn away.
    text = re.sub(r"\n    server \{\n        listen 80.+?\n    \}(?=\n\n)", "", CONF, flags=re.S)
    for ours, here in {
        "user www-data;": "daemon off;",
        "/run/nginx.pid": f"{folder}/pid",
        "127.0.0.1:8000": f"127.0.0.1:{portal}",
        "include /etc/nginx/modules-enabled/*.conf;": "",
        "/srv/portal": str(ROOT),
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port};",
        "listen [::]:443 ssl http2;": "",
    }.items():
        text = text.replace(ours, here)
    text = re.sub(r"/var/log/nginx/\w+\.log", str(folder / "log"), text)
    text = re.sub(r"ssl_certificate\w* .+?;|brotli_static on;", "", text)
    for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        text = text.replace("http {", f"http {{\n    {name}_temp_path {folder}/{name};", 1)
    path = folder / "nginx.conf"
    path.write_text(text)
    return path


@pytest.fixture
def nginx(tmp_path):
    """A running one before a portal that takes everything and says nothing; its port."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        pytest.skip("nginx is missing (Debian: apt-get install nginx)")
    # Its workers are nobody's, and the folders of a test are closed.
    tmp_path.chmod(0o755)
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as portal:
        threading.Thread(target=_take, args=(portal,), daemon=True).start()
        path = deployed(tmp_path, port, portal.getsockname()[1])
        with subprocess.Popen([program, "-c", path, "-p", tmp_path]) as child:
            try:
                _wait_for(port, child)
                yield port
            finally:
                child.terminate()


def _take(portal: socket.socket) -> None:
    kept = []
    while True:
        try:
            kept.append(portal.accept())
        except OSError:
            return


def _wait_for(port: int, child) -> None:
    while True:
        assert child.poll() is None
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)


def ask(stack: ExitStack, port: int, address: str, what: bytes = SLOW_FORM) -> socket.socket:
    line = stack.enter_context(
        socket.create_connection(("127.0.0.1", port), source_address=(address, 0))
    )
    line.sendall(what)
    return line


def refusal(line: socket.socket) -> str:
    """What nginx says at once; nothing when it let the request through."""
    line.settimeout(2)
    try:
        said = b""
        while part := line.recv(65536):
            said += part
        return said.decode()
    except TimeoutError:
        return said.decode()


def test_two_slow_forms_of_one_network_do_not_close_the_form_R8(nginx):
    """Six of one stranger did, and the family read that it had sent too much (operator 9)."""
    with ExitStack() as stack:
        for _number in range(2):
            assert refusal(ask(stack, nginx, "127.0.0.2")) == ""
        third = refusal(ask(stack, nginx, "127.0.0.2"))
        assert refusal(ask(stack, nginx, "127.0.0.3")) == ""
    assert third.startswith("HTTP/1.1 503") and "Retry-After: 60" in third
    assert "Many files are being sent right now" in third and "Te pliki nie" in third


def test_seventh_form_of_all_reads_the_true_reason_R8(nginx):
    with ExitStack() as stack:
        for number in range(6):
            ask(stack, nginx, f"127.0.0.{2 + number // 2}")
        time.sleep(0.3)
        seventh = refusal(ask(stack, nginx, "127.0.0.9"))
    assert seventh.startswith("HTTP/1.1 503") and "Many files are being sent" in seventh
