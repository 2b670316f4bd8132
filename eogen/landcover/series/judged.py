"""Cases of parcels through the year: is the class that a model says what the colours and the greenness show?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from eogen import catalog
from eogen.errors import InputError
from eogen.landcover.series import kept, sets, territory, tints
from eogen.landcover.series.season import ndvi
from eogen.landcover.series.unseen import labels
from eogen.progress import Progress
from eogen.verdicts.kinds import Case, Panel
from eogen.verdicts.plots import FAINT, INK, figure, figure_png, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Simulated parcels offered, of a seed that no model learnt from; and real ones of a class, at most.
SIMULATED, EACH = 240, 60
#: Where the axes lie in the picture, in parts of its sides.
MARGINS = {"left": 0.115, "right": 0.985, "top": 0.985, "bottom": 0.085}
#: Height of a picture, pixels, and the colour of the curve of greenness.
HEIGHT, GREEN = 340, "#2f7d3b"


def parcel_sets() -> list[str]:
    """Return the sets of parcels on this machine; the simulated territory always is."""
    return ["territory", *(["france"] if _france() else [])]


def model_names() -> list[str]:
    """Return the models with committed weights for any of the sets."""
    known = {name: None for source in parcel_sets() for name in kept.offered(source)}
    return list(known)


def seasons(options: Mapping[str, Any], progress: Progress) -> list[Case]:
    """Return one case for each parcel: the class that a model says which did not learn from it, and how sure it is.

    Raises:
        Unavailable: ``no_weights``.
    """
    source, name = options["landcover_parcels"], options["landcover_season_model"]
    held, known = parcels(source), kept.load(source, name)
    series = held["reflectance"].values
    progress(0, 1, "predict")
    probability, _ = known.predict_unseen(series)
    classes = tuple(known.whole.classes)
    true = labels(held, classes)
    simulated = source == "territory"
    prints = kept.fingerprints(series)
    found = []
    for row in _some(true):
        best = int(probability[row].argmax())
        chance = float(probability[row, best])
        facts: dict[str, Any] = {
            "parcels": source, "row": int(row), "print": _written(prints[row]), "said": classes[best],
            "chance": round(chance, 4),
        }  # fmt: skip
        if not simulated:
            facts |= {
                axis: round(float(held[axis].values[row]), 5) for axis in ("lon", "lat") if axis in held
            }
        found.append(
            Case(
                item=f"{source}/{facts['print']}/{name}",
                dataset=source,
                scene=str(facts["print"]),
                facts=facts,
                method=name,
                weights=known.card.sha256 if known.card else "",
                stratum=classes[best],
                score=chance,
                truth="" if true[row] < 0 else "right" if best == true[row] else "wrong",
                origin="simulated" if simulated else "real",
                source="eogen.landcover.series.territory" if simulated else "WorldCereal",
                licence=str(held.attrs.get("licence", "")),
            )
        )
    return list({case.item: case for case in found}.values())


def draw(case: Case) -> tuple[Panel, ...]:
    """Return the year: colours of twelve months, the same with plants in red, and the greenness (NDVI, 0 to 1).

    Raises:
        InputError: ``landcover_parcel_gone`` when the parcels on this machine are not those of the case any more.
    """
    facts = case.facts
    held = parcels(str(facts["parcels"]))
    row = int(facts["row"])
    values = held["reflectance"].values
    if row >= len(values) or _written(kept.fingerprints(values[row : row + 1])[0]) != facts["print"]:
        raise _gone(row, str(facts["parcels"]))
    bands = [str(b) for b in held["band"].values]
    months = held["time"].values.astype("datetime64[M]").astype(int) % 12 + 1
    return (Panel(f"landcover_year_{facts['said']}", year(values[row], bands, months)),)


def year(series: np.ndarray, bands: list[str], months: np.ndarray) -> bytes:
    """Return the picture (PNG) of a year.

    Args:
        series: (month, band), NaN where nothing was seen.
        bands: names.
        months: (month,) calendar months, 1 to 12.
    """
    made = figure(HEIGHT)
    true, false, curve = made.subplots(
        3, 1, sharex=True, height_ratios=(1, 1, 2.4), gridspec_kw=MARGINS | {"hspace": 0.06}
    )
    _tiles(true, tints.colours(series, bands), "B04 B03 B02")
    _tiles(false, tints.colours(series, bands, tints.FALSE), "B08 B04 B03")
    plain(curve)
    index = ndvi(series, bands)
    at = np.arange(len(index))
    seen = np.isfinite(index)
    curve.plot(at[seen], index[seen], color=GREEN, linewidth=1.8, marker="o", markersize=4)
    curve.set(ylim=(-0.6, 1.0), yticks=(-0.5, 0, 0.5, 1), xticks=at, xlim=(-0.5, len(at) - 0.5))
    curve.text(
        -0.4, -0.42, "NDVI", fontsize=8, color=INK
    )  # inside: the margin has no room beside the figures
    curve.set_xticklabels([str(m) for m in months])
    curve.grid(axis="y", color=FAINT, linewidth=0.5)
    return figure_png(made)


def _tiles(axes: Axes, colours: list[tints.Colour | None], name: str) -> None:
    """Draw a row of months; what clouds hid is hatched."""
    for k, colour in enumerate(colours):
        face = "#ffffff" if colour is None else tints.css(colour)
        axes.bar(
            k, 1, 0.94, color=face, edgecolor=FAINT, linewidth=0.5, hatch="////" if colour is None else None
        )
    axes.set(ylim=(0, 1), yticks=(), ylabel=name.replace(" ", "\n"))
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False, labelbottom=False)
    axes.yaxis.label.set(fontsize=6.5, color=INK, rotation=0, ha="right", va="center")


def parcels(source: str) -> xr.Dataset:
    """Return monthly parcels of a set as its models read them (:func:`eogen.landcover.series.kept.prepared`)."""
    if source == "territory":
        return _territory()
    folder, chosen = _france() or (Path(), None)
    if chosen is None:
        raise _gone(0, source)
    return _prepared(folder, chosen, folder.stat().st_mtime_ns)


def _written(fingerprint: int) -> str:
    """Return a fingerprint, a signed number of 64 bits, as sixteen characters."""
    return f"{int(fingerprint) % 2**64:016x}"


def _gone(row: int, source: str) -> InputError:
    return InputError(
        "landcover_parcel_gone",
        "Parcel {row} of {source} on this machine is not the one this case was made from.",
        row=row, source=source,
    )  # fmt: skip


def _france() -> tuple[Path, sets.SeriesSet] | None:
    folder = catalog.room_folder("landcover")
    best = _largest(folder, folder.stat().st_mtime_ns) if folder else None
    return (folder, best) if folder and best else None


@lru_cache(maxsize=2)
def _largest(folder: Path, stamp: int) -> sets.SeriesSet | None:
    return sets.best_labelled(folder)


@lru_cache(maxsize=2)
def _prepared(folder: Path, chosen: sets.SeriesSet, stamp: int) -> xr.Dataset:
    return kept.prepared(sets.open(chosen))


@lru_cache(maxsize=1)
def _territory() -> xr.Dataset:
    return kept.prepared(territory.parcels(kept.TEST_SEEDS[0], SIMULATED))


def _some(label: np.ndarray) -> np.ndarray:
    """Return rows, ascending: some of every class, those of unknown class among them as one class."""
    rows = []
    for k in np.unique(label):
        mine = np.flatnonzero(label == k)
        rows.append(mine[np.unique(np.linspace(0, len(mine) - 1, min(EACH, len(mine))).round().astype(int))])
    return np.sort(np.concatenate(rows)) if rows else np.zeros(0, int)
