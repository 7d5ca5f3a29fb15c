"""What every test of the project shares: the environment, templates, the browser.

The environment is set while this file is imported, before Django reads its
settings: a temporary VAR_DIR for each process, so that nothing of a
developer's own demo is touched and parallel processes never meet.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
VAR_DIR = Path(tempfile.mkdtemp(prefix="shanghai-tests-"))
# whitenoise wants to see its folder.
(VAR_DIR / "static").mkdir()

os.environ.update(
    DJANGO_SETTINGS_MODULE="portal.settings",
    ENVIRONMENT="demo",
    VAR_DIR=str(VAR_DIR),
    # A file: threads that compete for rows need connections of their own.
    TEST_SQLITE_FILE=str(VAR_DIR / "test.sqlite3"),
    PUBLIC_URL="http://testserver",
    # How full a developer's disk is decides no test.
    MIN_FREE_MB="0",
)
# Set by the process that starts the others, or by the gate for more than one suite.
os.environ.setdefault("TEST_TEMPLATES", str(VAR_DIR / "templates"))
for name in (
    "DEBUG",
    "SECRET_KEY",
    "SECRET_KEY_FILE",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXY_COUNT",
    "RECORD_KEYS",
    "RECORD_KEYS_FILE",
    "RECORDS_DIR",
    "RECORDS_STORAGE",
    "CLAMD_ADDRESS",
):
    os.environ.pop(name, None)

pytest_plugins = ["tools.testing.browser", "tools.testing.databases"]
# Others test the code that is held at 100 % too, or all of it; counting takes twice the time.
WITHOUT_COVERAGE = (
    "cases/tests/test_bad_input.py",
    "cases/tests/test_checklist_desk.py",
    "cases/tests/test_checklist_pages.py",
    "cases/tests/test_demo.py",
    "cases/tests/test_heavy_queue.py",
    "cases/tests/test_imaging_headers.py",
    "cases/tests/test_imaging_people.py",
    "cases/tests/test_imaging_preview.py",
    "cases/tests/test_imaging_slices.py",
    "cases/tests/test_imaging_words.py",
    "cases/tests/test_judging.py",
    "cases/tests/test_known.py",
    "cases/tests/test_leaving.py",
    "cases/tests/test_queue.py",
    "cases/tests/test_sealed.py",
    "cases/tests/test_sealing_migration.py",
    "cases/tests/test_store.py",
    "cases/tests/test_strangers.py",
    "cases/tests/test_tus_clients.py",
    "cases/tests/test_work.py",
    "hospitals/",
    "portal/tests/test_access.py",
    "portal/tests/test_bad_requests.py",
    "portal/tests/test_databases.py",
    "portal/tests/test_emergency.py",
    "portal/tests/test_environment.py",
    "portal/tests/test_headers.py",
    "portal/tests/test_log_in.py",
    "portal/tests/test_pages.py",
    "portal/tests/test_patterns.py",
    "portal/tests/test_patterns.py",
    "portal/tests/test_requests.py",
    "portal/tests/test_staff_pages.py",
    "portal/tests/test_staff_sessions.py",
    "portal/tests/test_timezones.py",
    "portal/tests/test_words_walk.py",
    "tools/",
)


def pytest_addoption(parser):
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out what says nothing about the database: for the second engine",
    )


def pytest_collection_modifyitems(config, items):
    """On the second engine only what could come out differently there."""
    if config.pluginmanager.hasplugin("_cov"):
        for item in items:
            if item.nodeid.startswith(WITHOUT_COVERAGE):
                item.add_marker("no_cover")
    if not config.getoption("--database-only"):
        return
    kept = [item for item in items if _asks_the_database(item)]
    left = [item for item in items if not _asks_the_database(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = kept


def _asks_the_database(item) -> bool:
    if item.get_closest_marker("any_engine"):
        return False
    fixtures = {"db", "transactional_db", "live_server"} & set(item.fixturenames)
    return bool(fixtures or item.get_closest_marker("django_db"))


def pytest_configure(config):
    """Runs before pytest-django sets Django up."""
    from django.conf import settings

    from portal.management.catalogs import compile_catalogs
    from tools.testing.templates import UndefinedVariable

    settings.PASSWORD_HASHERS = ["tools.testing.hashers.CheapArgon2PasswordHasher"]
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedVariable()
    if not hasattr(config, "workerinput"):
        compile_catalogs(ROOT / "portal" / "locale")


def pytest_sessionstart(session):
    """The fixed cast imports models, so it is loaded when Django stands."""
    session.config.pluginmanager.import_plugin("portal.tests.fixtures")
    session.config.pluginmanager.import_plugin("cases.tests.bucket")


def pytest_unconfigure():
    """A hook, because the processes of pytest-xdist end without their exit handlers."""
    shutil.rmtree(VAR_DIR, ignore_errors=True)


@pytest.fixture(autouse=True)
def _fresh_state():
    """Counters and the chosen language must not leak from one test into the next."""
    from django.core.cache import caches
    from django.utils import translation

    from cases.records import store
    from portal import alerts

    alerts.forget()
    for cache in caches.all():
        cache.clear()
    language = translation.get_language()
    yield
    translation.activate(language or "en")
    # A test that started a worker in this process.
    store.require()
