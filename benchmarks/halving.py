"""Store networks in float16 where nothing that is measured moves: ``python -m benchmarks.halving [--write]``.

Each network is asked twice, with its weights as trained and as rounded by :func:`eogen.nn.weights.halve`, with the same
seeds. What stays within the limits is replaced where it lies (with ``--write``); what does not stays in float32.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
import xarray as xr

from eogen.canopy import models as canopy
from eogen.canopy.priors import prior
from eogen.canopy.simulate import simulate
from eogen.canopy.space import column
from eogen.change import methods as estimators
from eogen.change import models as change
from eogen.change.scores import average_precision, curve, sample
from eogen.change.simulate import HAPPENINGS
from eogen.change.simulate import simulate as pair
from eogen.landcover import arrays, scores, train_rgb
from eogen.landcover import models as landcover
from eogen.landcover.bands import RGB
from eogen.landcover.simulate import LABELS, patch
from eogen.landcover.train import folder
from eogen.nn import weights
from eogen.ocean import methods
from eogen.ocean import models as ocean
from eogen.ocean.simulate import ocean as sea

#: Nats that a family's mean negative log density may move by (figures show two decimals), less for the families whose
#: figures the project quotes most; log10 of chlorophyll that the error of a filled field may.
NATS, QUOTED, RMSE = 0.005, {"flow": 0.001, "field": 0.001}, 0.0005
#: What the average precision of a map of change may move by, and any pixel of it in standard deviations of the map.
PRECISION, PIXEL = 0.0005, 0.05
#: What a class's probability may move by; the answer itself may not change on any real image.
PROBABILITY = 0.001
#: Spectra whose truth is asked for its density; how many of them for marginals, and by how many draws of each.
SPECTRA, FEW, DRAWS = 2000, 100, 200
#: Of the simulated sea: its gaps are those of 8-day composites. Not every sea tells: on some (seeds 5 and 6) the hybrid
#: does not trust its network at all, on this one by 0.43.
SEA, FRAMES, SIDE, TARGETS, MEMBERS = 7, 8, 64, (2, 5), 4
#: Of the simulated pairs, one of each happening: the networks learned from seeds below 24.
PAIRS, ACROSS = 100, 128
#: Simulated patches of each class; where the real ones are looked for (without them no classifier is converted).
PATCHES = 5
DATA = Path(os.environ.get("EOGEN_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
#: Quantities whose marginals are compared, in standard deviations of the marginal.
TOLD = ("lai", "cab", "ccc")


def of_canopy(name: str, path: Path) -> tuple[dict[str, float], bool]:
    """Return how far a family's densities and marginals of simulations move, and whether that is within the limit."""
    row = canopy.MODELS[name]
    made = simulate(prior(row.prior), SPECTRA, torch.Generator().manual_seed(20_000), row.noise)
    with torch.inference_mode():
        networks = [canopy.load(name, where)[0] for where in (None, path)]
        first, second = (-network(made.observation).log_prob(made.theta).double() for network in networks)
        few = made.observation[slice(FEW)]
        drawn = [network(few).sample(DRAWS, torch.Generator().manual_seed(0)) for network in networks]
        moved = {
            "nll": float(first.mean()),
            "mean difference": float((second - first).mean()),
            "rms difference": float((second - first).square().mean().sqrt()),
        }
        for told in TOLD:
            one, other = (column(draws, told) for draws in drawn)
            moved[f"{told}: mean, rms in sd"] = _rms((other.mean(0) - one.mean(0)) / one.std(0))
            moved[f"{told}: sd, rms ratio - 1"] = _rms(other.std(0) / one.std(0) - 1)
    return moved, abs(moved["mean difference"]) < QUOTED.get(name, NATS)


def of_ocean(name: str, path: Path) -> tuple[dict[str, float], bool]:
    """Return how far the filled cells and their spread move, and whether the error's change is within the limit."""
    made = sea(SEA, FRAMES, (SIDE, SIDE), gaps="composite")
    row = next(row for row in methods.METHODS.values() if row.model == name)
    given = made.drivers if row.drivers else None
    truth = made.truth.isel(time=list(TARGETS)).values

    def ask() -> xr.Dataset:
        return methods.fill(made.observed, row.name, TARGETS, members=MEMBERS, seed=1, drivers=given)

    first = ask()
    with _looking_in(ocean, path.parent):
        second = ask()
    cells = first.filled.values & np.isfinite(truth)
    far = (second["mean"].values - first["mean"].values)[cells]
    sd = first["sd"].values[cells]
    errors = [float(np.sqrt(np.mean((f["mean"].values - truth)[cells] ** 2))) for f in (first, second)]
    moved = {
        "rmse": errors[0],
        "difference": errors[1] - errors[0],
        "field: rms in sd": _rms(torch.from_numpy(far / sd)),
        "field: largest in sd": float(np.abs(far / sd).max()),
        "sd: rms ratio - 1": _rms(torch.from_numpy(second["sd"].values[cells] / sd - 1)),
        "sd: largest ratio - 1": float(np.abs(second["sd"].values[cells] / sd - 1).max()),
    }
    return moved, abs(moved["difference"]) < RMSE


def of_change(name: str, path: Path) -> tuple[dict[str, float], bool]:
    """Return how far each quick estimator's maps of planted changes and their precision move, and whether too far."""
    made = [pair(kind, PAIRS + k, ACROSS) for k, kind in enumerate(HAPPENINGS)]
    moved = {}
    for row in estimators.METHODS.values():
        if row.model != name or row.slow:
            continue
        first = [estimators.score(images, row.name).nll.values for images in made]
        with _looking_in(change, path.parent):
            second = [estimators.score(images, row.name).nll.values for images in made]
        away, precise = [], []
        for images, one, other in zip(made, first, second, strict=True):
            away.append(float(np.nanmax(np.abs(other - one)) / np.nanstd(one)))
            at = np.isfinite(one)
            precise.append(
                [average_precision(curve(sample(m[at], images.label.values[at]))) for m in (one, other)]
            )
        ap = np.array(precise)
        moved[f"{row.name}: ap"] = float(ap[:, 0].mean())
        moved[f"{row.name}: ap, largest difference"] = float(np.abs(ap[:, 1] - ap[:, 0]).max())
        moved[f"{row.name}: map, largest in sd"] = max(away)
    within = all(
        value < (PRECISION if key.endswith("difference") else PIXEL)
        for key, value in moved.items()
        if "largest" in key
    )
    return moved, within


def of_landcover(name: str, path: Path) -> tuple[dict[str, float], bool]:
    """Return how far logits and probabilities move, and whether no real image is called otherwise than before."""
    networks = [landcover.load(name, where) for where in (None, path)]
    made = [patch(label, seed).reflectance for label in LABELS for seed in range(PATCHES)]
    logits = {"simulated": [network.predict(made).logit.values for network in networks]}
    grey = networks[0].bands == RGB
    real = (arrays.rgb if grey else arrays.multispectral)(folder(DATA))
    if len(real):
        logits["real"] = []
        for network in networks:
            with network.exclusive() as module, torch.no_grad():
                if grey:
                    found = train_rgb.logits(module, real)
                else:
                    found = torch.cat([module(x) for x in torch.from_numpy(real.pixels).split(8)])
                logits["real"].append(found.double().numpy())
    moved: dict[str, float] = {"real images": len(real)}
    for of, (one, other) in logits.items():
        first, second = (scores.probabilities(values, networks[0].temperature) for values in (one, other))
        moved |= {
            f"{of}: logit, rms difference": _rms(torch.from_numpy(other - one)),
            f"{of}: logit, largest difference": float(np.abs(other - one).max()),
            f"{of}: probability, largest difference": float(np.abs(second - first).max()),
            f"{of}: other answers": int((one.argmax(1) != other.argmax(1)).sum()),
        }
    within = bool(len(real)) and moved["real: other answers"] == 0
    return moved, within and all(v < PROBABILITY for k, v in moved.items() if "probability" in k)


#: Where each room's networks are, and what compares one of them with its rounded copy.
ROOMS = {
    "canopy": (canopy, of_canopy),
    "ocean": (ocean, of_ocean),
    "change": (change, of_change),
    "landcover": (landcover, of_landcover),
}


def main(words: list[str] | None = None) -> int:
    """Measure the networks asked for, all of the rooms by default, and store those that may be in float16."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.halving", description=__doc__)
    parser.add_argument("models", nargs="*", metavar="ROOM/MODEL")
    parser.add_argument("--write", action="store_true", help="replace the files that may be")
    asked = parser.parse_args(words)
    kept = [f"canopy/{name}" for name, row in canopy.MODELS.items() if row.stored == weights.FULL]
    every = [f"{room}/{name}" for room, (rows, _) in ROOMS.items() for name in rows.MODELS]
    for item in asked.models or [one for one in every if one not in kept]:
        room, name = item.split("/")
        rows, compare = ROOMS[room]
        path = rows.FOLDER / f"{name}.safetensors"
        with tempfile.TemporaryDirectory(prefix="eogen-half-") as folder:
            copy = Path(folder) / path.name
            for file in (path, weights.card_path(path)):
                shutil.copy(file, folder)
            was = weights.read_card(path).sha256
            if weights.halve(_build(room, name), copy).sha256 == was:
                print(f"{item}: in float16 already", flush=True)
                continue
            moved, within = compare(name, copy)
            sizes = f"{path.stat().st_size:,} -> {copy.stat().st_size:,} bytes"
            told = ", ".join(f"{key} {value:.3g}" for key, value in moved.items())
            print(f"{item}: {sizes}; {told}; {'within' if within else 'beyond'} the limit", flush=True)
            if within and asked.write:
                weights.halve(_build(room, name), path)
    return 0


def _build(room: str, name: str) -> torch.nn.Module:
    rows = ROOMS[room][0]
    return rows.build(name) if hasattr(rows, "build") else rows.MODELS[name].build()


def _rms(values: torch.Tensor) -> float:
    return float(values.double().square().mean().sqrt())


@contextmanager
def _looking_in(room: ModuleType, folder: Path) -> Iterator[None]:
    """Have a room take its networks from another folder."""
    usual = room.FOLDER
    room.FOLDER = folder
    room.load.cache_clear()
    try:
        yield
    finally:
        room.FOLDER = usual
        room.load.cache_clear()


if __name__ == "__main__":
    sys.exit(main())
