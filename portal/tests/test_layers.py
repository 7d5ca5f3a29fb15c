"""The order of imports, and the sizes that keep every part small (architecture.md)."""

import ast
import statistics
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = ("portal", "hospitals", "cases")
# Lower layers first. A module belongs to the first name that its path has.
LAYERS = [
    {"workflow", "permissions", "clocks", "roles", "validators", "codes", "choices", "links",
     "work",
     "environment", "languages", "partial_date", "settings", "timezones", "emergency", "logs",
     "troubles", "networks",
     "querysets", "formats", "times", "freshness", "addresses", "vocabulary",
     "normalise", "people", "typos", "blocks", "classification", "records", "imaging", "checklist",
     "sealed_sessions", "sandbox", "sandbox_worker", "disks", "databases",
     "gunicorn_log", "serving"},
    {"models"},
    {"translation", "consents", "throttle", "spam", "traces", "audit", "mail", "outbox", "chains",
     "log_in_limits", "queues", "alerts", "notifications", "second_factor", "access",
     "confirmations", "search", "wording", "checks", "finding", "facets", "treating", "wanted"},
    {"actions"},
    {"jobs", "turns"},
    {"selects", "claim_words", "forms", "exchange", "intake", "paper", "loader", "loading",
     "imported_names", "demo"},
    {"views", "admin", "sites", "middleware", "context", "templatetags", "sessions", "pages",
     "staff_sessions",
     "cards", "shown_listing", "answers", "comparison", "collation", "changes", "citymap",
     "results", "tables", "management",
     "opendata", "streams", "structured", "sitemap"},
    {"urls", "urls_case", "urls_inquiry", "urls_upload", "urls_conditions", "urls_compare",
     "urls_files", "urls_open", "wsgi", "apps"},
]  # fmt: skip
LOWER_APPS = {"portal": {"portal"}, "hospitals": {"portal", "hospitals"}, "cases": set(APPS)}
# Each with its reason: imported inside a function, where the cycle is said to be broken.
EXCEPTIONS = {
    ("portal.models", "portal.second_factor"),  # django-otp asks the device to verify itself
    ("cases.actions.uploads", "cases.jobs"),  # a job must be named to be queued
    ("cases.actions.derived", "cases.jobs"),
    ("cases.actions.joining", "cases.jobs"),
    ("cases.actions.imaging", "cases.jobs"),
    ("cases.actions.photos", "cases.jobs"),
    ("portal.management.commands.worker", "cases.jobs"),  # the worker starts the housekeeping
    ("portal.management.commands.worker", "cases.turns"),  # and serves cases in turn
    ("portal.management.commands.worker", "hospitals.jobs"),  # and the reminders
    ("portal.urls", "hospitals.views.home"),  # the home page is the directory's first page
    ("hospitals.querysets", "hospitals.models"),
}
MODULE_LINES, FUNCTION_LINES, MEDIAN_LINES, SHARE_UNDER_28 = 400, 50, 7, 0.9


def modules():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if not {"tests", "migrations"} & set(parts):
                yield ".".join(parts).removesuffix(".__init__"), path


MODULES = dict(modules())
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def layer(module: str) -> int | None:
    for part in module.split(".")[1:]:
        for number, names in enumerate(LAYERS):
            if part in names:
                return number
    return None


def imports(module: str):
    """Names of our own modules that a module imports, inside functions too."""
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            if node.module.split(".")[0] in APPS:
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    yield whole if whole in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in APPS)


def pairs():
    """Importing and imported module, less the exceptions."""
    for module in MODULES:
        for other in imports(module):
            if (module, other) not in EXCEPTIONS:
                yield module, other


def test_imports_go_down_the_layers():
    upward = {
        f"{module} imports {other}"
        for module, other in pairs()
        if None not in (layer(module), layer(other)) and layer(other) > layer(module)
    }
    assert upward == set()


def test_apps_know_only_the_apps_below_them():
    upward = {
        f"{module} imports {other}"
        for module, other in pairs()
        if other.split(".")[0] not in LOWER_APPS[module.split(".")[0]]
    }
    assert upward == set()


def test_every_module_has_a_layer():
    """A new module says where it belongs, here, before anything imports it."""
    assert [module for module in MODULES if layer(module) is None and module not in APPS] == []


def test_leaves_import_no_model():
    for module in MODULES:
        if layer(module) == 0 and module != "portal.settings":
            assert not [name for name in imports(module) if ".models" in name], module


def functions():
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{module}.{node.name}", node.end_lineno - node.lineno + 1


def test_functions_are_small():
    sizes = dict(functions())
    assert [name for name, lines in sizes.items() if lines > FUNCTION_LINES] == []
    lengths = sorted(lines for _name, lines in functions())
    assert statistics.median(lengths) <= MEDIAN_LINES
    assert sum(lines <= 28 for lines in lengths) / len(lengths) >= SHARE_UNDER_28


def test_modules_are_small():
    long = {
        name: lines
        for name, path in MODULES.items()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MODULE_LINES
    }
    assert long == {}


STATE = {"stage", "waiting_on", "next_due_at", "assigned_to", "close_reason"}


def written_columns(node) -> set[str]:
    """Columns of the state that a statement sets: by assignment, or by an update of rows."""
    if isinstance(node, ast.Assign):
        return {getattr(target, "attr", "") for target in node.targets} & STATE
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "update":
        return {keyword.arg for keyword in node.keywords} & STATE
    return set()


def test_only_actions_write_the_state_of_a_case():
    """One door: no view, form, signal or admin class sets a stage."""
    found = {
        f"{module}:{node.lineno}"
        for module, tree in TREES.items()
        # The demo moves a made-up case into the past; it does not run in production.
        if not module.startswith("cases.actions") and module != "cases.demo"
        for node in ast.walk(tree)
        if written_columns(node)
    }
    assert found == set()
