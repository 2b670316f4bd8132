"""The families of posteriors: one row each, and :func:`posterior`, which asks any of them about some pixels.

To add a family: write its :class:`~eogen.canopy.posteriors.base.Posterior` and its head, and add a row. The page, the
evaluation, the training and the tests read the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from eogen.canopy import heads
from eogen.canopy.encoder import Encoder
from eogen.canopy.noise import FIELD_NOISE, NOISE, Noise
from eogen.canopy.priors import prior
from eogen.canopy.variables import choose
from eogen.nn.weights import FULL, HALF

Objective = Literal["forward_kl", "elbo", "moments", "none"]


@dataclass(frozen=True)
class Family:
    """One way to believe.

    Attributes:
        name: stable; ``canopy.families.<name>`` in the words files is its title.
        build: returns the untrained network; for families without weights, the network of ``proposal``.
        objective: ``"forward_kl"`` (log density of the true canopies of simulations), ``"elbo"`` (evidence lower
            bound with the noise model of the likelihood), ``"moments"`` (the original loss of PROSAIL-VAE), or
            ``"none"``: nothing is trained, the draws of ``proposal`` are weighted.
        paper: who proposed it.
        prior: name of the prior it was trained under.
        joint: whether it knows that variables go together.
        noise: it was trained under.
        any_sensor: whether it was trained on S2A, S2B and S2C alike; else on S2A.
        real_spectra: whether half of what it is trained on are real spectra.
        proposal: family whose draws are weighted.
        stored: how its weights lie on disk (:class:`eogen.nn.weights.Card`). Only ``vae`` is kept as it was
            trained: rounding moves its overconfident densities (by 0.03 nats).
    """

    name: str
    build: Callable[[], Encoder]
    objective: Objective
    paper: str
    prior: str = "legacy"
    joint: bool = True
    noise: Noise = NOISE
    any_sensor: bool = False
    real_spectra: bool = False
    proposal: str = ""
    stored: str = HALF

    @property
    def title(self) -> str:
        """Return the key of the title in the words files."""
        return f"canopy.families.{self.name}"

    @property
    def trained(self) -> bool:
        """Return whether the family has weights of its own."""
        return self.objective != "none"


def _build(head: Callable[..., Encoder], believed: str = "legacy", **more: object) -> Callable[[], Encoder]:
    return lambda: head(prior(believed), **more)


_ROWS = (
    Family("flow", _build(heads.Flow), "forward_kl", "Durkan et al. 2019; Papamakarios et al. 2017"),
    Family("independent", _build(heads.Independent), "forward_kl", "Zérah et al. 2024", joint=False),
    Family("copula", _build(heads.Copula), "forward_kl", "Song 2000; Zérah et al. 2024"),
    Family("full_covariance", _build(heads.FullCovariance), "forward_kl", "Aitchison & Shen 1980"),
    Family("mixture", _build(heads.GaussianMixture), "forward_kl", "Bishop 1994"),
    Family("hierarchical", _build(heads.TwoLevels, "crops"), "forward_kl", "this project; Durkan et al. 2019", "crops"),
    Family("importance", _build(heads.Flow), "none", "Owen 2013; Hesterberg 1995", proposal="flow"),
    Family(
        "vae",
        _build(heads.Independent),
        "elbo",
        "Kingma & Welling 2014; Zérah et al. 2024",
        joint=False,
        stored=FULL,
    ),
    Family(
        "vae_real",
        _build(heads.Copula, may_miss=True),
        "elbo",
        "Kingma & Welling 2014; Song 2000; Zérah et al. 2024",
        noise=FIELD_NOISE,
        any_sensor=True,
        real_spectra=True,
    ),
    Family("moments", _build(heads.Independent), "moments", "Zérah et al. 2024", joint=False),
    Family(
        "field",
        _build(heads.Flow, "atbd", may_miss=True),
        "forward_kl",
        "Weiss & Baret 2020 (prior); Durkan et al. 2019",
        "atbd",
        noise=FIELD_NOISE,
        any_sensor=True,
    ),
)  # fmt: skip

#: Every family by name, best first for a menu.
FAMILIES: dict[str, Family] = {row.name: row for row in _ROWS}


def family(name: str) -> Family:
    """Return a row of the registry; InputError ``canopy_choice``."""
    choose("family", name, FAMILIES)
    return FAMILIES[name]
