"""The registries: models of series (``MODELS``), and explanations of when and which band (``EXPLANATIONS``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import numpy as np

from eogen.progress import Progress, silent


@dataclass(frozen=True)
class Model:
    """A way to learn classes from series.

    Attributes:
        name: ``landcover.series.models.<name>`` in the words files is its title.
        where: ``module:function`` under ``eogen.landcover.series``;
            ``function(series (n, month, band), label (n,), classes, bands, *, seed, progress) -> SeriesModel``.
        paper: author and year.
        kind: its family.
        gradient: whether ``model.module`` is a torch module on filled, standardised series.
        attentive: whether it has ``attention``.
        interpretable: whether it is one that explains itself (attention, shapelets).
    """

    name: str
    where: str
    paper: str
    kind: Literal["baseline", "forest", "network", "shapelet"]
    gradient: bool = False
    attentive: bool = False
    interpretable: bool = False

    def fit(
        self, series: np.ndarray, label: np.ndarray, classes: tuple[str, ...], bands: tuple[str, ...], *,
        seed: int = 0, progress: Progress = silent,
    ) -> Any:  # fmt: skip
        """Return the fitted model."""
        return _function(self.where)(series, label, classes, bands, seed=seed, progress=progress)


@dataclass(frozen=True)
class Explanation:
    """A way to say which months (and bands) an answer came from.

    Attributes:
        name: ``landcover.series.explanations.<name>`` in the words files.
        where: ``module:function``; ``function(model, series (n, month, band), target (n,), *, background, seed)
            -> (n, month)`` or ``(n, month, band)``, more is more important, signed where it can be.
        paper: author and year.
        needs: what the model must offer: nothing (a control), predictions, gradients, attention or shapelets.
        bands: whether it tells bands apart.
    """

    name: str
    where: str
    paper: str
    needs: Literal["nothing", "forward", "gradient", "attention", "shapelets"]
    bands: bool = False

    def run(self, *args: Any, **options: Any) -> np.ndarray:
        """Return the importance of each month (and band)."""
        return _function(self.where)(*args, **options)


MODELS: dict[str, Model] = {
    row.name: row
    for row in (
        Model("majority", "baselines:majority", "-", "baseline"),
        Model("random_forest", "baselines:random_forest", "Breiman 2001", "forest"),
        Model("tempcnn", "tempcnn:fit_tempcnn", "Pelletier et al. 2019", "network", gradient=True),
        Model("ltae", "ltae:fit_ltae", "Garnot & Landrieu 2020", "network", gradient=True, attentive=True,
              interpretable=True),
        Model("channel_attention", "channel_attention:fit_channel_attention", "Courteille et al. 2021", "network",
              gradient=True, attentive=True, interpretable=True),
        Model("shapelets", "shapelets:fit_shapelets", "Grabocka et al. 2014", "shapelet", gradient=True,
              interpretable=True),
    )
}  # fmt: skip

EXPLANATIONS: dict[str, Explanation] = {
    row.name: row
    for row in (
        Explanation("random", "when:random", "-", "nothing", bands=True),
        Explanation("season", "when:season", "-", "nothing"),
        Explanation("attention", "when:attention", "Bahdanau et al. 2015", "attention"),
        Explanation("grad_cam", "when:grad_cam", "Selvaraju et al. 2017", "gradient"),
        Explanation("integrated_gradients", "when:integrated_gradients", "Sundararajan et al. 2017", "gradient",
                    bands=True),
        Explanation("occlusion", "when:occlusion", "Zeiler & Fergus 2014", "forward"),
        Explanation("month_shapley", "when:month_shapley", "Castro et al. 2009", "forward"),
        Explanation("band_group_shapley", "when:band_group_shapley", "Shapley 1953", "forward", bands=True),
        Explanation("shapelet_place", "when:shapelet_place", "Ye & Keogh 2009", "shapelets"),
    )
}  # fmt: skip


def _function(where: str) -> Callable[..., Any]:
    module, _, function = where.partition(":")
    return getattr(import_module(f"eogen.landcover.series.{module}"), function)
