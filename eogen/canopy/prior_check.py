"""Could this prior have made these spectra? A check before anything is trained, and priors edited by hand.

Prior-predictive checking (Gelman et al. 2013, "Bayesian data analysis", 3rd ed., ch. 6; Gabry et al. 2019,
doi:10.1111/rssa.12378): canopies are drawn from the prior, seen under the very angles of the real pixels, and noise is
added; the real spectra must then lie among the simulated ones. Three looks: quantiles band by band, Mahalanobis
distance (correlations between bands), distance to the nearest simulation (holes in the cloud). What counts as far is
what fresh simulations of the same prior reach, so that no threshold is chosen by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from eogen.canopy.crops import HierarchicalPrior
from eogen.canopy.likelihood import NOISE, Noise
from eogen.canopy.observation import Observation
from eogen.canopy.priors import JointPrior
from eogen.canopy.sensors import BANDS
from eogen.canopy.simulate import view
from eogen.canopy.space import INFERRED
from eogen.canopy.variables import VARIABLES, Prior, choose
from eogen.errors import InputError

#: Quantiles shown per band.
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
#: A real spectrum is far where this share of fresh simulations is nearer.
FAR = 0.99
#: Simulations drawn: half make the cloud, half are the fresh ones.
COUNT = 4000
#: Spectra below which nothing is concluded.
LEAST = 10


@dataclass(frozen=True)
class PriorCheck:
    """What a prior says of some real spectra.

    Attributes:
        bands: those that every real spectrum has.
        real, simulated: quantiles (level, band) of reflectance at ``LEVELS``.
        mahalanobis: distances of the real spectra to the centre of the simulated cloud (m).
        mahalanobis_fresh: the same for fresh simulations.
        nearest: distances of the real spectra to the nearest simulation, in standard deviations of the noise,
            averaged over the bands as a root mean square (m).
        nearest_fresh: the same for fresh simulations.
        outside: per band, the share of real values beyond the outer simulated quantiles; 0.1 is perfect.
    """

    bands: tuple[str, ...]
    real: np.ndarray
    simulated: np.ndarray
    mahalanobis: np.ndarray
    mahalanobis_fresh: np.ndarray
    nearest: np.ndarray
    nearest_fresh: np.ndarray
    outside: np.ndarray

    @property
    def far(self) -> float:
        """Share of the real spectra further from the cloud than ``FAR`` of fresh simulations; 0.01 is perfect."""
        return float((self.mahalanobis > np.quantile(self.mahalanobis_fresh, FAR)).mean())

    @property
    def lonely(self) -> float:
        """Share of the real spectra further from the nearest simulation than ``FAR`` of fresh ones."""
        return float((self.nearest > np.quantile(self.nearest_fresh, FAR)).mean())


def prior_check(
    prior: JointPrior,
    seen: Observation,
    *,
    count: int = COUNT,
    noise: Noise = NOISE,
    sensor: str = "S2A",
    seed: int = 0,
) -> PriorCheck:
    """Return how real spectra lie among those that ``prior`` makes.

    Args:
        prior: to check.
        seen: the real spectra, at least ``LEAST``; a band that any of them lacks is left out.
        count: simulations, at angles drawn from those of the real pixels.
        noise: of a simulated spectrum.
        sensor: of the simulator.
        seed: of everything random.

    Raises:
        InputError: ``prior_too_few`` spectra.
    """
    if len(seen) < LEAST:
        raise InputError(
            "prior_too_few",
            "There are {found} spectra; at least {least} are needed to judge a prior by.",
            found=len(seen),
            least=LEAST,
        )
    generator = torch.Generator().manual_seed(seed)
    held = seen.present.all(0).numpy()
    real = seen.reflectance.numpy()[:, held].astype(float)
    turn = torch.randint(len(seen), (count,), generator=generator)
    with torch.inference_mode():
        made = view(prior.sample(count, generator), seen.geometry[turn], generator, noise, sensor)
    all_made = made.observation.reflectance.numpy()[:, held].astype(float)
    cloud, fresh = all_made[: count // 2], all_made[count // 2 :]
    spread = np.sqrt(noise.add**2 + (noise.multiply * real.mean(0)) ** 2)
    low, high = np.quantile(all_made, [LEVELS[0], LEVELS[-1]], axis=0)
    return PriorCheck(
        tuple(band for band, there in zip(BANDS, held, strict=True) if there),
        np.quantile(real, LEVELS, axis=0),
        np.quantile(all_made, LEVELS, axis=0),
        mahalanobis(real, cloud),
        mahalanobis(fresh, cloud),
        nearest(real / spread, cloud / spread),
        nearest(fresh / spread, cloud / spread),
        ((real < low) | (real > high)).mean(0),
    )


def mahalanobis(points: np.ndarray, cloud: np.ndarray) -> np.ndarray:
    """Return the Mahalanobis distances of ``points`` (m, d) to the centre of ``cloud`` (n, d)."""
    centred = points - cloud.mean(0)
    factor = np.linalg.cholesky(np.cov(cloud, rowvar=False))
    return np.sqrt((np.linalg.solve(factor, centred.T) ** 2).sum(0))


def nearest(points: np.ndarray, cloud: np.ndarray) -> np.ndarray:
    """Return the root mean square difference over d of ``points`` (m, d) to the nearest of ``cloud`` (n, d)."""
    from scipy.spatial import cKDTree

    return cKDTree(cloud).query(points)[0] / np.sqrt(points.shape[1])


def edited(
    prior: JointPrior,
    laws: Mapping[str, Prior],
    shares: Mapping[str, float] | None = None,
) -> JointPrior:
    """Return ``prior`` with other laws for some variables, and, where it has two levels, other shares of the covers.

    Densities stay per unit cube of ``prior``, so that the nats of both compare. In a prior of two levels, bounds and
    ``narrow`` of a law hold for every cover; its centre and spread, for those that say nothing of the variable.

    Args:
        prior: to start from.
        laws: variable -> law.
        shares: cover -> weight, 0 or more, not all 0.

    Raises:
        InputError: ``canopy_choice``, ``prior_bounds``, ``prior_scale``, ``prior_narrow``; ``prior_reach`` where a
            law leaves what PROSAIL takes; ``prior_shares``.
    """
    for name, law in laws.items():
        choose("variable", name, INFERRED)
        _within(name, law)
    rows = {**prior.priors, **laws}
    if not isinstance(prior, HierarchicalPrior):
        return JointPrior(prior.name, rows, prior.space)
    weights = {name: (shares or {}).get(name, share) for name, (share, _) in (prior.covers or {}).items()}
    total = sum(weights.values())
    if min(weights.values()) < 0 or total <= 0:
        raise InputError(
            "prior_shares",
            "The shares of the covers are {shares}; numbers of 0 or more were expected, and not 0 everywhere.",
            shares=", ".join(f"{name} {weight:g}" for name, weight in weights.items()),
        )
    covers = {
        name: (weights[name] / total, _cover(part, prior, laws))
        for name, (_, part) in (prior.covers or {}).items()
        if weights[name] > 0
    }
    return HierarchicalPrior(prior.name, rows, prior.space, covers=covers)


def _cover(part: JointPrior, broad: JointPrior, laws: Mapping[str, Prior]) -> JointPrior:
    rows = dict(part.priors)
    for name, law in laws.items():
        own = rows[name]
        rows[name] = (
            law if own == broad.priors[name] else replace(own, low=law.low, high=law.high, narrow=law.narrow)
        )
    return JointPrior(part.name, rows, broad.space)


def _within(name: str, law: Prior) -> None:
    least, most = VARIABLES[name].low, VARIABLES[name].high
    if law.low < least or law.high > most:
        raise InputError(
            "prior_reach",
            "The prior of {name} goes from {low} to {high}; PROSAIL takes {least} to {most}.",
            name=name,
            low=law.low,
            high=law.high,
            least=least,
            most=most,
        )


def widened(before: JointPrior, after: JointPrior) -> list[str]:
    """Return the variables to which ``after`` gives values that ``before`` excludes: no re-weighting reaches them."""
    return [
        name
        for name in INFERRED
        if after.priors[name].low < before.priors[name].low - 1e-9
        or after.priors[name].high > before.priors[name].high + 1e-9
    ]
