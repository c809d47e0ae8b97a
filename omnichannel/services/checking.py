"""`./run check`: lint, format, types, import contracts, migrations, Django's checks, and that each test can be read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PY = sys.executable
BIN = Path(PY).parent
PACKAGES = ("omnichannel", "roles", "kpis", "orgstages", "talent")
CHECKS: dict[str, list[str]] = {
    "ruff": [str(BIN / "ruff"), "check", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "."],
    "mypy": [PY, "-m", "mypy", *PACKAGES],
    "imports": [str(BIN / "lint-imports")],
    "templates": [str(BIN / "djade"), "--check", "--target-version", "5.2"],
    "migrations": [PY, "manage.py", "makemigrations", "--check", "--dry-run"],
    "django": [PY, "manage.py", "check", "--fail-level", "WARNING"],
    "tests": [PY, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests", "tests/e2e"],
}


def main(names: list[str]) -> int:
    """Run the named checks (default: all); print what failed; return how many did."""
    failed = []
    for name, command in CHECKS.items():
        if names and name not in names:
            continue
        if name == "templates":
            command = [*command, *map(str, Path("templates").rglob("*.html"))]
        result = subprocess.run(command, check=False, capture_output=True, text=True)
        print(f"{'ok' if result.returncode == 0 else 'FAILED':8}{name}")
        if result.returncode:
            failed.append(name)
            print(result.stdout + result.stderr)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
