"""The families on real fields: leaf area, chlorophyll, intervals, site by site, beside ESA's SL2P."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
import xarray as xr

from eogen.canopy import models, read
from eogen.canopy.encoder import Encoder
from eogen.canopy.field_scores import POINT, covered, field_sd, r2, widened
from eogen.canopy.methods import FAMILIES
from eogen.canopy.observation import observe
from eogen.canopy.sl2p import sl2p
from eogen.canopy.space import column
from eogen.errors import InputError, Unavailable
from eogen.progress import Progress, silent
from eogen.results import Figure

#: Days between the visit and the image, at most; draws per point; the fewest points worth a row.
DAYS, DRAWS, FEWEST = 3, 1000, 8
#: Pixels asked at once.
PIECE = 64
#: Set in the issue before anything was fitted: (figure, dataset) -> (target, better).
TARGETS = {
    ("rmse", "CESBIO"): (1.05, "lower"),
    ("r2", "CESBIO"): (0.51, "higher"),
    ("rmse", "ETH"): (1.06, "lower"),
    ("r2", "ETH"): (0.50, "higher"),
    ("width_95", "all field points"): (4.0, "lower"),
    ("ccc_rmse", "ETH chlorophyll"): (0.55, "lower"),
}
#: The family the targets are for; the others are shown beside it.
CHOSEN = "field"
UNITS = {"rmse": "m2/m2", "bias": "m2/m2", "width_95": "m2/m2", "width_95_instrument": "m2/m2"}
#: µg/cm2 of ground in one g/m2.
MICROGRAMS = 100.0


@dataclass(frozen=True)
class Points:
    """Field points of one name.

    Attributes:
        name: of the set, as in the table.
        dataset: spectra, angles, ``site``.
        measured: (m).
        sd: (m), of the measurements.
    """

    name: str
    dataset: xr.Dataset
    measured: np.ndarray
    sd: np.ndarray

    def at(self, keep: np.ndarray, name: str) -> Points:
        """Return some of the points under another name."""
        return Points(name, self.dataset.isel(pixel=np.flatnonzero(keep)), self.measured[keep], self.sd[keep])


def figures(
    root: Path, *, seed: int = 0, quick: bool = False, progress: Progress = silent
) -> tuple[list[Figure], dict[str, str], list[dict[str, object]], list[str]]:
    """Measure every family on the field points below ``root``.

    Returns:
        figures, SHA-256 by family, one row per set (``name``, ``n``), and one sentence per set that is not there.
    """
    found: list[Figure] = []
    hashes: dict[str, str] = {}
    rows: list[dict[str, object]] = []
    absent: list[str] = []
    leaf = list(_leaf_area(root, absent))
    chlorophyll = _chlorophyll(root, absent)
    rows += [{"name": p.name, "n": len(p.measured)} for p in (*leaf, *([chlorophyll] if chlorophyll else []))]
    names = [CHOSEN] if quick else list(FAMILIES)
    for number, name in enumerate(names):
        progress(number, len(names), "score")
        try:
            encoder, card = models.load(name)
        except Unavailable as reason:
            absent.append(str(reason))
            continue
        hashes[name] = card.sha256
        found += _family(name, encoder, leaf, chlorophyll, seed)
    found += _sl2p(root, leaf, absent)
    return found, hashes, rows, absent


def _leaf_area(root: Path, absent: list[str]) -> Iterator[Points]:
    """Yield the sets with leaf area, those of one campaign together; the same points are not in two."""
    for name, load in (("CESBIO", _cesbio), ("ETH", read.eth_rtminv)):
        try:
            dataset = load(root)
        except Unavailable as reason:
            absent.append(f"{name}: {reason}")
            continue
        dataset = dataset.isel(pixel=np.flatnonzero(_usable(dataset) & np.isfinite(dataset.lai.values)))
        measured = dataset.lai.values.astype(float)
        told = dataset.lai_sd.values.astype(float) if "lai_sd" in dataset else None
        if len(measured):
            yield Points(name, dataset, measured, field_sd(measured, told))


def _cesbio(root: Path) -> xr.Dataset:
    dataset = read.cesbio(root)
    return dataset.isel(pixel=np.flatnonzero(np.abs(dataset.days.values) <= DAYS))


def _usable(dataset: xr.Dataset) -> np.ndarray:
    return np.isfinite(dataset.reflectance.drop_sel(band="B08")).all("band").values


def _chlorophyll(root: Path, absent: list[str]) -> Points | None:
    """Return the points with canopy chlorophyll, g/m2 (ETH)."""
    try:
        dataset = read.eth_croptraits(root)
    except Unavailable as reason:
        absent.append(f"ETH chlorophyll: {reason}")
        return None
    dataset = dataset.isel(pixel=np.flatnonzero(_usable(dataset) & np.isfinite(dataset.ccc.values)))
    measured = dataset.ccc.values.astype(float)
    return Points("ETH chlorophyll", dataset, measured, np.zeros(len(measured))) if len(measured) else None


def _family(
    name: str, encoder: Encoder, leaf: list[Points], chlorophyll: Points | None, seed: int
) -> Iterator[Figure]:
    drawn = []
    for points in leaf:
        began = perf_counter()
        draws = column(torch.from_numpy(theta_draws(name, encoder, points.dataset, seed)), "lai").numpy()
        seconds = perf_counter() - began
        drawn.append((points, draws))
        for each, kept in _sites(points):
            if len(each.measured) >= FEWEST:
                yield from _point(name, each, draws[:, kept].mean(0), seconds)
                yield from _interval(name, each, draws[:, kept], seed)
    if len(drawn) > 1:
        every = Points(
            "all field points",
            drawn[0][0].dataset,
            np.concatenate([p.measured for p, _ in drawn]),
            np.concatenate([p.sd for p, _ in drawn]),
        )
        together = np.concatenate([d for _, d in drawn], axis=1)
        yield from _interval(name, every, together, seed)
    if chlorophyll is not None:
        yield from _canopy_chlorophyll(name, encoder, chlorophyll, seed)


def theta_draws(name: str, encoder: Encoder, dataset: xr.Dataset, seed: int) -> np.ndarray:
    """Return draws (DRAWS, m, 11) of a family for the points of a dataset.

    Raises:
        InputError: ``needs_b08``.
    """
    seen = observe(dataset)
    generator = torch.Generator().manual_seed(seed)
    parts = []
    with torch.inference_mode():
        for start in range(0, len(seen), PIECE):
            posterior = models.posterior(name, encoder, seen[start : start + PIECE], seed=seed)
            parts.append(posterior.sample(DRAWS, generator))
    return torch.cat(parts, 1).numpy()


def _sites(points: Points) -> Iterator[tuple[Points, np.ndarray]]:
    """Yield the whole set, then each of its sites, with which points they are."""
    everywhere = np.ones(len(points.measured), bool)
    yield points, everywhere
    sites = points.dataset.site.values.astype(str)
    for site in np.unique(sites):
        if 0 < (sites == site).sum() < len(sites):
            kinds = ", ".join(sorted(set(points.dataset.lai_kind.values[sites == site].astype(str))))
            yield points.at(sites == site, f"{points.name}: {site} ({kinds})"), sites == site


def _point(name: str, points: Points, estimate: np.ndarray, seconds: float = 0.0) -> Iterator[Figure]:
    for figure, score in POINT.items():
        low, high = _bootstrap(score, points.measured, estimate)
        target, better = TARGETS.get((figure, points.name), (None, None)) if name == CHOSEN else (None, None)
        yield Figure(
            figure, name, points.name, score(points.measured, estimate), low, high, len(estimate),
            unit=UNITS.get(figure, "1"), seconds=round(seconds, 2), target=target,
            better=better or {"rmse": "lower", "bias": None}.get(figure, "higher"),
            note="Leaf area, posterior mean. Interval: bootstrap over points.",
        )  # fmt: skip


def _interval(name: str, points: Points, draws: np.ndarray, seed: int) -> Iterator[Figure]:
    """Yield coverage and width: of leaf area itself, and of what an instrument with its own error would say."""
    ends = {
        "": tuple(np.quantile(draws, [0.025, 0.975], axis=0)),
        "_instrument": widened(draws, points.sd, seed=seed),
    }
    for kind, (low, high) in ends.items():
        note = (
            "The posterior with the field measurement's own error added (as told, else 20 %, at least 0.5)."
            if kind
            else "The posterior of leaf area alone, as if the field measurement had no error."
        )
        inside = ((points.measured >= low) & (points.measured <= high)).astype(float)
        least, most = _bootstrap(lambda x, _: float(x.mean()), inside, inside)
        yield Figure(
            f"coverage_95{kind}", name, points.name, covered(points.measured, low, high), least, most,
            len(inside), better=None, note=note + " Nominal: 0.95.",
        )  # fmt: skip
        target, better = TARGETS.get((f"width_95{kind}", points.name), (None, "lower"))
        yield Figure(
            f"width_95{kind}", name, points.name, float(np.mean(high - low)), None, None, len(inside),
            unit="m2/m2", target=target if name == CHOSEN else None, better=better, note=note,
        )  # fmt: skip


def _canopy_chlorophyll(name: str, encoder: Encoder, points: Points, seed: int) -> Iterator[Figure]:
    try:
        theta = torch.from_numpy(theta_draws(name, encoder, points.dataset, seed))
    except InputError as error:
        if (
            error.code != "needs_b08"
        ):  # these spectra have no B08: only families that learnt to do without answer
            raise
        return
    draws = column(theta, "ccc").numpy() / MICROGRAMS
    mean, low, high = draws.mean(0), *np.quantile(draws, [0.05, 0.95], axis=0)
    for figure, score, better in (("ccc_rmse", POINT["rmse"], "lower"), ("ccc_r2", r2, "higher")):
        least, most = _bootstrap(score, points.measured, mean)
        target = TARGETS.get((figure, points.name), (None,))[0] if name == CHOSEN else None
        yield Figure(
            figure, name, points.name, score(points.measured, mean), least, most, len(mean),
            unit="g/m2" if figure == "ccc_rmse" else "1", target=target, better=better,
            note="Canopy chlorophyll, LAI × Cab, posterior mean, without B08. Interval: bootstrap over points.",
        )  # fmt: skip
    inside = ((points.measured >= low) & (points.measured <= high)).astype(float)
    least, most = _bootstrap(lambda x, _: float(x.mean()), inside, inside)
    yield Figure("ccc_coverage_90", name, points.name, float(inside.mean()), least, most, len(inside), better=None,
                 note="Nominal: 0.90.")  # fmt: skip
    yield Figure("ccc_width_90", name, points.name, float(np.mean(high - low)), None, None, len(inside),
                 unit="g/m2", better="lower")  # fmt: skip
    measured = points.dataset.cab.values.astype(float)
    there = np.isfinite(measured)
    if there.sum() >= FEWEST:
        cab = column(theta, "cab").numpy().mean(0)[there]
        yield Figure("cab_r2", name, points.name, r2(measured[there], cab), *_bootstrap(r2, measured[there], cab),
                     int(there.sum()), note="Leaf chlorophyll: not retrievable from these spectra.")  # fmt: skip


def _sl2p(root: Path, leaf: list[Points], absent: list[str]) -> list[Figure]:
    """Return ESA's SL2P on the same points: the baseline to beat."""
    found: list[Figure] = []
    for points in leaf:
        try:
            estimate = sl2p(points.dataset, root).value.values.astype(float)  # each satellite's own network
        except Unavailable as reason:
            absent.append(f"SL2P: {reason}")
            return found
        kept = np.isfinite(estimate)
        for each, here in _sites(points):
            chosen = here & kept
            if chosen.sum() >= FEWEST:
                found += _point("sl2p", points.at(chosen, each.name), estimate[chosen])
    return found


def _bootstrap(
    score: Callable[[np.ndarray, np.ndarray], float], first: np.ndarray, second: np.ndarray
) -> tuple[float, float]:
    random = np.random.default_rng(0)
    values = [score(first[rows], second[rows]) for rows in random.integers(0, len(first), (500, len(first)))]
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)
