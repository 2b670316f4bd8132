"""What a data set is, and how the entries of ``*.toml`` beside this file become :class:`DataSet` objects.

One data set is one ``[[dataset]]`` table. Its files are written in the table (``files = [{path = …}]``) or,
when they are many, in a CSV beside it (``files = "landcover.csv"``: the rows whose ``dataset`` is its name).
A file's address is ``url``, or ``remote`` under one of the ``[sources]`` of the TOML file, each pinned to a
full commit.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

from eogen.errors import InputError

SCHEMES = ("http", "https", "file")
KINDS = ("files", "archive", "manual")
"""``manual``: nothing is listed or fetched; it is brought by hand and recognised by its patterns."""

_TEXT = ("name", "room", "licence", "citation", "homepage", "kind", "reader")
_KEYS = {*_TEXT, "title", "notes", "files", "patterns", "login"}
_FILE_KEYS = {"dataset", "path", "url", "source", "remote", "sha256", "md5", "size", "sample", "unpack"}


@dataclass(frozen=True)
class RemoteFile:
    """One file of a data set.

    Args:
        path: where it goes, relative to the room's folder, with ``/``.
        url: where it comes from, pinned to a commit or a version; ``None`` for a file that is derived here
            and has no public address (it then comes only from another copy: ``fetch --from``).
        size: bytes.
        sha256: checksum, hex. ``None`` only where the publisher gives an MD5 and nothing else.
        md5: the publisher's checksum, hex, used when ``sha256`` is ``None``.
        sample: whether it belongs to the small set of ``fetch --sample``.
        unpack: for an archive, the folder (relative to the room's) that it becomes; the archive is then
            removed.
    """

    path: str
    url: str | None
    size: int
    sha256: str | None = None
    md5: str | None = None
    sample: bool = False
    unpack: str | None = None

    @property
    def checksum(self) -> str:
        """``"sha256:…"`` or ``"md5:…"``, as pooch writes it."""
        return f"sha256:{self.sha256}" if self.sha256 else f"md5:{self.md5}"

    @property
    def target(self) -> str:
        """What stands in the room's folder once this is here: the file, or the folder it is unpacked to."""
        return self.unpack or self.path

    def here(self, folder: Path) -> bool:
        """Whether the file is in the room's ``folder`` with the right size (contents are not read)."""
        target = folder / self.target
        return target.is_dir() if self.unpack else target.is_file() and target.stat().st_size == self.size


@dataclass(frozen=True)
class Presence:
    """What of a data set lies in a folder: listed files found, those expected, others of its pattern."""

    found: int
    expected: int
    others: int
    folder: Path

    @property
    def status(self) -> str:
        """``"here"``, ``"partly"`` or ``"absent"``."""
        if self.found == self.expected:
            return "here" if self.expected or self.others else "absent"
        return "partly" if self.found or self.others else "absent"


@dataclass(frozen=True, eq=False)
class DataSet:
    """One entry of the catalogue; see DESIGN.md, "One way to add a data set".

    ``title`` and ``notes`` have the keys ``"en"`` and ``"fr"``; ``reader`` is the dotted name of the
    function that opens it; ``patterns`` are globs under the room's folder by which other copies of the same
    kind are recognised (another part of the release, other dates); ``login`` is where to make an account,
    for sets that need one.
    """

    name: str
    title: Mapping[str, str]
    room: str
    licence: str
    citation: str
    homepage: str
    kind: str
    files: tuple[RemoteFile, ...]
    reader: str
    patterns: tuple[str, ...] = ()
    login: str | None = None
    notes: Mapping[str, str] = field(default_factory=lambda: {"en": "", "fr": ""})

    @property
    def size(self) -> int:
        """Bytes to download for the whole set."""
        return sum(file.size for file in self.files)

    @property
    def sample(self) -> bool:
        """Whether some of its files belong to the small sample."""
        return any(file.sample for file in self.files)

    def present(self, root: Path) -> Presence:
        """Say what of this set lies under the data folder ``root`` (which holds one folder per room)."""
        folder = root / self.room
        found = [file.target for file in self.files if file.here(folder)]
        listed = {folder / target for target in found}
        others = {path for pattern in self.patterns for path in folder.glob(pattern)} - listed
        return Presence(len(found), len(self.files), len(others), folder)


def parse(text: str, origin: str, tables: Mapping[str, str] | None = None) -> tuple[DataSet, ...]:
    """Read the entries of one TOML text.

    Args:
        text: the TOML.
        origin: its file name, for the error sentences.
        tables: the CSV texts beside it, by file name.

    Raises:
        InputError: ``catalog_entry``, naming the file, the entry and what is wrong with it.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(origin, "-", f"this is not TOML ({error})") from error
    room, sources = raw.get("room", ""), raw.get("sources", {})
    entries = [
        _dataset({"room": room, **table}, sources, tables or {}, origin) for table in raw.get("dataset", [])
    ]
    names = [entry.name for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise _wrong(origin, name, "the name is used twice")
    return tuple(entries)


@cache
def catalog() -> Mapping[str, DataSet]:
    """Every entry shipped with the package, by name.

    Raises:
        InputError: ``catalog_entry`` when an entry is not valid.
    """
    folder = resources.files(__package__)
    texts = {item.name: item for item in folder.iterdir() if item.name.endswith((".toml", ".csv"))}
    tables = {name: item.read_text("utf-8") for name, item in texts.items() if name.endswith(".csv")}
    found: dict[str, DataSet] = {}
    for name in sorted(texts):
        if not name.endswith(".toml"):
            continue
        for entry in parse(texts[name].read_text("utf-8"), name, tables):
            if entry.name in found:
                raise _wrong(name, entry.name, "the name is used by another file of the catalogue")
            found[entry.name] = entry
    return found


def entry(name: str) -> DataSet:
    """Return the entry called ``name``.

    Raises:
        InputError: ``unknown_dataset``, with the names there are.
    """
    if name not in catalog():
        raise InputError(
            "unknown_dataset",
            "There is no data set called {name}; there are: {known}.",
            name=name,
            known=", ".join(catalog()),
        )
    return catalog()[name]


def _wrong(origin: str, name: str, problem: str) -> InputError:
    return InputError(
        "catalog_entry",
        "The entry {name} of {origin} cannot be used: {problem}.",
        name=name,
        origin=origin,
        problem=problem,
    )


def _dataset(
    table: dict[str, Any], sources: Mapping[str, str], tables: Mapping[str, str], origin: str
) -> DataSet:
    name = str(table.get("name", "-"))
    for key in _TEXT:
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise _wrong(origin, name, f"{key} is missing or empty")
    if unknown := set(table) - _KEYS:
        raise _wrong(origin, name, f"unknown keys {', '.join(sorted(unknown))}")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise _wrong(origin, name, "a name is lower-case letters, digits and _")
    if table["kind"] not in KINDS:
        raise _wrong(origin, name, f"kind is one of {', '.join(KINDS)}")
    words = {key: table.get(key, {"en": "", "fr": ""}) for key in ("title", "notes")}
    for key, word in words.items():
        if (
            not isinstance(word, dict)
            or set(word) != {"en", "fr"}
            or (key == "title" and not all(word.values()))
        ):
            raise _wrong(origin, name, f"{key} needs en and fr")
    files = tuple(
        _file(row, sources, name, origin) for row in _rows(table.get("files"), name, tables, origin)
    )
    paths = [file.path for file in files]
    if table["kind"] == "manual":
        if files or not table.get("patterns"):
            raise _wrong(origin, name, "a set that is brought by hand has patterns and no files")
    elif not files or len(set(paths)) != len(paths):
        raise _wrong(origin, name, "there is no file" if not files else "a path is listed twice")
    plain = {key: table[key] for key in _TEXT}
    patterns = tuple(_inside(pattern, name, origin) for pattern in table.get("patterns", ()))
    return DataSet(**plain, **words, files=files, patterns=patterns, login=table.get("login"))


def _rows(
    given: str | list[dict[str, Any]] | None, name: str, tables: Mapping[str, str], origin: str
) -> Iterable[dict[str, Any]]:
    if not isinstance(given, str):
        return given or ()
    if given not in tables:
        raise _wrong(origin, name, f"the table {given} is not beside it")
    return (row for row in csv.DictReader(tables[given].splitlines()) if row["dataset"] == name)


def _file(row: Mapping[str, Any], sources: Mapping[str, str], name: str, origin: str) -> RemoteFile:
    if unknown := set(row) - _FILE_KEYS:
        raise _wrong(origin, name, f"unknown keys {', '.join(sorted(map(str, unknown)))} of a file")
    path = _inside(str(row.get("path", "")), name, origin)
    sums = {key: row.get(key) or None for key in ("sha256", "md5")}
    if not any(sums.values()):
        raise _wrong(origin, name, f"{path} has no checksum")
    for key, length in (("sha256", 64), ("md5", 32)):
        if sums[key] and not re.fullmatch(rf"[0-9a-f]{{{length}}}", sums[key]):
            raise _wrong(origin, name, f"the {key} of {path} is not {length} hexadecimal digits")
    url = row.get("url") or None
    if key := row.get("source"):
        if key not in sources:
            raise _wrong(origin, name, f"{path} comes from {key}, which is not among the sources")
        url = sources[key] + quote(row["remote"], safe="/")
    if url and urlsplit(url).scheme not in SCHEMES:
        raise _wrong(origin, name, f"the address of {path} is none of {', '.join(SCHEMES)}")
    if not str(row.get("size", "")).isdigit() or int(row["size"]) <= 0:
        raise _wrong(origin, name, f"the size of {path} is not a positive number of bytes")
    unpack = _inside(row["unpack"], name, origin) if row.get("unpack") else None
    sample = row.get("sample") in (True, "yes")
    return RemoteFile(path, url, int(row["size"]), **sums, sample=sample, unpack=unpack)


def _inside(path: str, name: str, origin: str) -> str:
    parts = PurePosixPath(path)
    if (
        not path
        or parts.is_absolute()
        or ".." in parts.parts
        or "\\" in path
        or ":" in path
        or parts == PurePosixPath()
    ):
        raise _wrong(origin, name, f"the path {path!r} is not inside the room's folder")
    return path
