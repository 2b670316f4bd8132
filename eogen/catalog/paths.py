"""Where data live: ``EOGEN_DATA``, else the platform's data folder, then the copy beside a checkout.

Every data folder ("root") holds one folder per room: ``<root>/landcover/…``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from eogen.catalog.entries import DataSet, Presence

VARIABLE = "EOGEN_DATA"
PARTIAL = ".partial"
_CHECKOUT = Path(__file__).resolve().parents[2]


def write_root() -> Path:
    """The data folder that ``fetch`` writes to (it may not exist yet)."""
    if given := os.environ.get(VARIABLE):
        return Path(given).expanduser().absolute()
    return platformdirs.user_data_path("eogen", appauthor=False)


def data_roots() -> tuple[Path, ...]:
    """The folders where data are looked for, in order.

    ``EOGEN_DATA`` alone when it is set, so that a run can be confined to one folder; else the platform's data
    folder, then ``../shared/data`` beside the checkout (read only) when there is one.
    """
    roots = [write_root()]
    beside = _CHECKOUT.parent / "shared" / "data"
    if not os.environ.get(VARIABLE) and beside.is_dir():
        roots.append(beside)
    return tuple(roots)


def room_folder(room: str) -> Path | None:
    """The folder of real data of ``room``, or ``None`` when there is none on this machine.

    When several roots have the room, the one that holds most bytes of it wins, and the first of equals: a
    small sample fetched into the platform's folder must not hide a fuller copy beside the checkout.
    """
    having = [root / room for root in data_roots() if next(_files(root / room), None)]
    if len(having) < 2:  # the usual case, and cheap: pages ask at every run
        return having[0] if having else None
    return max(having, key=lambda folder: sum(path.stat().st_size for path in _files(folder)))


def locate(entry: DataSet) -> Presence:
    """What is here of ``entry``, in the root that has most of it (the first of equals)."""
    found = [entry.present(root) for root in data_roots()]
    return max(found, key=lambda presence: (presence.found, presence.others))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
