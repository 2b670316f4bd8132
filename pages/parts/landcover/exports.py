"""What can be taken away from the room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from eogen.raster import features_geojson, geotiff_bytes
from pages.kit import export
from pages.kit.maps.folium_map import Layer
from pages.kit.maps.legend import scale_legend
from pages.kit.maps.standalone import standalone_html
from pages.kit.words import Words
from pages.parts.landcover import compute, draw, sources

if TYPE_CHECKING:
    from pages.parts.landcover.expert import Judged

#: Objects are the places of the strongest evidence: this share of the image.
STRONGEST = 0.1


#: panel -> the charts it draws: (key, letter of the side, name of the file).
CHARTS = {
    "removal": (("removal_a", "A", "removal-a"), ("removal_b", "B", "removal-b")),
    "agreement": (("agreement", "", "agreement"),),
}


def bar(
    t: Words, item: sources.Item, image: xr.DataArray, sides: list[Judged], target: str, panel: str
) -> None:
    """Draw the export bar of the expert view; ``panel`` is the one whose charts are on the page."""
    name = item.name.rsplit(".", 1)[0]
    files: list[export.File | export.Chart] = [
        *(export.Chart(key, f"{name}-{end}", side) for key, side, end in CHARTS.get(panel, ())),
        export.table(f"{name}-probabilities", lambda: _probabilities(sides, image)),
        export.record(f"{name}-card", lambda: _card(item, image, sides, target)),
    ]
    if image.rio.crs is not None:
        files += [
            export.raster(f"{name}-evidence", lambda: geotiff_bytes(_stack(sides))),
            export.objects(f"{name}-strongest", lambda: _objects(sides[0])),
            export.page(f"{name}-map", lambda: _page(t, item, image, sides)),
        ]
    export.bar(files, t, key="landcover")


def _probabilities(sides: list[Judged], image: xr.DataArray) -> pd.DataFrame:
    rows = [
        {"model": model.name, "class": label, "probability": p}
        for model in {s.model.name: s.model for s in sides}.values()
        for label, p in compute.ranked(compute.predict(model, image))
    ]
    return pd.DataFrame(rows)


def _card(item: sources.Item, image: xr.DataArray, sides: list[Judged], target: str) -> dict[str, Any]:
    return {
        "image": {"name": item.name, "origin": item.origin, "sha256": image.attrs["sha256"]},
        "target": target,
        "explanations": [
            {
                "method": side.method,
                "model": side.model.name,
                "weights_sha256": side.model.sha256,
                "seconds": side.evidence.attrs["seconds"],
                "srg": float(side.scores.srg.sel(order="evidence")),
                "srg_random": float(side.scores.srg.sel(order="random")),
                "srg_sobel": float(side.scores.srg.sel(order="sobel")),
                "verdict": side.verdict.code,
                "gauges": {g.name: {"value": g.value, "level": g.level} for g in side.verdict.gauges},
            }
            for side in sides
        ],
    }


def _stack(sides: list[Judged]) -> xr.DataArray:
    """Return the evidence of both sides as the bands of one raster."""
    names = [f"{side.model.name} {side.method}" for side in sides]
    stacked = xr.concat([side.evidence.evidence for side in sides], xr.Variable("band", names))
    return stacked.rio.write_crs(sides[0].evidence.evidence.rio.crs).assign_attrs(
        sides[0].evidence.evidence.attrs
    )


def _objects(side: Judged) -> dict[str, Any]:
    evidence = side.evidence.evidence
    strong = evidence > float(evidence.quantile(1 - STRONGEST))
    return features_geojson(
        strong.rio.write_crs(evidence.rio.crs),
        values={"evidence": evidence},
        properties={"method": side.method, "model": side.model.name},
        min_pixels=4,
    )


def _page(t: Words, item: sources.Item, image: xr.DataArray, sides: list[Judged]) -> str:
    scales = draw.scale([side.evidence for side in sides])
    layers = [Layer(draw.base(image), t("landcover.map.image_pill"))]
    legends = []
    for side, shades in zip(sides, scales, strict=True):
        label = f"{t(f'explanations.{side.method}.name')} · {t(f'models.{side.model.name}.short')}"
        layers.append(Layer(draw.coloured(image, side.evidence, shades), label))
        legends.append(scale_legend(shades, title=label, number=t.number))
    words = {
        "lang": t.lang,
        "title": item.name,
        "opacity": t("kit.standalone.opacity"),
        "online": t("kit.standalone.online"),
        "attribution": t("landcover.attribution"),
        "provenance": t(f"kit.provenance.{item.origin}"),
    }
    return standalone_html(layers, words=words, legends=legends)
