"""What a visitor gives: two files and perhaps a label, by name and bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import xarray as xr

from eogen.change.read_image import printable
from eogen.change.read_pair import read_pair
from eogen.change.read_series import read_series
from eogen.errors import InputError

#: Name and bytes of a file.
File = tuple[str, bytes]


def upload(files: Sequence[File], label: File | None = None, *, sensor: str | None = None) -> xr.DataArray:
    """Return the stack in files that nobody has vouched for: a pair of two, a series of more.

    Args:
        files: two, in the order before, after; or three and more whose names hold their dates, in any order.
        label: where something changed between two dates.
        sensor: as of :func:`eogen.change.read_pair.read_pair`.

    Returns:
        A stack; attributes ``origin`` "upload" and ``sha256`` (of the bytes of all files in their order, 64 digits).

    Raises:
        InputError: ``change_files``; those of ``read_pair`` and ``read_series``.
    """
    if len(files) < 2 or (label is not None and len(files) > 2):
        raise InputError(
            "change_files",
            "{count} image(s) and {labels} label(s) were given; two images (before, after) with or without a label, or "
            "three and more dated images without one, were expected.",
            count=len(files), labels=int(label is not None),
        )  # fmt: skip
    seal = hashlib.sha256()
    for _, content in (*files, *([label] if label else [])):
        seal.update(hashlib.sha256(content).digest())
    names = [printable(name) for name, _ in files]
    about = {"origin": "upload", "sha256": seal.hexdigest(), "title": ", ".join(names[:2])}
    if len(files) > 2:
        if len(set(names)) < len(names):
            names = [f"{k} {name}" for k, name in enumerate(names, 1)]
        contents = (content for _, content in files)
        return read_series(dict(zip(names, contents, strict=True)), sensor=sensor, **about)
    shown = [*names, printable(label[0])] if label else names
    return read_pair(
        files[0][1], files[1][1], label[1] if label else None, names=shown, sensor=sensor, **about
    )
