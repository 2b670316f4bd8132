"""What of this room can be judged: places where an estimator saw a change, and places where it saw none.

Judging alarms alone tells how many are false, never how many changes were missed: for each pair, quiet places are
drawn too, with the outline of one of its objects laid over ground without an alarm, so that the outline says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import rioxarray  # noqa: F401 - registers .rio
import xarray as xr
from pyproj import Transformer
from scipy.ndimage import binary_dilation, find_objects

from eogen import raster
from eogen.change import display, objects, sights
from eogen.change.discovery import chance
from eogen.change.sights import Sight
from eogen.errors import InputError
from eogen.progress import Progress
from eogen.verdicts import pictures
from eogen.verdicts.kinds import Case, Kind, Option, Panel

#: Pairs of a large set that are taken, spread over it; objects and quiet places of each pair at most.
SCENES, OBJECTS, QUIET = 24, 60, 20
#: Expected share of unchanged pixels above the limit: liberal, so that doubtful objects are there. The choice "every
#: pair". Seeds of the simulated ones.
LIMITS, ALL = ("0.02", "0.05", "0.01", "0.005", "0.1"), "all"
SEEDS = ("3", *(str(seed) for seed in range(100) if seed != 3))
#: Smallest object, pixels; sides of a crop, least and most; largest outline (pixels a side) that a quiet place borrows.
LEAST, CROP, BORROWED = 6, (40, 160), 40
#: Names of sizes and where they end, pixels.
SIZES = (("small", 20), ("middle", 100), ("large", np.inf))
#: Share of an object's known pixels from which the label says changed, and up to which it says unchanged.
TRUE, FALSE = 0.3, 0.02


def sources() -> list[str]:
    """Return what can be chosen: the real sets on this machine, and the simulated pairs, which come first."""
    return [sights.SIMULATED, *sights.folders()]


def scenes() -> list[str]:
    """Return "every pair", and the names of the pairs of all sources."""
    names = [name for source in sources() for name in sights.scenes(source)]
    return list(dict.fromkeys([ALL, *names]))


def propose(options: Mapping[str, Any], progress: Progress) -> list[Case]:
    """Return the objects above the limit and quiet places of the chosen pairs.

    Raises:
        InputError: ``judged_scene``; ``judged_no_case``; those of readers and estimators.
        Unavailable: ``judged_source``.
    """
    source = options["change_source"]
    asked = _asked(source, list(options["change_scenes"]))
    seeds = [int(s) for s in options["change_seeds"]] if source == sights.SIMULATED else [0]
    found: list[Case] = []
    for number, (scene, seed) in enumerate((scene, seed) for seed in seeds for scene in asked):
        progress(number, len(asked) * len(seeds), "candidates")
        seen = sights.sight(source, scene, seed)
        found += _cases(seen, options["change_estimator"], float(options["change_limit"]))
    if not found:
        raise InputError(
            "judged_no_case", "Nothing was found to judge in {source} with these choices; choose a higher limit or "
            "other images.", source=source,
        )  # fmt: skip
    return found


def draw(case: Case) -> tuple[Panel, ...]:
    """Return the place before, after with the outline, and as the estimator sees it.

    Raises:
        InputError: ``judged_other_images`` when the images are no longer those of the case; those of readers.
    """
    facts = case.facts
    seen = sights.sight(facts["source"], facts["scene"], facts["seed"])
    if seen.content != facts["content"]:
        raise InputError(
            "judged_other_images", "The images {scene} of {source} have changed since this case was made; make a new "
            "campaign.", scene=seen.scene, source=seen.source,
        )  # fmt: skip
    names = sights.alarming(seen, case.method, facts["limit"], LEAST)
    outline = _outline(names, facts["like"])
    top, left = facts["top"], facts["left"]
    mask = np.zeros(names.shape, int)
    mask[top : top + outline.shape[0], left : left + outline.shape[1]] = outline
    cut = _crop(mask.shape, top, left, outline.shape)
    heat, scale = sights.surprising(seen, case.method)
    before, after = (sights.shown(seen, which)[cut] for which in (0, 1))
    legend = pictures.legend(scale, "change_surprise")
    return (
        Panel("change_before", pictures.png(before)),
        Panel("change_after", _rimmed(after, mask[cut])),
        Panel("change_surprise", _rimmed(heat[cut], mask[cut]), legend),
    )


def _asked(source: str, names: list[str]) -> list[str]:
    """Return the chosen pairs of a source; of all of a large set, some spread over it."""
    known = sights.scenes(source)
    if ALL not in names:
        return names
    return [known[k] for k in np.unique(np.linspace(0, len(known) - 1, min(SCENES, len(known))).astype(int))]


def _cases(seen: Sight, asked: str, limit: float) -> Iterator[Case]:
    made = sights.judged(seen, asked)
    rng = np.random.default_rng((seen.seed, int(seen.content, 16) % 2**32))
    names = sights.alarming(seen, str(made.attrs["estimator"]), limit, LEAST)
    table = objects.objects(made, limit, LEAST, pixel=_pixel(seen))
    boxes = find_objects(names)
    told = chance(made.p_value.values)
    kept = np.sort(rng.permutation(len(table))[:OBJECTS])
    for place in kept:
        row, box = table.iloc[place], boxes[place]
        share = len(table) / len(kept)
        mask = names[box] == place + 1
        yield _case(seen, made, limit, told, int(place + 1), (box[0].start, box[1].start), mask, share, row)
    quiet = _quiet(made.p_value.values, names, rng)
    for like, corner, mask in quiet:
        share = (names == 0).sum() / mask.sum() / len(quiet)
        yield _case(seen, made, limit, told, like, corner, mask, float(share), None)


def _case(
    seen: Sight, made: xr.Dataset, limit: float, told: np.ndarray, like: int, corner: tuple[int, int],
    mask: np.ndarray, stands_for: float, row: pd.Series | None,
) -> Case:  # fmt: skip
    """Return one case; ``row`` is that of an object, None for a quiet place."""
    rows, columns = np.nonzero(mask)
    rows, columns = rows + corner[0], columns + corner[1]
    surprise = display.surprise(made.p_value.values[rows, columns])
    middle = (float(rows.mean()), float(columns.mean()))
    estimator, about = str(made.attrs["estimator"]), seen.images.attrs
    size = next(name for name, end in SIZES if len(rows) < end)
    thing = f"{rows[0]}-{columns[0]}"
    scene = seen.scene if seen.source != sights.SIMULATED else f"{seen.scene}-{seen.seed}"
    facts: dict[str, Any] = {
        "source": seen.source, "scene": seen.scene, "seed": seen.seed, "content": seen.content, "limit": limit,
        "like": like, "top": corner[0], "left": corner[1], "row": round(middle[0], 1), "column": round(middle[1], 1),
        "pixels": len(rows), "area_m2": _area(seen, len(rows), row), "mean_surprise": round(float(surprise.mean()), 3),
        "peak_surprise": round(float(surprise.max()), 3), "stands_for": round(stands_for, 3), "dates": _dates(seen),
        "calibration": str(made.attrs["calibration"]), **_place(seen.images, *middle),
    }  # fmt: skip
    return Case(
        item=f"{seen.source}/{scene}/{thing}", dataset=str(about.get("dataset", "")), scene=scene, thing=thing,
        facts={k: v for k, v in facts.items() if v is not None}, method=estimator, weights=sights.weights(estimator),
        stratum=f"{seen.source} · {'quiet' if row is None else size}",
        score=round(float(np.median(told[rows, columns])), 4), truth=_truth(seen.images, rows, columns),
        origin=str(about.get("kind", "real")), source=str(about.get("dataset", seen.source)),
        licence=str(about.get("licence", "")),
    )  # fmt: skip


def _outline(names: np.ndarray, like: int) -> np.ndarray:
    """Return (y, x) bool: the shape of an object, in its own box; a disc where there is none (``like`` 0)."""
    if not like:
        away = np.arange(-4, 5)
        return away[:, None] ** 2 + away**2 <= 18
    return names[find_objects(names)[like - 1]] == like


def _quiet(
    p: np.ndarray, names: np.ndarray, rng: np.random.Generator
) -> list[tuple[int, tuple[int, int], np.ndarray]]:
    """Return quiet places: which object's shape (0: a disc), upper left corner, and the shape."""
    rows, columns = p.shape
    free = np.isfinite(p) & ~binary_dilation(names > 0, iterations=2)
    shapes = [
        (k, names[box] == k)
        for k, box in enumerate(find_objects(names), 1)
        if max(s.stop - s.start for s in box) <= min(BORROWED, rows // 2, columns // 2)
    ] or [(0, _outline(names, 0))]
    found, used = [], np.zeros_like(free)
    for _ in range(20 * QUIET):
        like, mask = shapes[rng.integers(len(shapes))]
        top, left = rng.integers(0, rows - mask.shape[0] + 1), rng.integers(0, columns - mask.shape[1] + 1)
        box = (slice(top, top + mask.shape[0]), slice(left, left + mask.shape[1]))
        if free[box][mask].all() and not used[box].any():
            used[box] = True
            found.append((like, (int(top), int(left)), mask))
            if len(found) == QUIET:
                break
    return found


def _crop(shape: tuple[int, ...], top: int, left: int, size: tuple[int, ...]) -> tuple[slice, slice]:
    """Return rows and columns of a square around a box, three times as wide, all of it inside where it fits."""
    side = min(max(3 * max(size), CROP[0]), max(CROP[1], max(size) + 8), *shape)
    starts = (
        min(max(at + n // 2 - side // 2, 0), whole - side)
        for at, n, whole in zip((top, left), size, shape, strict=True)
    )
    rows, columns = starts
    return slice(rows, rows + side), slice(columns, columns + side)


def _rimmed(pixels: np.ndarray, rim: np.ndarray) -> bytes:
    """Return a picture with the outline drawn around the object, in its own finer pixels."""
    step = -(-max(rim.shape) // pictures.SIDE)
    pixels, rim = pixels[::step, ::step], rim[::step, ::step]
    times = pictures.enlarged(rim.shape)
    return pictures.png(display.outlined(display.up(pixels, times), rim, times, {1: display.CHOSEN}))


def _truth(images: xr.DataArray, rows: np.ndarray, columns: np.ndarray) -> str:
    """Return what the label says; "" where it is torn, or silent: one of buildings alone cannot say "no change"."""
    if "label" not in images.coords:
        return ""
    label = images.label.values[rows, columns]
    if (label < 0).mean() > 0.5:
        return ""
    share = (label[label >= 0] == 1).mean()
    if share >= TRUE:
        return "change"
    everything = images.attrs.get("changed", "anything") == "anything"
    return "no_change" if share <= FALSE and everything else ""


def _place(images: xr.DataArray, row: float, column: float) -> dict[str, float]:
    if (crs := images.rio.crs) is None:
        return {}
    x, y = images.rio.transform() @ (column + 0.5, row + 0.5)
    lon, lat = Transformer.from_crs(crs, raster.WGS84, always_xy=True).transform(x, y)
    return {"lon": round(float(lon), 6), "lat": round(float(lat), 6)}


def _dates(seen: Sight) -> list[str] | None:
    time = seen.images.time
    return [str(day)[:10] for day in time.values] if time.dtype.kind == "M" else None


def _pixel(seen: Sight) -> float | None:
    told = seen.images.attrs.get("pixel")
    return None if told is None or seen.images.rio.crs is not None else float(told)


def _area(seen: Sight, pixels: int, row: pd.Series | None) -> float | None:
    if row is not None:
        return round(float(row["area_m2"]), 1) if np.isfinite(row["area_m2"]) else None
    if (side := _pixel(seen)) is not None:
        return round(pixels * side**2, 1)
    return None


KINDS = (
    Kind(
        "changes", "change", ("change", "no_change"), propose, draw,
        (
            Option("change_source", sources),
            Option("change_scenes", scenes, several=True),
            Option("change_estimator", lambda: [sights.BEST, *sights.offered()]),
            Option("change_limit", lambda: LIMITS),
            Option("change_seeds", lambda: SEEDS, several=True),
        ),
    ),
)  # fmt: skip
