"""Report files: one report, or the ``{"reports": [...]}`` of `python -m eogen evaluate all`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from eogen.errors import InputError
from eogen.results import SCHEMA, Report

#: Results that come with the program.
COMMITTED = Path(__file__).resolve().parents[1] / "assets" / "results"
#: Largest file that is read: the largest committed one has 4.4 MB.
LARGEST = 64_000_000
_NUMBERS = ("value", "low", "high", "target")
_TEXTS = ("name", "method", "dataset", "unit", "note")
_REPORT: tuple[tuple[str, type | tuple[type, ...]], ...] = (
    ("room", str), ("data", list), ("weights", dict), ("machine", dict), ("code_version", str),
    ("seconds", (int, float)), ("seed", int), ("figures", list), ("tables", dict), ("absent", list),
)  # fmt: skip


def read(content: bytes, name: str) -> list[Report]:
    """Read the reports of a file; nothing in it is trusted.

    Args:
        content: UTF-8 JSON, one report or ``{"reports": [...]}``.
        name: of the file, for what is said of it.

    Raises:
        InputError: ``report_large``, ``report_json`` (no JSON), ``report_version`` (of another layout),
            ``report_field`` (names what is not as a report has it).
    """
    if len(content) > LARGEST:
        raise InputError(
            "report_large", "{name} has {size} bytes; a file of results has at most {most}.",
            name=name, size=len(content), most=LARGEST,
        )  # fmt: skip
    try:
        body = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            "report_json", "{name} is no JSON text ({reason}): give the file that `evaluate --json` wrote.",
            name=name, reason=str(error)[:120],
        ) from error  # fmt: skip
    several = body.get("reports") if isinstance(body, dict) else None
    found = several if isinstance(several, list) else [body]
    if not found:
        raise _not_so(name, "reports")
    return [_one(each, name) for each in found]


def read_file(path: Path) -> list[Report]:
    """Read the reports of a file on this machine. Raises what :func:`read` raises."""
    try:
        return read(path.read_bytes(), path.name)
    except OSError as error:
        raise InputError(
            "report_open", "{name} cannot be read ({reason}).", name=path.name, reason=str(error.strerror)
        ) from error


def committed() -> list[Path]:
    """Return the files of results that come with the program, by name."""
    return sorted(COMMITTED.glob("*.json"))


def _one(body: Any, name: str) -> Report:
    """Return one report after looking at every field that a page or a comparison relies on."""
    if not isinstance(body, dict) or "schema" not in body:
        raise _not_so(name, "schema")
    if body["schema"] != SCHEMA:
        raise InputError(
            "report_version", "{name} was written by another version (layout {found}, {expected} is read here).",
            name=name, found=str(body["schema"])[:20], expected=SCHEMA,
        )  # fmt: skip
    for field, kind in _REPORT:
        if not isinstance(body.get(field), kind):
            raise _not_so(name, field)
    if any(not isinstance(row, dict) or not isinstance(row.get("name"), str) for row in body["data"]):
        raise _not_so(name, "data")
    if any(not isinstance(sha, str) for sha in body["weights"].values()):
        raise _not_so(name, "weights")
    for number, figure in enumerate(body["figures"], 1):
        if not _is_figure(figure):
            raise _not_so(name, f"figures, {number}")
    if any(not isinstance(sentence, str) for sentence in body["absent"]):
        raise _not_so(name, "absent")
    try:
        return Report.from_json(json.dumps(body))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise _not_so(name, str(error)[:80]) from error


def _is_figure(figure: Any) -> bool:
    if not isinstance(figure, dict) or any(
        not isinstance(figure.get(key), str) for key in ("name", "method", "dataset")
    ):
        return False
    if any(not isinstance(figure.get(key, ""), str) for key in _TEXTS):
        return False
    numbers = [figure.get(key) for key in _NUMBERS]
    if any(v is not None and not _is_number(v) for v in numbers) or not _is_number(figure.get("n")):
        return False
    return figure.get("better", "higher") in ("higher", "lower", None)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _not_so(name: str, field: str) -> InputError:
    return InputError(
        "report_field", "{name} is no report of `python -m eogen evaluate`: its “{field}” is not as expected.",
        name=name, field=field,
    )  # fmt: skip
