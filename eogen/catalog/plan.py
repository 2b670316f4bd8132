"""Which files a fetch has to see to, and where each comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from eogen.catalog.download import right
from eogen.catalog.entries import SCHEMES, DataSet, RemoteFile, catalog, entry
from eogen.catalog.paths import data_roots, write_root
from eogen.errors import InputError, Unavailable


@dataclass(frozen=True)
class Wanted:
    """One file that a fetch has to see to."""

    entry: DataSet
    file: RemoteFile

    @property
    def key(self) -> str:
        """Its path under a data folder."""
        return f"{self.entry.room}/{self.file.path}"


def select(names: Iterable[str] = (), *, room: str | None = None, sample: bool = False) -> tuple[Wanted, ...]:
    """List the files of the data sets called ``names``, of ``room``, or of the small sample.

    Raises:
        InputError: ``unknown_dataset``, ``unknown_room``, ``nothing_asked``.
        Unavailable: ``login_needed``, ``by_hand`` for a set that is only brought by hand.
    """
    entries = [_fetched(entry(name)) for name in names]
    if room is not None:
        of_room = [each for each in catalog().values() if each.room == room]
        if not of_room:
            raise InputError(
                "unknown_room",
                "There is no data set for a room called {room}; there are rooms: {known}.",
                room=room,
                known=", ".join(sorted({each.room for each in catalog().values()})),
            )
        # An archive of a whole release is only brought when it is asked for by its name.
        entries += [each for each in of_room if each.kind == "files"]
    wanted = [Wanted(each, file) for each in entries for file in each.files]
    if sample:
        wanted += [Wanted(each, file) for each in catalog().values() for file in each.files if file.sample]
    if not wanted:
        raise InputError(
            "nothing_asked", "Name a data set, a room or the sample; `data` lists what there is."
        )
    return tuple(dict.fromkeys(wanted))


def _fetched(entry: DataSet) -> DataSet:
    """Return ``entry``, unless it is only brought by hand."""
    if entry.kind != "manual":
        return entry
    folder = str(write_root() / entry.room)
    if entry.login:
        raise _login_needed(entry, folder)
    raise Unavailable(
        "by_hand",
        "{name} is brought by hand: get what you need of it at {homepage}, and put it in {folder} under a name like "
        "{pattern}.",
        name=entry.name,
        homepage=entry.homepage,
        folder=folder,
        pattern=entry.patterns[0],
    )


def is_here(each: Wanted, root: Path) -> bool:
    """Whether the file of ``each`` is under ``root``, whole and right (reads it)."""
    folder = root / each.entry.room
    return each.file.here(folder) if each.file.unpack else right(folder / each.file.path, each.file)


def complete_elsewhere(wanted: tuple[Wanted, ...], root: Path) -> set[str]:
    """The names of the entries whose wanted files all lie in one other data folder of this machine."""
    roots = data_roots()
    others = [other for other in roots if other != root] if root in roots else []
    return {
        each.entry.name
        for each in wanted
        for other in others
        if all(peer.file.here(other / peer.entry.room) for peer in wanted if peer.entry is each.entry)
    }


def base_of(source: str) -> str:
    """Turn a folder or an address into the address that paths are added to, ending in ``/``.

    Raises:
        InputError: ``no_such_source``.
    """
    if urlsplit(source).scheme in SCHEMES and "://" in source:
        return source.rstrip("/") + "/"
    if not (folder := Path(source).expanduser()).is_dir():
        sentence = "{source} is neither a folder nor an address starting with http, https or file."
        raise InputError("no_such_source", sentence, source=source)
    return folder.absolute().as_uri() + "/"


def address(each: Wanted, base: str | None, root: Path) -> str | None:
    """Where the file of ``each`` comes from; ``None`` when it has no public address.

    Args:
        each: the file.
        base: where copies are taken from, instead of the addresses of the catalogue.
        root: data folder, for the sentence.

    Raises:
        Unavailable: ``login_needed``.
    """
    if base:
        return base + quote(each.key)
    if each.entry.login:
        raise _login_needed(each.entry, str(root / each.entry.room))
    return each.file.url


def _login_needed(entry: DataSet, folder: str) -> Unavailable:
    return Unavailable(
        "login_needed",
        "{name} needs an account: make one at {login}, download it, and put it in {folder}.",
        name=entry.name,
        login=entry.login,
        folder=folder,
    )
