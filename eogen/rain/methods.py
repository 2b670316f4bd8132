"""The registry of the room: every way to say how good an IMERG map is without a radar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from eogen.errors import InputError
from eogen.progress import Progress, silent
from eogen.rain.examples import Examples
from eogen.rain.protocol import Model

Family = Literal["trivial", "features", "linear", "network", "deep_clustering", "som"]
#: Clusters of every method that has them: 16, as a map of 4 x 4 cells.
CLUSTERS = 16


@dataclass(frozen=True)
class Method:
    """A row.

    Attributes:
        name: in addresses, tables and words (``rain.methods.<name>``).
        family: its kind.
        where: ``module:function`` under ``eogen.rain``; ``function(train, *, aware, seed, progress) -> Model``.
        paper: author and year.
        aware: whether it learns from scores too (a small score head), or groups maps by their looks alone.
        clusters: whether it has clusters.
        model: name of its committed weights, or "" when it is fitted on the spot in seconds.
        real_time: whether it is meant for maps whose next map does not exist yet.
        twin: the same method in its other form (aware or not).
    """

    name: str
    family: Family
    where: str
    paper: str
    aware: bool = False
    clusters: bool = True
    model: str = ""
    real_time: bool = False
    twin: str = ""

    @property
    def title(self) -> str:
        """Return the key of the title in the words files."""
        return f"rain.methods.{self.name}"

    def fit(self, train: Examples, seed: int = 0, progress: Progress = silent, **options: object) -> Model:
        """Return the method fitted on examples.

        Raises:
            InputError: ``rain_few_examples`` and those of the method.
        """
        module, _, function = self.where.partition(":")
        run: Callable[..., Model] = getattr(import_module(f"eogen.rain.{module}"), function)
        return run(train, aware=self.aware, seed=seed, progress=progress, **options)


def _both(name: str, family: Family, where: str, paper: str) -> tuple[Method, Method]:
    """Return the two forms of a method: by looks alone, and by scores too."""
    aware = f"{name}_aware"
    return (
        Method(name, family, where, paper, model=name, twin=aware),
        Method(aware, family, where, paper, aware=True, model=aware, twin=name),
    )


_ROWS = (
    Method("wet_fraction", "trivial", "baselines:wet_fraction", "-", aware=True, clusters=False),
    Method("age_only", "trivial", "baselines:age_only", "-", aware=True, clusters=False),
    Method("forest", "features", "baselines:forest", "Breiman 2001", aware=True, clusters=False),
    Method("pca_kmeans", "linear", "baselines:pca_kmeans", "Lloyd 1982"),
    *_both("autoencoder", "network", "autoencoder:kmeans_on_latent", "Hinton & Salakhutdinov 2006"),
    *_both("unet", "network", "autoencoder:kmeans_on_unet", "Ronneberger et al. 2015"),
    *_both("idec", "deep_clustering", "deep:idec", "Guo et al. 2017"),
    *_both("dcec", "deep_clustering", "deep:dcec", "Guo et al. 2017"),
    *_both("dkm", "deep_clustering", "deep:dkm", "Moradi Fard et al. 2020"),
    *_both("depict", "deep_clustering", "deep:depict", "Ghasedi Dizaji et al. 2017"),
    *_both("som", "som", "som:som_on_latent", "Kohonen 1982"),
    *_both("desom", "som", "desom:desom", "Forest et al. 2021"),
    Method("desom_early", "som", "desom:desom", "Forest et al. 2021", aware=True, model="desom_early", real_time=True),
    Method("forest_early", "features", "baselines:forest", "Breiman 2001", aware=True, clusters=False, real_time=True),
)  # fmt: skip

METHODS: dict[str, Method] = {row.name: row for row in _ROWS}


def method(name: str) -> Method:
    """Return the row of a name.

    Raises:
        InputError: ``rain_method``.
    """
    if name not in METHODS:
        raise InputError(
            "rain_method",
            "There is no method called {name} for rain; there are: {known}.",
            name=name,
            known=", ".join(METHODS),
        )
    return METHODS[name]
