"""The results table: figures with their intervals, and what machine and code they come from."""

from __future__ import annotations

import functools
import json
import math
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from eogen import __version__

#: Version of the JSON layout; grows when a field changes its meaning.
SCHEMA = 1


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes:
        name: stable snake_case name, e.g. ``"accuracy"``.
        method: what was measured (a model, an explanation).
        dataset: on what.
        value: the number; ``None`` when it is not defined (it must then say why in ``note``).
        low, high: 95 % interval; ``None`` for what has no sampling error (a count) or no known one.
        n: samples behind the number.
        unit: ``"1"`` for shares and scores, else a unit (``"s"``, ``"ms"``).
        seconds: cost of measuring it.
        target: the number to reach, where one was set beforehand.
        better: which direction is good; ``None`` where there is none.
        note: what a reader must know (how the interval was made, a caveat).
    """

    name: str
    method: str
    dataset: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str = "1"
    seconds: float = 0.0
    target: float | None = None
    better: Literal["higher", "lower"] | None = "higher"
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; ``None`` when there is no target or no value."""
        if self.target is None or self.value is None or self.better is None:
            return None
        return self.value >= self.target if self.better == "higher" else self.value <= self.target


@dataclass
class Report:
    """Everything one ``evaluate`` found.

    Attributes:
        room: the room.
        data: one row per set: ``name``, ``path`` (relative to the folder given), ``n``, ``sha256``.
        weights: model -> SHA-256 of the weights used as they are.
        seed: of everything random.
        machine: from :func:`machine`.
        code_version: from :func:`code_version`.
        seconds: in all.
        figures: the numbers.
        tables: name -> table (confusion, per-class, curves).
        absent: one English sentence per set or section that could not be measured.
    """

    room: str
    data: list[dict[str, Any]] = field(default_factory=list)
    weights: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    machine: dict[str, Any] = field(default_factory=dict)
    code_version: str = ""
    seconds: float = 0.0
    figures: list[Figure] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """Return the report as strict JSON text (NaN and infinity become null)."""
        tables = {
            name: {
                "index": table.index.name,
                **json.loads(table.reset_index().to_json(orient="split", index=False)),
            }
            for name, table in self.tables.items()
        }
        body = {
            "schema": SCHEMA,
            **{
                f: getattr(self, f)
                for f in ("room", "data", "weights", "seed", "machine", "code_version", "seconds")
            },
            "figures": [asdict(figure) | {"reached": figure.reached} for figure in self.figures],
            "tables": tables,
            "absent": self.absent,
        }
        return json.dumps(finite(body), indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Read what :meth:`to_json` wrote."""
        body = json.loads(text)
        if body.pop("schema") != SCHEMA:
            raise ValueError("this report was written by another version of eogen.results")
        figures = [Figure(**{k: v for k, v in f.items() if k != "reached"}) for f in body.pop("figures")]
        tables = {}
        for name, t in body.pop("tables").items():
            frame = pd.DataFrame(t["data"], columns=t["columns"])
            tables[name] = frame.set_index(frame.columns[0]).rename_axis(t["index"])
        return cls(**body, figures=figures, tables=tables)

    def table(self) -> pd.DataFrame:
        """Return the figures as a table, one row each."""
        return pd.DataFrame([asdict(figure) | {"reached": figure.reached} for figure in self.figures])


def machine() -> dict[str, Any]:
    """Return what the seconds of a report depend on: system, processor, cores, Python and main libraries."""
    versions = {name: metadata.version(name) for name in ("numpy", "torch", "xarray")}
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
        **versions,
    }


@functools.cache
def code_version() -> str:
    """Return eogen's version, with the commit (and ``+changes``) when it runs from a git checkout; asked once."""
    here = Path(__file__).resolve().parents[1]
    if not (here / ".git").exists():
        return __version__
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+changes", "--abbrev=12", "--exclude=*"],
            cwd=here, capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__} {done.stdout.strip()}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def finite(value: Any) -> Any:
    """Return the value (of dicts, lists, numbers, text) with NaN and infinity replaced by None: strict JSON."""
    if isinstance(value, dict):
        return {key: finite(v) for key, v in value.items()}
    if isinstance(value, list):
        return [finite(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
