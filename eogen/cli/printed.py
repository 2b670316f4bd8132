"""``poster`` and ``guide``: what is printed for a stand."""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from eogen.cli.frame import INPUT, say, sentences
from eogen.cli.serve import APP, beside


class Language(StrEnum):
    """Languages of the sheets."""

    fr = "fr"
    en = "en"


Lang = Annotated[Language, typer.Option("--lang", help="Language of the sheet.")]


@sentences
def poster(
    out: Annotated[Path, typer.Option("--out", help="PDF, SVG or PNG, by the name's ending.")] = Path(
        "poster.pdf"
    ),
    lang: Lang = Language.fr,
    url: Annotated[
        str, typer.Option("--url", help="Where phones reach the app: its QR code is printed.")
    ] = "",
) -> None:
    """Write the stand's poster, A3 upright.

    Examples:
      python -m eogen poster --lang fr --out poster.pdf --url https://lab.example/eogen
    """
    _write("poster", lang, out, url)


@sentences
def guide(
    out: Annotated[Path, typer.Option("--out", help="PDF, SVG or PNG, by the name's ending.")] = Path(
        "guide.pdf"
    ),
    lang: Lang = Language.fr,
) -> None:
    """Write the page for the person at the stand, A4: what to say, what to do, what not to claim.

    Examples:
      python -m eogen guide --lang en --out guide.pdf
    """
    _write("guide", lang, out)


def _write(what: str, lang: str, out: Path, url: str = "") -> None:
    """Have the screen wing draw the sheet: the words are its own, and this wing never imports it."""
    beside()
    command = [sys.executable, "-m", "pages.printed", what, str(lang), str(out.absolute()), url]
    done = subprocess.run(command, cwd=APP.parent, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        say(done.stderr.strip() or "The sheet could not be drawn.")
        raise typer.Exit(INPUT)
    say(f"{out} is written.")
