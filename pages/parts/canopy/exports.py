"""What can be taken away from the room: draws, figures, the pixel's card, the map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from eogen.canopy.sensors import BANDS
from eogen.canopy.space import DERIVED, GEOMETRY, INFERRED, unit_of
from pages.kit import export
from pages.kit.maps.folium_map import Layer
from pages.kit.maps.legend import scale_legend
from pages.kit.maps.standalone import standalone_html
from pages.kit.words import Words
from pages.parts.canopy import compute, draw
from pages.parts.canopy.sources import known

if TYPE_CHECKING:
    from pages.parts.canopy.expert import View

#: panel -> the charts it draws: (key, name of the file).
CHARTS = {
    "inspector": (("canopy_marginals_chart", "marginals"), ("canopy_pairs_chart", "pairs")),
    "spectrum": (("canopy_fan_chart", "spectrum"),),
    "ambiguity": (("canopy_ridge_chart", "ambiguity"),),
}


def bar(t: Words, view: View, panel: str) -> None:
    """Draw the export bar of the expert view; ``panel`` is the one whose charts are on the page."""
    stem = f"eogen-canopy-{view.spot.key}"
    charts = CHARTS.get(panel, ())
    files: list[export.File | export.Chart] = [
        export.Chart(key, f"{stem}-{end}", str(number + 1) if len(charts) > 1 else "")
        for number, (key, end) in enumerate(charts)
    ]
    files.append(export.table(f"{stem}-draws", lambda: draws(view)))
    files.append(export.record(f"{stem}-card", lambda: card(view)))
    if view.scene is not None and view.scene.data.rio.crs is not None:
        files.append(export.page(f"{stem}-map", lambda: _page(t, view)))
    export.bar(files, t, key="canopy")


def draws(view: View) -> pd.DataFrame:
    """Return the draws of every belief, one row each, with units in the names of the columns."""
    parts = []
    for one in view.beliefs:
        columns = {f"{name} [{unit_of(name)}]": one.column(name) for name in (*INFERRED, *DERIVED)}
        parts.append(pd.DataFrame({"family": one.name, **columns}))
    return pd.concat(parts, ignore_index=True)


def card(view: View) -> dict[str, Any]:
    """Return the pixel, what is known of it, and the numbers of every belief."""
    spot = view.spot
    seen = spot.seen.reflectance[0].tolist()
    angles = spot.seen.geometry[0].tolist()
    quantities = (*INFERRED, *DERIVED)
    return {
        "pixel": {
            "key": spot.key,
            "origin": spot.origin,
            "reflectance": {b: None if np.isnan(v) else v for b, v in zip(BANDS, seen, strict=True)},
            "angles_degree": dict(zip(GEOMETRY, angles, strict=True)),
        },
        "known": {
            name: {"value": found.value, "sd": found.sd, "units": unit_of(name)}
            for name in quantities
            if (found := known(spot, name)) is not None
        },
        "beliefs": [
            {
                "family": one.name,
                "prior": one.prior,
                "draws": len(one.draws),
                "weights_sha256": None if one.name == "reference" else compute.encoder(one.name)[1].sha256,
                "facts": {name: value if np.isfinite(value) else None for name, value in one.facts.items()},
                "quantities": {
                    name: {
                        "units": unit_of(name),
                        "mean": float(one.column(name).mean()),
                        **dict(zip(("q05", "q50", "q95"), one.quantile(name, [0.05, 0.5, 0.95]).tolist(), strict=True)),
                    }
                    for name in quantities
                },
            }
            for one in view.beliefs
        ],
    }  # fmt: skip


def _page(t: Words, view: View) -> str:
    """Return the map of leaf area as a page of its own."""
    assert view.scene is not None
    data, key = view.scene.data, view.scene.key
    seen, there = compute.pixels(data)
    family = next(
        (one.name for one in view.beliefs if one.name in compute.suited(seen)), compute.suited(seen)[0]
    )
    values = np.full(there.shape, np.nan, np.float32)
    values[there] = compute.leaf_area(family, key, seen)[0]
    title = t("canopy.map.lai_long")
    words = {
        "lang": t.lang,
        "title": f"{t('rooms.canopy.name')} · {view.scene.provenance.place}",
        "opacity": t("kit.standalone.opacity"),
        "online": t("kit.standalone.online"),
        "attribution": t("landcover.attribution"),
        "provenance": t(f"kit.provenance.{view.scene.provenance.origin}"),
    }
    layers = [
        Layer(draw.natural(key, data), t("canopy.map.natural")),
        Layer(draw.coloured(("lai", key, family), values, draw.LAI, data), t("canopy.map.lai")),
    ]
    return standalone_html(
        layers, words=words, legends=[scale_legend(draw.LAI, title=title, unit="m²/m²", number=t.number)]
    )
