"""Cases of one spectrum: are the canopies that a family believes in plausible, beside what is known of the place?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import xarray as xr

from eogen import catalog
from eogen.canopy import field_points, models
from eogen.canopy.encoder import Encoder
from eogen.canopy.field_points import Field
from eogen.canopy.methods import FAMILIES
from eogen.canopy.noise import NOISE
from eogen.canopy.observation import Observation, observe
from eogen.canopy.predictive import predict, spectrum_quantiles
from eogen.canopy.priors import prior
from eogen.canopy.sensors import nodes
from eogen.canopy.simulate import simulate
from eogen.canopy.space import column
from eogen.errors import Unavailable
from eogen.progress import Progress
from eogen.verdicts.kinds import Case, Panel
from eogen.verdicts.plots import FAINT, INK, figure, figure_png, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Simulated spectra offered, and their seed; field points of a source at most.
COUNT, SEED, POINTS = 60, 4040, 120
#: Draws of a posterior, of the prior, and those whose whole spectrum is computed.
DRAWS, PRIOR_DRAWS, SPECTRA = 600, 4000, 120
#: Control: what a family believes of another spectrum, where that clearly does not explain this one.
SWAPPED, EACH, CLEARLY = "swapped", 5, 0.01
#: Effective draws from which weighted ones stand for the exact posterior.
ENOUGH = 100.0
#: What is drawn: (name, as it is written, unit).
SHOWN = (
    ("lai", "LAI", "m²/m²"), ("cab", "Cab", "µg/cm²"), ("ccc", "CCC", "µg/cm²"), ("ala", "ALA", "°"),
    ("cw", "Cw", "cm"),
)  # fmt: skip
#: Colours of the family and of the reference: apart in lightness as well as in hue.
BELIEVED, REFERENCE = "#2f7d3b", "#7a8691"
MARK = "#c2410c"
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def sources() -> list[str]:
    """Return where spectra can come from on this machine; the simulated ones always are there."""
    return ["simulated", *(s for s in field_points.POINTS if _field(s) is not None)]


def family_names() -> list[str]:
    """Return the families whose weights are here; weighted draws are the reference they are shown beside."""
    return [name for name, row in FAMILIES.items() if row.trained and models.path_of(name).is_file()]


def posteriors(options: Mapping[str, Any], progress: Progress) -> list[Case]:
    """Return one case for each spectrum and family, and controls: what is believed of another spectrum.

    The score is the posterior predictive p-value of the whole spectrum: the share of replicated spectra that lie
    further from what is believed than the one that was seen. It is near 0 where the family cannot explain what it saw.

    Raises:
        Unavailable: ``no_model_weights``.
    """
    source = options["canopy_source"]
    seen = _observed(source)
    found = []
    for step, family in enumerate(options["canopy_families"]):
        network, sha256 = _network(family)
        rows = np.flatnonzero(_suited(network, seen))
        for done, row in enumerate(rows):
            progress(step * len(rows) + done, len(options["canopy_families"]) * len(rows), "predict")
            found.append(_case(source, int(row), family, family, sha256))
            if done % EACH == 0:
                swapped = _case(source, int(row), family, SWAPPED, sha256)
                if swapped.score is not None and swapped.score < CLEARLY:
                    found.append(swapped)
    return found


def draw(case: Case) -> tuple[Panel, ...]:
    """Return the spectrum with what is believed sent back, and the intervals beside what is known.

    Raises:
        Unavailable: ``no_model_weights``; ``canopy_case_gone`` when the point is not on this machine (any more).
    """
    facts = case.facts
    source, row, family = str(facts["source"]), int(facts["row"]), str(facts["family"])
    seen = _observed(source)
    if row >= len(seen) or _print(seen[row]) != facts["print"]:
        raise _gone(source)
    theta = _believed(source, row, family, case.method)
    return (
        Panel("canopy_spectrum", _spectrum(theta, seen[row])),
        Panel("canopy_intervals", _intervals(theta, source, row, family)),
    )


def _case(source: str, row: int, family: str, method: str, sha256: str) -> Case:
    theta = _believed(source, row, family, method)
    explained = predict(theta, _observed(source)[row], FAMILIES[family].noise)
    low, middle, high = np.quantile(column(theta, "lai").numpy(), (0.05, 0.5, 0.95))
    facts: dict[str, Any] = {
        "source": source, "row": row, "print": _print(_observed(source)[row]), "family": family,
        "p": round(explained.p_all, 4), "lai": [round(float(v), 3) for v in (low, middle, high)],
    }  # fmt: skip
    facts |= _place(source, row)
    simulated = source == "simulated"
    entry = None if simulated else catalog.catalog()[field_points.POINTS[source][0]]
    return Case(
        item=f"{source}/{row}/{family}" + ("" if method == family else f"/{method}"),
        dataset=source,
        scene=str(row),
        facts=facts,
        method=method,
        weights=sha256,
        stratum=f"LAI {_band(float(middle))}",
        score=explained.p_all,
        truth="not_plausible" if method == SWAPPED else "",
        origin="simulated" if simulated else "real",
        source="eogen.canopy.simulate" if entry is None else entry.title["en"],
        licence="GPL-3.0" if entry is None else entry.licence,
    )


def _print(seen: Observation) -> str:
    """Return what names the spectrum of one pixel, and finds out that another lies in its place."""
    return hashlib.sha256(seen.reflectance.numpy().tobytes()).hexdigest()[:12]


def _band(lai: float) -> str:
    """Return in which band a leaf area lies."""
    edges = (1.0, 3.0, 6.0)
    names = ("0-1", "1-3", "3-6", "6+")
    return names[int(np.searchsorted(edges, lai))]


@lru_cache(maxsize=256)
def _believed(source: str, row: int, family: str, method: str) -> torch.Tensor:
    """Return draws (DRAWS, 11) that a family believes in; of the spectrum half the list away for the control."""
    seen = _observed(source)
    of = (row + len(seen) // 2) % len(seen) if method == SWAPPED else row
    with torch.inference_mode():
        found = models.posterior(family, _network(family)[0], seen[of])
        return found.sample(DRAWS, torch.Generator().manual_seed(0))[:, 0].clone()


@lru_cache(maxsize=64)
def _reference(row: int) -> torch.Tensor | None:
    """Return weighted draws of the exact posterior of a simulated spectrum; None where too few of them count."""
    if not models.path_of("importance").is_file():
        return None
    with torch.inference_mode():
        found = models.posterior("importance", _network("importance")[0], _simulated().observation[row])
        if float(found.ess[0]) < ENOUGH:  # type: ignore[attr-defined]
            return None
        return found.sample(DRAWS, torch.Generator().manual_seed(0))[:, 0].clone()


def _spectrum(theta: torch.Tensor, seen: Observation) -> bytes:
    """Return the picture of what was seen (points, twice the noise) and of what is believed (5-95 % of spectra)."""
    fan = 100 * spectrum_quantiles(theta[:SPECTRA], seen).numpy()
    waves = np.arange(400, 400 + fan.shape[1])
    made = figure(360)
    axes = plain(made.subplots(gridspec_kw={"left": 0.1, "right": 0.98, "top": 0.98, "bottom": 0.13}))
    axes.fill_between(waves, fan[0], fan[2], color=BELIEVED, alpha=0.25, linewidth=0)
    axes.plot(waves, fan[1], color=BELIEVED, linewidth=1.3)
    observed = seen.reflectance[0]
    wavelengths, weights = nodes("S2A")
    axes.errorbar(
        weights @ wavelengths, 100 * observed.numpy(), 200 * NOISE.sd(observed).numpy(), fmt="o", color=INK,
        markersize=4, capsize=2, linewidth=1,
    )  # fmt: skip
    axes.set(xlabel="nm", ylabel="%", xlim=(400, 2400), ylim=(0, None))
    axes.grid(axis="y", color=FAINT, linewidth=0.4)
    return figure_png(made)


def _intervals(theta: torch.Tensor, source: str, row: int, family: str) -> bytes:
    """Return the picture of intervals, a row a variable: prior, family, reference, and what is known as a diamond."""
    made = figure(400)
    room = {"left": 0.145, "right": 0.975, "top": 0.985, "bottom": 0.06, "hspace": 0.75}
    rows = made.subplots(len(SHOWN), 1, gridspec_kw=room)
    before = _prior_draws(FAMILIES[family].prior)
    exact = _reference(row) if source == "simulated" and FAMILIES[family].prior == "legacy" else None
    known = _known(source, row)
    for axes, (name, written, unit) in zip(rows, SHOWN, strict=True):
        spread = np.quantile(column(before, name).numpy(), LEVELS)
        told = known.get(name)
        plain(axes)
        axes.barh(0, spread[-1] - spread[0], 2.7, left=spread[0], color="#e7eaed")
        _interval(axes, 0.6, column(theta, name).numpy(), BELIEVED)
        if exact is not None:
            _interval(axes, -0.6, column(exact, name).numpy(), REFERENCE)
        if told is not None:
            if told.sd:
                axes.plot([told.value - told.sd, told.value + told.sd], [0, 0], color=MARK, linewidth=1.2)
            axes.plot(
                told.value, 0, marker="D", color=MARK, markersize=5, markeredgecolor="#ffffff", zorder=5
            )
        ends = [spread[0], spread[-1], *np.quantile(column(theta, name).numpy(), (0.02, 0.98))]
        ends += [] if told is None else [told.value]
        pad = 0.04 * (max(ends) - min(ends))
        axes.set(ylim=(-1.5, 1.5), yticks=(), xlim=(max(0.0, min(ends) - pad), max(ends) + pad))
        axes.set_ylabel(f"{written}\n{unit}", rotation=0, ha="right", va="center")
        axes.spines["left"].set_visible(False)
    return figure_png(made)


def _interval(axes: Axes, at: float, values: np.ndarray, colour: str) -> None:
    """Draw 5-95 % thin, 25-75 % thick, the median as a white line."""
    a, b, middle, c, d = np.quantile(values, LEVELS)
    axes.plot([a, d], [at, at], color=colour, linewidth=2, solid_capstyle="butt")
    axes.plot([b, c], [at, at], color=colour, linewidth=7, solid_capstyle="butt")
    axes.plot([middle, middle], [at - 0.42, at + 0.42], color="#ffffff", linewidth=1.6)


def _known(source: str, row: int) -> dict[str, Field]:
    """Return the canopy that was simulated, or what was measured on the ground."""
    if source == "simulated":
        theta = _simulated().theta[row]
        return {name: Field(float(column(theta, name))) for name, _, _ in SHOWN}
    return field_points.measured(_points(source).isel(pixel=slice(row, row + 1)))


def _place(source: str, row: int) -> dict[str, float]:
    """Return where a field point lies, degrees; nothing where that is not told."""
    if source == "simulated":
        return {}
    one = _points(source).isel(pixel=row)
    told = {
        axis: float(one[name].values)
        for axis, name in (("lon", "longitude"), ("lat", "latitude"))
        if name in one
    }
    return {axis: round(value, 5) for axis, value in told.items() if np.isfinite(value)}


def _suited(network: Encoder, seen: Observation) -> np.ndarray:
    """Return which spectra (m,) a network can be asked about."""
    whole = seen.present.all(1).numpy()
    return np.ones(len(seen), bool) if network.may_miss else whole


def _network(family: str) -> tuple[Encoder, str]:
    network, card = _loaded(family, models.weights_stamp(family))
    return network, card.sha256


@lru_cache(maxsize=4)
def _loaded(family: str, stamp: str) -> Any:
    return models.load(family)


@lru_cache(maxsize=1)
def _simulated() -> Any:
    """Return simulated canopies and their spectra, under the prior that most families learnt."""
    return simulate(prior("legacy"), COUNT, torch.Generator().manual_seed(SEED))


@lru_cache(maxsize=4)
def _prior_draws(name: str) -> torch.Tensor:
    return prior(name).sample(PRIOR_DRAWS, torch.Generator().manual_seed(0))


def _observed(source: str) -> Observation:
    return _simulated().observation if source == "simulated" else observe(_points(source))


def _points(source: str) -> xr.Dataset:
    found = _field(source)
    if found is None:
        raise _gone(source)
    return found


def _field(source: str) -> xr.Dataset | None:
    folder = catalog.room_folder("canopy")
    return _read(source, folder, folder.stat().st_mtime_ns) if folder else None


@lru_cache(maxsize=4)
def _read(source: str, folder: Path, stamp: int) -> xr.Dataset | None:
    found = field_points.points(source, folder)
    if found is None:
        return None
    rows = np.linspace(0, found.sizes["pixel"] - 1, min(POINTS, found.sizes["pixel"]))
    return found.isel(pixel=np.unique(rows.round().astype(int)))


def _gone(source: str) -> Unavailable:
    return Unavailable(
        "canopy_case_gone", "The field points of {source} are not on this machine any more.", source=source
    )
