"""The command line. What a command needs is imported inside it: ``--help`` answers at once.

Exit codes: 0 done; 1 something given cannot be used (one sentence on stderr); 2 the command was mistyped;
3 something is not on this machine or not to be reached (data, weights, network); 130 stopped by Ctrl-C.
"""

from __future__ import annotations

from typing import Annotated

import typer

from eogen import __version__
from eogen.cli import campaign, data, explain, inpaint, models, rooms, serve

EXIT_CODES = (
    "Exit codes: 0 done; 1 something given cannot be used; 2 mistyped command; 3 data, weights or network "
    "are not there; 130 stopped by Ctrl-C. Data live in EOGEN_DATA, or in the platform's data folder."
)

app = typer.Typer(
    name="python -m eogen",
    help="EOGen Explorer: see what generative models believe about the Earth.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """EOGen Explorer: see what generative models believe about the Earth."""


for command in (
    data.data,
    data.fetch,
    models.models,
    rooms.train,
    rooms.evaluate,
    explain.explain,
    inpaint.inpaint,
    serve.serve,
):
    app.command(epilog=EXIT_CODES)(command)

app.add_typer(campaign.campaign, epilog=EXIT_CODES)


def main() -> None:
    """Run the command line."""
    app(prog_name="python -m eogen")
