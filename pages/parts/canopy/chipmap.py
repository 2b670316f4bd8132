"""Maps of a scene: what is believed, how surely, where not to believe it, and what SL2P says; two at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
import xarray as xr

from eogen.canopy.mapping import quantile_stack
from eogen.raster import Overlay, geotiff_bytes
from pages.kit import card, export, progress, provenance
from pages.kit.address import choose
from pages.kit.maps.legend import class_legend, scale_legend
from pages.kit.maps.swipe import swipe
from pages.kit.words import Words
from pages.parts.canopy import compute, draw, layers, sources
from pages.parts.canopy.sources import Scene

if TYPE_CHECKING:
    from pages.parts.canopy.expert import View


def show(t: Words, view: View) -> None:
    """Draw the panel for the picture of the page; the simulated territory where it shows none."""
    scene = view.scene
    if scene is None:
        st.info(t("canopy.maps.no_picture"), icon=":material/map:")
        scene = sources.simulated(t)
    st.markdown(t("canopy.maps.lead"))
    seen, _ = compute.pixels(scene.data)
    families = [name for name in compute.suited(seen) if name not in layers.SLOW]
    offered = layers.offered(scene.data)
    with st.container(key="canopy_maps_controls"):
        columns = st.columns(3)
    family = choose(
        columns[0].selectbox,
        t("canopy.maps.family"),
        families,
        name="map_family",
        default=next((one.name for one in view.beliefs if one.name in families), families[0]),
        format_func=lambda name: t(f"canopy.families.{name}.name"),
    )
    pair = [
        choose(
            column.selectbox,
            t(f"canopy.maps.{side}"),
            offered,
            name=f"map_{side}",
            default=default,
            format_func=lambda name: t(f"canopy.maps.layers.{name}"),
        )
        for column, side, default in zip(columns[1:], ("left", "right"), ("lai", "lai_sd"), strict=True)
    ]
    numbers = progress.run(
        t("canopy.maps.working"),
        lambda report: {
            name: layers.values(name, family, scene, report) for name in pair if name != "natural"
        },
        t,
        key=f"maps_{scene.key}_{family}_{'_'.join(pair)}",
    )
    if numbers is None:
        return
    left, right = st.columns([2, 1], gap="large")
    with left:
        swipe(
            *(_overlay(name, family, scene, numbers) for name in pair),
            key=f"maps_{scene.key}",
            labels=draw.map_labels(
                t,
                map=t("canopy.maps.map", left=_said(t, pair[0]), right=_said(t, pair[1])),
                before=t(f"canopy.maps.layers.{pair[0]}"),
                after=t(f"canopy.maps.layers.{pair[1]}"),
                bar=t("canopy.map.bar"),
            ),
            height=440,
            clickable=False,
        )
        provenance.caption(scene.provenance, t)
    with right:
        for name in dict.fromkeys(pair):
            _legend(t, name, numbers)
        _facts(t, family, scene, pair, numbers)
    _exports(t, family, scene, pair)


def _said(t: Words, name: str) -> str:
    return t(f"canopy.maps.long.{name}")


def _overlay(name: str, family: str, scene: Scene, numbers: dict[str, np.ndarray]) -> Overlay:
    if name == "natural":
        return draw.natural(scene.key, scene.data)
    stamp = compute.models.weights_stamp(family)
    key = ("maps", name, family, stamp, scene.key)
    if name == "domain":
        return draw.placed(key, lambda: layers.pixels_of_domain(numbers[name]), scene.data)
    shades = layers.shades(name, numbers[name])
    assert shades is not None
    return draw.coloured(key, numbers[name], shades, scene.data)


def _legend(t: Words, name: str, numbers: dict[str, np.ndarray]) -> None:
    """Draw the legend of one side, with units."""
    if name == "natural":
        return
    if name == "domain":
        here = [i for i in range(4) if (numbers[name] == i).any()]
        rows = [(layers.DOMAIN_COLOURS[i], t(f"canopy.maps.domains.{layers.DOMAINS[i]}")) for i in here]
        st.html(class_legend(rows, title=_said(t, name)))
        return
    shades = layers.shades(name, numbers[name])
    assert shades is not None
    st.html(
        scale_legend(
            shades,
            title=_said(t, name),
            unit=layers.LAYERS[name].unit,
            number=t.number,
            missing=t("canopy.maps.missing") if np.isnan(numbers[name]).any() else None,
        )
    )


def _facts(t: Words, family: str, scene: Scene, pair: list[str], numbers: dict[str, np.ndarray]) -> None:
    """Say the shares that belong to what is shown."""
    for name in dict.fromkeys(pair):
        if name == "natural":
            continue
        known = numbers[name][np.isfinite(numbers[name])]
        if not known.size:
            continue
        if name == "domain":
            rows = [
                card.Bar(t(f"canopy.maps.domains.{code}"), float((known == i).mean()), main=i == 0)
                for i, code in enumerate(layers.DOMAINS)
                if i in known
            ]
            card.bars(rows, t, label=_said(t, name), room="canopy")
            st.caption(t("canopy.maps.domain_note"))
            continue
        digits = 0 if name.startswith("ccc") else 2
        low, middle, high = (t.number(float(v), digits) for v in np.quantile(known, [0.05, 0.5, 0.95]))
        st.caption(
            t(
                "canopy.maps.spread",
                name=t(f"canopy.maps.layers.{name}"),
                low=low,
                middle=middle,
                high=high,
                unit=layers.LAYERS[name].unit,
            )
        )
        if name in ("gap", "error"):
            st.caption(
                t("canopy.maps.difference", bias=float(known.mean()), rms=float(np.sqrt((known**2).mean())))
            )
        if name == "error":
            st.caption(_covered(t, family, scene))
        if name == "misfit":
            limit = layers.misfit(family, scene).out_of_domain.attrs["limit"]
            st.caption(t("canopy.maps.misfit_note", limit=limit, share=float((known > limit).mean())))


def _covered(t: Words, family: str, scene: Scene) -> str:
    """Say how often the truth lies within the 90 % interval of its pixel, and how wide that is."""
    found = layers.belief(family, scene, "lai")
    truth = scene.data.lai
    there = found.lai_mean.notnull()
    inside = ((truth >= found.lai_q05) & (truth <= found.lai_q95)).where(there)
    width = float((found.lai_q95 - found.lai_q05).mean())
    return t("canopy.maps.covered", share=float(inside.mean()), width=width)


def _exports(t: Words, family: str, scene: Scene, pair: list[str]) -> None:
    """Offer one raster per quantity, a band per quantile."""
    stem = f"{scene.key if len(scene.key) <= 16 else scene.source}-{family}"  # long keys are hashes
    files: list[export.File | export.Chart] = []
    if scene.data.rio.crs is not None:
        for quantity in ("lai", "ccc"):
            files.append(
                export.raster(
                    f"{quantity}-{stem}",
                    lambda quantity=quantity: geotiff_bytes(_stack(family, scene, quantity)),
                )
            )
        if {"misfit", "domain"} & {*pair}:
            files.append(export.raster(f"domain-{stem}", lambda: geotiff_bytes(_flags(family, scene))))
    else:
        st.caption(t("canopy.maps.no_place"))
    export.bar(files, t, key="canopy_maps", address=False)


def _stack(family: str, scene: Scene, quantity: str) -> xr.DataArray:
    maps = layers.belief(family, scene, quantity)
    return quantile_stack(maps, quantity).assign_attrs(
        units=maps[f"{quantity}_mean"].attrs["units"], family=family, source=scene.key
    )


def _flags(family: str, scene: Scene) -> xr.DataArray:
    """Return misfit and flags as bands; 1 is outside, NaN is unseen."""
    found = layers.misfit(family, scene)
    names = {"reconstruction_residual": found.reconstruction_residual, "outside_prosail": found.out_of_domain}
    if layers.has_sl2p(scene.data):
        flags = layers.of_sl2p(scene).input_out_of_domain.transpose("y", "x").astype(np.float32)
        names["outside_sl2p"] = found.out_of_domain.copy(data=flags.values)
    stacked = xr.concat(
        [array.astype(np.float32) for array in names.values()],
        xr.Variable("band", list(names)),
        combine_attrs="drop",
    ).rename("domain")
    return stacked.assign_attrs(units="1", family=family, source=scene.key).rio.write_crs(found.rio.crs)
