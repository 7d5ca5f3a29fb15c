"""The containers: who reads the keys, who may gain rights, and what PostgreSQL's role may do."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.steps import postgres, values
from tools import postgres as throw_away
from tools.tests.deploy_host import LocalHost

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
SERVICES = COMPOSE["services"]
APP = {"prepare", "web", "worker", "worker-heavy"}
ROLE = ROOT / "deploy/database-role.sh"


def env_files(service: dict) -> list[str]:
    named = service.get("env_file", [])
    return [named] if isinstance(named, str) else named


def test_only_the_portals_own_services_read_its_keys_U5():
    readers = {name for name, one in SERVICES.items() if "portal.env" in env_files(one)}
    assert readers == APP
    for name in set(SERVICES) - APP:
        mounted = " ".join(SERVICES[name].get("volumes", []))
        assert "portal.env" not in mounted and "records" not in mounted


def test_the_database_is_given_no_key_and_makes_no_portal_a_superuser_U5():
    database = SERVICES["db"]
    assert env_files(database) == ["database.env"]
    assert set(database["environment"]) == {"LANG", "POSTGRES_INITDB_ARGS"}
    assert "POSTGRES_USER" not in str(COMPOSE)
    assert any("/docker-entrypoint-initdb.d/" in volume for volume in database["volumes"])


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_gains_rights_or_writes_to_its_root(name):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert "privileged" not in service
    allowed = {"NET_BIND_SERVICE", "CHOWN", "SETUID", "SETGID"} if name == "proxy" else set()
    assert set(service.get("cap_add", [])) == allowed


def test_only_the_web_containers_network_is_reached_from_outside():
    assert [name for name, one in SERVICES.items() if "ports" in one] == ["web"]


def test_every_image_that_is_built_is_in_the_dockerfile():
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    for service in SERVICES.values():
        if "build" in service:
            assert f"AS {service['build']['target']}\n" in dockerfile


@pytest.fixture(scope="module")
def portal():
    """Made by the script on an empty server; the address of the portal's own role."""
    try:
        with throw_away.cluster() as address:
            env = values.postgres({"DATABASE_URL": address})
            # As in the container: its superuser has another name than the portal's role.
            assert ask(env, "CREATE ROLE admin LOGIN SUPERUSER").returncode == 0
            admin = env | {"PGUSER": "admin", "POSTGRES_USER": "admin"}
            assert ask(admin, "ALTER ROLE portal RENAME TO first").returncode == 0
            script = {"PATH": "/usr/bin:/bin", "PORTAL_PASSWORD": "it's a 'word'"}
            subprocess.run(["sh", ROLE], env=script | admin, check=True)
            yield env | {"PGUSER": "portal", "PGDATABASE": "portal"}
    except throw_away.PostgresMissing as error:
        pytest.skip(str(error))


def ask(env: dict, sql: str) -> subprocess.CompletedProcess:
    words = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]
    return subprocess.run(
        words, env={"PATH": "/usr/bin:/bin"} | env, capture_output=True, text=True
    )


def test_the_role_of_the_container_cannot_run_programs_or_read_files_U5(portal):
    assert ask(portal, "CREATE TABLE one (line TEXT)").returncode == 0
    for sql in (
        "COPY one FROM PROGRAM 'env'",
        "COPY one FROM '/etc/passwd'",
        "SELECT pg_read_file('/etc/passwd')",
        "CREATE ROLE other SUPERUSER",
        "ALTER DATABASE portal SET log_min_error_statement = 'error'",
    ):
        answer = ask(portal, sql)
        assert answer.returncode, sql
        assert re.search("permission denied|must be superuser", answer.stderr), sql


def test_the_log_of_the_container_is_as_quiet_as_the_machines(portal, tmp_path):
    server = postgres.Server(LocalHost(tmp_path), user="", env=portal)
    assert server.loud("portal") == []
