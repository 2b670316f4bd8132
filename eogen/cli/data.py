"""``data`` and ``fetch``: what data sets there are, and bringing them here."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from eogen.cli.frame import say, sentences, terminal_progress

Room = Annotated[str | None, typer.Option("--room", metavar="ROOM", help="Only the data sets of this room.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON on stdout, and nothing else.")]


@sentences
def data(room: Room = None, as_json: Json = False) -> None:
    """List the data sets: which are here, their size, their licence, where they lie.

    [bold]here[/] = complete, [bold]partly[/] = some files, or another part of the same release.

    Examples:
      python -m eogen data
      python -m eogen data --room landcover --json
    """
    from eogen import catalog
    from eogen.errors import InputError

    entries = [each for each in catalog.catalog().values() if room in (None, each.room)]
    if not entries:
        known = ", ".join(sorted({each.room for each in catalog.catalog().values()}))
        sentence = "There is no data set for a room called {room}; there are rooms: {known}."
        raise InputError("unknown_room", sentence, room=room, known=known)
    rows = [(each, catalog.locate(each)) for each in entries]
    if as_json:
        table = [
            {
                "name": each.name,
                "title": dict(each.title),
                "room": each.room,
                "status": presence.status,
                "files": presence.found,
                "files_expected": presence.expected,
                "files_alike": presence.others,
                "bytes": each.size,
                "sample": each.sample,
                "licence": each.licence,
                "citation": each.citation,
                "homepage": each.homepage,
                "reader": each.reader,
                "login": each.login,
                "folder": None if presence.status == "absent" else str(presence.folder),
            }
            for each, presence in rows
        ]
        typer.echo(json.dumps(table, indent=1, ensure_ascii=False))
        return
    header = ("NAME", "ROOM", "HERE?", "SIZE", "TITLE", "WHERE", "LICENCE")
    cells = [
        (
            each.name,
            each.room,
            presence.status,
            megabytes(each.size),
            each.title["en"],
            "-" if presence.status == "absent" else str(presence.folder),
            each.licence,
        )
        for each, presence in rows
    ]
    widths = [max(len(row[column]) for row in [header, *cells]) for column in range(len(header))]
    for row in [header, *cells]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    say(f"fetch writes to {catalog.write_root()}; `python -m eogen fetch --sample` brings a few MB.")


@sentences
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="Data sets; see `data`.")
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="A few MB: enough for every page to be real.")
    ] = False,
    room: Annotated[
        str | None, typer.Option("--room", metavar="ROOM", help="Every set of a room, big archives apart.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="DIR_OR_URL", help="Take files from a copy (memory stick, mirror)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring data sets: resumed if interrupted, checked, unpacked; what is here and right is left alone.

    Files come into EOGEN_DATA (default: the platform's data folder). Press Ctrl-C at any time and start
    again: it goes on where it was. A copy given with --from has the layout ROOM/..., and is checked just the
    same.

    Examples:
      python -m eogen fetch --sample
      python -m eogen fetch eurosat_rgb_full
      python -m eogen fetch --room landcover --from /media/stick/data
    """
    from eogen.catalog.fetch import fetch as bring
    from eogen.catalog.fetch import select
    from eogen.readonly import refuse_if_read_only

    refuse_if_read_only("fetch")
    wanted = select(names or (), room=room, sample=sample)
    with terminal_progress() as progress:
        done = bring(wanted, source=source, progress=progress)
    if done.no_address:
        say(f"Without a public address, only --from brings: {', '.join(done.no_address)}.")
    if as_json:
        found = {
            "root": str(done.root),
            "brought": done.brought,
            "kept": done.kept,
            "no_address": done.no_address,
            "bytes": done.bytes,
            "seconds": round(done.seconds, 3),
        }
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
    elif done.brought:
        cost = f"{megabytes(done.bytes)}, {done.seconds:.1f} s"
        typer.echo(f"Brought {len(done.brought)} files ({cost}) into {done.root}.")
    else:
        typer.echo(f"Nothing to bring: {len(done.kept)} files are here.")


def megabytes(size: int) -> str:
    """``size`` bytes, for a person."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
