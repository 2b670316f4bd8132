"""``explain``: why the land-cover network says what it says, as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eogen.cli.frame import exit_code, plain, say, sentences

SUFFIXES = (".tif", ".tiff", ".jpg", ".jpeg", ".png")


@sentences
def explain(
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE...", help="GeoTIFF, JPEG or PNG; or folders of them.")
    ],
    model: Annotated[str, typer.Option("--model", help="A land-cover model.")] = "rgb_cnn",
    method: Annotated[
        str, typer.Option("--method", help="A way to explain, e.g. gradient_shap.")
    ] = "grad_cam",
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="CLASS", help="Explain this class; default: the likeliest."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write a PNG, a card and (with a CRS) a GeoTIFF."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check/--no-check", help="Measure SRG, how faithful the map is (images of one tile)."),
    ] = True,
    seed: Annotated[int, typer.Option("--seed", help="Seed of methods that draw at random.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON on stdout, and nothing else.")] = False,
) -> None:
    """Say what a network sees in Sentinel-2 images, and where it looked.

    An image larger than 64 x 64 pixels is explained tile by tile, for the class that is likeliest over all
    of it. With --out, each image gives NAME_METHOD.png (picture, and evidence over it), .json (card) and
    .tif. An image that cannot be used gets a sentence; the others go on, and the exit code is 1.

    Examples:
      python -m eogen explain River_1690.tif
      python -m eogen explain pictures/ --method gradient_shap --target River --out explained --json
    """
    import json

    from eogen.cli import explanation
    from eogen.errors import InputError
    from eogen.landcover import models

    classifier = models.load(model)
    if out:
        _make(out)
    cards, worst = [], 0
    names: set[str] = set()
    for path in _expanded(images):
        try:
            found = explanation.explain_file(path, classifier, method, target, seed=seed, check=check)
            if out:
                name = _unused(f"{path.stem}_{method}", names)
                found.card["files"] = explanation.write(found, out, name)
        except InputError as error:
            say(f"{path}: {error}")
            worst = max(worst, exit_code(error))
            continue
        cards.append(found.card)
        if not as_json:
            typer.echo(explanation.sentence(found.card))
    if as_json:
        typer.echo(json.dumps(cards, indent=1, ensure_ascii=False, default=plain))
    if worst:
        raise typer.Exit(worst)


def _expanded(paths: list[Path]) -> list[Path]:
    """The images themselves, folders replaced by the images in them."""
    found = []
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [each for each in inside if not path.is_dir() or each.suffix.lower() in SUFFIXES]
    return found


def _unused(name: str, names: set[str]) -> str:
    """``name``, numbered when an image of another folder has the same."""
    candidate, number = name, 1
    while candidate in names:
        number += 1
        candidate = f"{name}-{number}"
    names.add(candidate)
    return candidate


def _make(folder: Path) -> None:
    from eogen.errors import InputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sentence = "Nothing can be written in {folder} ({reason})."
        raise InputError("out_folder", sentence, folder=str(folder), reason=error.strerror) from error
