"""One explained image as a card, a picture and a GeoTIFF (heavy imports: only ``explain`` imports this)."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rioxarray  # noqa: F401 - gives .rio
import xarray as xr
from PIL import Image

from eogen import __version__, colour, raster
from eogen.cli.frame import plain
from eogen.errors import InputError
from eogen.landcover import methods, read, render

PATCH = 64
ZOOM = 4
"""Size of a pixel in the PNG."""

OPACITY = 0.75
"""Of the strongest evidence over the picture."""


@dataclass(frozen=True)
class Explained:
    """An image, the evidence over it (y, x) and its card."""

    image: xr.DataArray
    evidence: xr.DataArray
    card: dict[str, Any]


def explain_file(
    path: Path, classifier: Any, method: str, target: str | None, *, seed: int = 0, check: bool = True
) -> Explained:
    """Explain one file.

    Args:
        path: a GeoTIFF, JPEG or PNG of any size; larger than a patch, it is explained tile by tile.
        classifier: a loaded :class:`eogen.landcover.classifier.Classifier`.
        method: a key of :data:`eogen.landcover.methods.EXPLANATIONS`.
        target: class to explain; ``None`` for the likeliest over all tiles.
        seed: of methods that draw at random.
        check: measure SRG where the image is one tile.

    Raises:
        InputError: of :func:`eogen.landcover.read.read_image` and :func:`eogen.landcover.methods.explain`.
    """
    image = read.read_image(path)
    places = read.tile_grid(image, PATCH)
    tiles = [read.tile(image, row, col, PATCH) for row, col in places]
    found = classifier.predict(tiles)["probability"]
    probability = found.mean([dim for dim in found.dims if dim != "class"])
    likeliest = str(probability["class"].values[int(probability.argmax("class"))])
    answers = [methods.explain(classifier, tile, target or likeliest, method, seed=seed) for tile in tiles]
    evidence = mosaic(image, tiles, answers)
    attrs = answers[0].attrs
    card = {
        "file": str(path),
        "class": likeliest,
        "probabilities": {str(c["class"].values): round(float(c), 6) for c in probability},
        "target": attrs["target"],
        "method": method,
        "signed": bool(attrs["signed"]),
        "seconds": round(sum(float(answer.attrs["seconds"]) for answer in answers), 4),
        "tiles": len(tiles),
        "srg": None,
        "seed": seed,
        "model": classifier.name,
        "model_sha256": classifier.sha256,
        "image_sha256": image.attrs.get("sha256"),
        "version": __version__,
    }
    if check and len(tiles) == 1:
        from eogen.landcover.faithfulness import faithfulness

        measured = faithfulness(classifier, tiles[0], attrs["target"], answers[0]["evidence"], seed=seed)
        card["srg"] = {
            str(name): round(float(measured["srg"].sel(order=name)), 4) for name in measured["order"].values
        }
    return Explained(image, evidence, card)


def mosaic(image: xr.DataArray, tiles: list[xr.DataArray], answers: list[xr.Dataset]) -> xr.DataArray:
    """Lay the tiles' evidence on the grid of ``image`` (what a tile was padded with is left out)."""
    whole = image.isel(band=0, drop=True)
    values = np.full(whole.shape, np.nan, np.float32)
    for tile, answer in zip(tiles, answers, strict=True):
        top, left = tile.attrs["tile_y"], tile.attrs["tile_x"]
        part = values[top : top + PATCH, left : left + PATCH]
        part[:] = answer["evidence"].values[: part.shape[0], : part.shape[1]]
    attrs = {**answers[0].attrs, **answers[0]["evidence"].attrs}
    return xr.DataArray(values, whole.coords, whole.dims, name="evidence", attrs=attrs)


def picture(found: Explained) -> np.ndarray:
    """The image, and the image under its evidence, side by side: uint8 (y, x, 3)."""
    pixels = render.true_colour(found.image)
    signed = found.card["signed"]
    scale = colour.Scale.of(found.evidence, "PuOr" if signed else "cividis")
    fraction = np.nan_to_num(scale.fraction(found.evidence), nan=0.5 if signed else 0.0)
    colours = colour.table(scale.name)[(fraction * 255).round().astype(int)]
    strength = np.abs(2 * fraction - 1) if signed else fraction
    alpha = (OPACITY * strength)[..., None]
    over = (pixels * (1 - alpha) + colours * alpha).round().astype("uint8")
    gap = np.full((pixels.shape[0], 2, 3), 255, "uint8")
    both = np.concatenate([pixels, gap, over], axis=1)
    return both.repeat(ZOOM, 0).repeat(ZOOM, 1)


def write(found: Explained, folder: Path, name: str) -> list[str]:
    """Write PNG, GeoTIFF (where the image has a CRS) and JSON card; return their names.

    Raises:
        InputError: ``out_folder`` when they cannot be written.
    """
    stream = io.BytesIO()
    Image.fromarray(picture(found)).save(stream, "PNG")
    files = {f"{name}.png": stream.getvalue()}
    if found.image.rio.crs is not None:
        files[f"{name}.tif"] = raster.geotiff_bytes(found.evidence)
    card = found.card | {"files": [*files, f"{name}.json"]}
    text = json.dumps(card, indent=1, ensure_ascii=False, default=plain) + "\n"
    files[f"{name}.json"] = text.encode()
    try:
        for file, content in files.items():
            (folder / file).write_bytes(content)
    except OSError as error:
        sentence = "Nothing can be written in {folder} ({reason})."
        raise InputError("out_folder", sentence, folder=str(folder), reason=error.strerror) from error
    return list(files)


def sentence(card: dict[str, Any]) -> str:
    """One line for a person."""
    chance = card["probabilities"][card["class"]]
    line = f"{card['file']}: {card['class']} ({chance:.0%})"
    if card["target"] != card["class"]:
        line += f"; evidence for {card['target']} ({card['probabilities'][card['target']]:.0%})"
    line += f"; {card['method']} in {card['seconds']:.2f} s"
    if card["srg"]:
        own, *controls = card["srg"].items()
        line += f"; SRG {own[1]:+.2f} ({', '.join(f'{name} {value:+.2f}' for name, value in controls)})"
    if card["tiles"] > 1:
        line += f"; {card['tiles']} tiles"
    return line + "."
