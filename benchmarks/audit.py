"""What the app stands on: pinned, declared, consistent, licensed; known faults, where a network and pip-audit are.

``python -m benchmarks.audit`` prints it and ends with 1 when something is wrong (``make audit``).
"""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==[^=*]+$")
#: Licences that this project (GPL-3.0-or-later) cannot stand on.
_BARRED = re.compile(r"proprietary|non-?commercial|\bSSPL\b|business source", re.IGNORECASE)


def requirements(name: str = "requirements.txt") -> dict[str, str]:
    """Return distribution -> the line that asks for it; the file that a line ``-r`` names is left out."""
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text("utf-8").splitlines()]
    return {
        _key(re.split(r"[\[=<>~! ]", line)[0]): line for line in lines if line and not line.startswith("-")
    }


def unpinned(asked: dict[str, str]) -> list[str]:
    """Return the lines that do not name one version."""
    return [line for line in asked.values() if not _PIN.fullmatch(line)]


def imported(folders: tuple[str, ...] = ("eogen", "pages")) -> set[str]:
    """Return the top-level modules that the code imports, anywhere in a file, besides Python's and our own."""
    found: set[str] = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"eogen", "pages", "tests", "benchmarks"}


def undeclared(modules: set[str], asked: dict[str, str]) -> list[str]:
    """Return the modules whose distribution no requirement names; those that are not installed are optional."""
    providers = metadata.packages_distributions()
    return sorted(
        module
        for module in modules
        if module in providers and not {_key(name) for name in providers[module]} & set(asked)
    )


def licences(asked: dict[str, str]) -> dict[str, str]:
    """Return distribution -> licence, as its own metadata say."""
    found = {}
    for name in asked:
        try:
            held = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
            continue
        classes = [c.rpartition(" :: ")[2] for c in held.get_all("Classifier", []) if c.startswith("License")]
        text = held.get("License-Expression") or ", ".join(classes) or (held.get("License") or "not said")
        found[name] = text.splitlines()[0][:70]
    return found


def main() -> int:
    """Print every finding; return 1 when there is a fault."""
    asked = requirements()
    faults = [f"not pinned: {line}" for line in unpinned(asked)]
    faults += [f"imported and not declared: {module}" for module in undeclared(imported(), asked)]
    held = licences(asked)
    faults += [f"licence of {name}: {text}" for name, text in held.items() if _BARRED.search(text)]
    check = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False
    )
    if check.returncode:
        faults.append("pip check: " + check.stdout.strip().replace("\n", "; "))
    for name, text in sorted(held.items()):
        print(f"{name:<28}{text}")
    print("\n".join(f"FAULT {fault}" for fault in faults) or "Pinned, declared and consistent.")
    if importlib.util.find_spec("pip_audit") is None:
        print(
            "Known vulnerabilities were not looked up: pip-audit is not installed (python -m pip install pip-audit)."
        )
        return int(bool(faults))
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "-r",
        str(ROOT / "requirements.txt"),
        "--no-deps",
        "--timeout",
        "20",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr)
    if "ConnectionError" in done.stderr or "Max retries" in done.stderr:
        print("Known vulnerabilities were not looked up: no network.")
        return int(bool(faults))
    return int(bool(faults) or done.returncode != 0)


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
