"""Cases of rain: are two maps of one kind, as a model's cells say; and is a map any good?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from eogen.progress import Progress
from eogen.rain.archive import archive
from eogen.rain.basis import Basis, basis
from eogen.rain.examples import TARGETS, day_of
from eogen.rain.judge import judge
from eogen.rain.methods import METHODS
from eogen.rain.past import Past, past, ready, run_of
from eogen.rain.pictures import HIGH, LOW, colours, pixels
from eogen.rain.score_model import ScoreModel
from eogen.rain.simulate import simulate
from eogen.verdicts.kinds import Case, Legend, Panel
from eogen.verdicts.pictures import png

#: What is offered first, of the methods that can be asked here.
FIRST = "desom_aware"
#: Draws offered: each takes its own days and pairs.
DRAWS = ("1", "2", "3")
#: Days from which pairs are taken (a day is simulated once for all its maps), and pairs of each answer a cell.
DAYS, PAIRS = 40, 10
#: Half-hours of a day.
SLOTS = 48
#: New days that are scored, and the half-hours between two maps of one.
NEW_DAYS, BETWEEN = 6, 4
#: Seeds of new days: far above those of past maps.
NEW_SEED = 900_000
#: Score by which a map is good.
SCORE = TARGETS.index("csi")
#: Least share of wet cells of a map that is shown.
WET = 0.01


def cluster_methods() -> list[str]:
    """Return the methods with cells that can be asked here."""
    return _offered(lambda name: METHODS[name].clusters and not METHODS[name].real_time)


def score_methods() -> list[str]:
    """Return the methods that score maps and can be asked here."""
    return _offered(lambda name: name not in ("wet_fraction", "age_only") and not METHODS[name].real_time)


def draws() -> tuple[str, ...]:
    """Return the draws that can be asked for."""
    return DRAWS


def families(options: Mapping[str, Any], progress: Progress) -> list[Case]:
    """Return pairs of past maps of different days, as many of one cell as of two, some for every cell.

    The score is the model's likeness of the two maps: the share of all pairs of past maps that lie further apart.

    Raises:
        Unavailable: ``no_weights``.
    """
    name, draw = options["rain_method"], options["rain_draw"]
    of = basis(name)
    held = past(of)
    rng = np.random.default_rng((int(draw), 21))
    usable = _usable(of, held, rng)
    apart = _distances(held, rng)
    found: dict[str, Case] = {}
    for cell in np.unique(held.cluster[usable]):
        progress(int(cell), len(np.unique(held.cluster)), "pairs")
        mine, others = usable[held.cluster[usable] == cell], usable[held.cluster[usable] != cell]
        for same, among in ((True, mine), (False, others)):
            for first, second in _pairs(mine, among, held.seed, rng):
                case = _pair(of, held, name, (first, second), same, apart)
                found.setdefault(case.item, case)
    return list(found.values())


def scores(options: Mapping[str, Any], progress: Progress) -> list[Case]:
    """Return maps of new simulated days, each with the chance that it is better than most.

    The score is the chance that the map's true CSI is above the median of past maps, from the prediction and the errors
    that the method made on days kept apart.

    Raises:
        Unavailable: ``no_weights``.
    """
    name, draw = options["rain_score_method"], options["rain_draw"]
    of = basis(name)
    median = float(np.nanmedian(of.past["csi"].to_numpy(float)))
    errors = of.true[:, SCORE] - of.predicted[:, SCORE]
    errors = errors[np.isfinite(errors)]
    found = []
    for number in range(NEW_DAYS):
        progress(number, NEW_DAYS, "simulate")
        seed = NEW_SEED + 100 * int(draw) + number
        pair = _day(seed, run_of(name))
        said = judge(pair, name).maps
        wet = (pair["precipitation"].values >= LOW).mean((1, 2))
        for step in range(BETWEEN // 2, SLOTS, BETWEEN):
            value = float(said["csi"].values[step])
            if not np.isfinite(value) or wet[step] < WET:
                continue
            chance = float((value + errors >= median).mean())
            found.append(
                Case(
                    item=f"{run_of(name)}/{seed}-{step}/{name}",
                    facts={"seed": seed, "step": step, "run": run_of(name), "csi_predicted": round(value, 4)},
                    method=name,
                    weights=_weights(of),
                    stratum=str(pair["regime"].values[step]),
                    score=chance,
                    **_simulated(f"{seed}-{step}"),
                )
            )
    return found


def draw_family(case: Case) -> tuple[Panel, ...]:
    """Return the two maps of a pair, north up."""
    facts = case.facts
    return tuple(
        Panel(f"rain_{side}", png(pixels(_maps(int(seed), str(facts["run"]))[0][int(step)])), legend())
        for side, (seed, step) in zip(("first", "second"), facts["maps"], strict=True)
    )


def draw_score(case: Case) -> tuple[Panel, ...]:
    """Return the map that IMERG would make and the true rain, north up, in the same colours."""
    facts = case.facts
    said, true = _maps(int(facts["seed"]), str(facts["run"]))
    step = int(facts["step"])
    return tuple(
        Panel(name, png(pixels(maps[step])), legend())
        for name, maps in (("rain_imerg", said), ("rain_truth", true))
    )


def legend() -> Legend:
    """Return the colours of rain."""
    return Legend(colours(), LOW, HIGH, "rain_rate", log=True)


def _offered(wanted: Any) -> list[str]:
    found = [name for name in METHODS if wanted(name) and ready(name)]
    return sorted(found, key=lambda name: name != FIRST)


def _usable(of: Basis, held: Past, rng: np.random.Generator) -> np.ndarray:
    """Return rows of past maps with rain, of a few days drawn by lot."""
    days = rng.permutation(np.unique(held.seed))[:DAYS]
    return np.flatnonzero(np.isin(held.seed, days) & np.isfinite(of.past["csi"].to_numpy(float)))


def _pairs(
    mine: np.ndarray, among: np.ndarray, day: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[int, int]]:
    """Yield at most :data:`PAIRS` pairs of different days, the first of ``mine``, the second of ``among``."""
    every = [(int(a), int(b)) for a in mine for b in among if day[a] != day[b]]
    for k in rng.permutation(len(every))[:PAIRS]:
        yield every[k]


def _distances(held: Past, rng: np.random.Generator, count: int = 4000) -> np.ndarray:
    """Return the distances, ascending, of pairs of past maps drawn by lot."""
    first, second = rng.integers(0, len(held.latent), (2, count))
    kept = held.seed[first] != held.seed[second]
    return np.sort(np.linalg.norm(held.latent[first[kept]] - held.latent[second[kept]], axis=1))


def _pair(of: Basis, held: Past, name: str, rows: tuple[int, int], same: bool, apart: np.ndarray) -> Case:
    distance = float(np.linalg.norm(held.latent[rows[0]] - held.latent[rows[1]]))
    maps = [[int(held.seed[k]), int(held.step[k])] for k in rows]
    text = "+".join(f"{seed}-{step}" for seed, step in sorted(maps))
    return Case(
        item=f"{run_of(name)}/{text}/{name}",
        facts={"maps": maps, "run": run_of(name), "distance": round(distance, 4)},
        method=name,
        stratum=f"cell {int(held.cluster[rows[0]]) + 1}",
        score=float(1 - np.searchsorted(apart, distance) / len(apart)),
        truth="same" if same else "different",
        weights=_weights(of),
        **_simulated(text),
    )


def _weights(of: Basis) -> str:
    """Return the hash of what a method's answers come from: its own weights, or the past maps it is fitted on."""
    if isinstance(of.model, ScoreModel):
        from eogen.rain.models import load

        return load(of.name)[1].sha256
    return archive(run_of(of.name)).card.sha256


def _simulated(scene: str) -> dict[str, str]:
    return {
        "dataset": "rain_simulated", "scene": scene, "origin": "simulated", "source": "eogen.rain.simulate",
        "licence": "CC0-1.0",
    }  # fmt: skip


@lru_cache(maxsize=4)
def _day(seed: int, run: str) -> Any:
    """Return a simulated day as a pair; past maps are of the days that their seeds name."""
    return simulate(seed, SLOTS, start=day_of(seed), run=run)


@lru_cache(maxsize=48)
def _maps(seed: int, run: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the maps of a day and the truth, (half hour, y, x) mm/h, north up; 1.2 MB each."""
    pair = _day(seed, run)
    return pair["precipitation"].values[:, ::-1], pair["radar"].values[:, ::-1]
