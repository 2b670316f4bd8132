"""``models``: the models that a user may bring, whether they are here, and how to bring them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from eogen.cli.frame import say, sentences


@sentences
def models(
    folder: Annotated[
        Path | None,
        typer.Option(
            "--models", metavar="DIR", help="Look here; default: EOGEN_MODELS, or the data folder's."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON on stdout, and nothing else.")] = False,
) -> None:
    """List the models that you may bring (TerraMind, SatDINO, your own): which are here, and how to get the others.

    None is shipped or fetched: each belongs in a folder of its own name, under EOGEN_MODELS, and has its own licence.

    Examples:
      python -m eogen models
      python -m eogen models --models /media/stick/models --json
    """
    from eogen.change.adapters.folder import BROUGHT, models_root, status

    rows = [(BROUGHT[name], status(name, folder)) for name in BROUGHT]
    if as_json:
        table = [
            {
                "name": each.name,
                "room": "change",
                "ready": found.ready,
                "reason": found.reason,
                "folder": str(found.folder),
                "files": [str(path) for path in found.files],
                "missing": list(found.missing),
                "get": found.get,
                "licence": each.licence,
                "page": each.page,
            }
            for each, found in rows
        ]
        typer.echo(json.dumps(table, indent=1, ensure_ascii=False))
        return
    for each, found in rows:
        typer.echo(f"{each.name}  {'ready' if found.ready else 'not here'}  ({each.licence})  {found.folder}")
        if found.missing:
            typer.echo(f"  missing: {', '.join(found.missing)}")
        elif found.reason:
            typer.echo(f"  missing: the Python package {found.reason}")
        if found.get:
            typer.echo(f"  to get it: {found.get}")
        typer.echo(f"  page: {each.page}")
    say(f"Models are looked for in {folder or models_root()}.")
