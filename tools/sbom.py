"""`make sbom`: docs/sbom.json, what a production installation consists of.

Read off a fresh environment with the pinned requirements and nothing else.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "sbom.json"
# Links of the packages' authors: they change without the package changing.
LEFT_OUT = {"externalReferences", "$schema"}
# What every environment is born with.
NOT_OURS = {"pip", "setuptools"}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="shanghai-sbom-") as folder:
        environment = Path(folder) / "environment"
        installer = [sys.executable, "tools/install.py", str(environment), "requirements.txt"]
        subprocess.run(installer, cwd=ROOT, check=True)
        raw = Path(folder) / "raw.json"
        command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"]
        command += ["--output-format", "JSON", "--output-file", str(raw)]
        subprocess.run([*command, str(environment / "bin" / "python")], check=True)
        bill = without_links(json.loads(raw.read_text()))
    bill["components"] = [part for part in bill["components"] if part["name"] not in NOT_OURS]
    TARGET.write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n")
    print(f"{TARGET.relative_to(ROOT)}: {len(bill['components'])} components")


def without_links(value):
    if isinstance(value, dict):
        return {key: without_links(part) for key, part in value.items() if key not in LEFT_OUT}
    if isinstance(value, list):
        return [without_links(part) for part in value]
    return value


if __name__ == "__main__":
    main()
