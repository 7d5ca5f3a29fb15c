"""Security row D1: `make advisories` says "clean" only when everything was asked and answered."""

import sys

import pytest

from tools import advisories

# Stands in for pip-audit and ends as it does: see its --strict about skipped packages.
FAKE = """
import os, signal, sys
case = {case!r}
if case == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if case == "unreachable":
    sys.exit("ConnectionError: pypi.org could not be reached")
if case == "skipped" and "--strict" in sys.argv:
    sys.exit("probe: Dependency not found on PyPI and could not be audited")
if case == "unpinned" and "--require-hashes" in sys.argv:
    sys.exit("requirement probe does not contain a hash")
if case == "hole":
    print("probe 1.0 PYSEC-2026-1")
    sys.exit(1)
print("No known vulnerabilities found")
"""


@pytest.fixture
def outcome(tmp_path, monkeypatch, capfd):
    def run(case):
        (tmp_path / "pip_audit.py").write_text(FAKE.format(case=case))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        code = advisories.main()
        return code, capfd.readouterr().out

    return run


@pytest.mark.parametrize("case", ["unreachable", "skipped", "unpinned", "hole", "killed"])
def test_d1_no_answer_a_skipped_package_and_a_hole_are_failures(outcome, case):
    code, said = outcome(case)
    assert code == 1
    assert "NOT CLEAN" in said
    assert "No known hole in" not in said
    for name in advisories.FILES:
        assert name in said.split("NOT CLEAN")[1]


def test_d1_clean_only_when_every_file_was_asked(outcome):
    code, said = outcome("clean")
    assert code == 0
    assert "No known hole in" in said
    assert said.count("No known vulnerabilities found") == len(advisories.FILES)


def test_d1_auditor_that_is_not_installed_is_a_failure(monkeypatch, capfd):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert advisories.main() == 1
