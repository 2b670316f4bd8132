"""Which months told the answer for a pixel, and, of a model that reads neighbours, which places."""

from __future__ import annotations

import numpy as np
import streamlit as st

from eogen.colour import Scale
from eogen.landcover.sanity import rank_correlation
from pages.kit import figures
from pages.kit.address import choose
from pages.kit.maps.layers import Layer, picture
from pages.kit.maps.legend import scale_legend
from pages.kit.words import Words
from pages.parts.landcover import draw
from pages.parts.landcover.seasons import map_draw, map_places
from pages.parts.landcover.seasons.map_compute import Reader, Why
from pages.parts.landcover.seasons.map_places import Scene

#: The house's signed colours as they read on both grounds.
FOR, AGAINST = "#8073AC", "#E08214"
OWN = "#0072B2"


def show(t: Words, scene: Scene, by: Reader, at: tuple[int, int], target: int, found: Why) -> None:
    """Draw the panel of reasons."""
    name = t(f"landcover.series.classes.{by.classes[target]}.name")
    st.markdown(f"**{t('landcover.series.map.why', name=name)}**")
    if found.cam is None:
        _months(t, scene, found)
        st.caption(t("landcover.series.map.shapley_note", seconds=found.seconds))
        return
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        _months(t, scene, found)
        st.caption(t("landcover.series.map.occlusion_note", seconds=found.seconds))
    with right:
        _windows(t, scene, found)
    _places(t, scene, by, at, target, found)


def _months(t: Words, scene: Scene, found: Why) -> None:
    """Draw the importance of each month, for in violet and against in orange."""
    days = map_places.dates(scene)
    x = list(range(len(days)))
    names = [t(f"landcover.series.months.{int(str(day)[5:7])}") for day in days]
    every = [v for v in (found.month, found.own) if v is not None]
    # Shapley values are shares of a probability, shown in points; what the U-Net loses is a logit.
    times = 100 if found.own is None else 1
    top = max(1.15 * times * float(np.abs(np.concatenate(every)).max()), 1e-3)
    titles = ("importance", "points") if found.own is None else ("lost", "logit")
    fig = figures.figure(
        t, x=figures.axis(t("landcover.series.map.month"), "", tickmode="array", tickvals=x, ticktext=names,
                          range=[-0.5, len(x) - 0.5]),
        y=figures.axis(*(t(f"landcover.series.map.{each}") for each in titles), range=[-top, top],
                       zeroline=True, zerolinecolor="rgba(128,128,128,.6)"),
        height=260, legend=found.own is not None,
    )  # fmt: skip
    tints = [FOR if value >= 0 else AGAINST for value in found.month]
    fig.add_bar(x=x, y=times * found.month, marker={"color": tints}, name=t("landcover.series.map.hide.all"),
                showlegend=False)  # fmt: skip
    if found.own is not None:
        fig.add_scatter(x=x, y=found.own, mode="markers", name=t("landcover.series.map.hide.pixel"),
                        marker={"color": OWN, "size": 10})  # fmt: skip
    best = t(f"landcover.series.month_names.{int(str(days[int(found.month.argmax())])[5:7])}")
    figures.show(
        fig, key="seasons_map_months", alt=t("landcover.series.map.months_alt", month=best), expert=True
    )


def _windows(t: Words, scene: Scene, found: Why) -> None:
    """Draw how the probability grows with what is left around the pixel, and say whether neighbours count."""
    metres = found.windows["side"].values * scene.pixel
    values = found.windows.values
    fig = figures.figure(
        t,
        x=figures.axis(t("landcover.series.map.window"), "m", type="log", tickmode="array", tickvals=metres,
                       ticktext=[t.number(round(float(m))) for m in metres]),
        y=figures.axis(t("landcover.series.map.certainty"), "%", range=[0, 104]), height=260,
    )  # fmt: skip
    fig.add_scatter(x=metres, y=100 * values, mode="lines+markers", marker={"size": 8},
                    line={"color": figures.ACCENT["landcover"], "width": 3})  # fmt: skip
    said = t("landcover.series.map.windows_alt", alone=float(values[0]), whole=float(values[-1]))
    figures.show(fig, key="seasons_map_windows", expert=True, alt=said)
    gain = values[-1] - values[0]
    word = "yes" if gain > 0.2 else "hurt" if gain < -0.2 else "no"
    st.caption(t(f"landcover.series.map.neighbours.{word}", alone=float(values[0]), whole=float(values[-1])))


def _places(t: Words, scene: Scene, by: Reader, at: tuple[int, int], target: int, found: Why) -> None:
    """Draw Grad-CAM over time and space: of all months together, or of one."""
    days = map_places.dates(scene)
    options = ["all", *(str(k) for k in range(len(days)))]
    st.markdown(f"**{t('landcover.series.map.cam')}**")
    month = choose(
        st.selectbox, t("landcover.series.map.cam_month"), options, name="cam_month", default="all",
        format_func=lambda k: t("landcover.series.map.all_months") if k == "all"
        else t(f"landcover.series.month_names.{int(str(days[int(k)])[5:7])}"),
    )  # fmt: skip
    values = found.cam.values
    shown = values.sum(0) if month == "all" else values[int(month)]
    # One scale for the months, so that a quiet month looks quiet; the sum of all has its own.
    whole = np.abs(values.sum(0)) if month == "all" else np.abs(values)
    top = float(np.quantile(whole[whole > 0], 0.995)) if (whole > 0).any() else 1.0
    shades = Scale("PuOr", -top, top)
    total = values.sum((1, 2))
    time = int(np.abs(total).argmax()) if month == "all" else int(month)
    left, right = st.columns([1.2, 1], gap="large")
    with left:
        picture(
            map_draw.image(scene, time, "true"),
            [Layer(map_draw.signed(scene, (*by.key, at, target, month), shown, shades), t("landcover.series.map.cam"))],
            key="seasons_map_cam",
            labels=draw.map_labels(
                t, map=t("landcover.series.map.cam_alt"), opacity=t("landcover.map.opacity"),
            ),
            opacity=0.9, clickable=False, rectangle=draw.square(scene.grid, *at, 1), pixelated=True,
        )  # fmt: skip
    with right:
        st.html(
            scale_legend(
                shades, title=t("landcover.series.map.evidence"), number=t.number,
                ends=(t("kit.legend.against"), t("kit.legend.for")),
            )
        )  # fmt: skip
        here = np.zeros(values.shape[1:], bool)
        here[at] = True
        size = np.abs(values).sum()
        share = float(np.abs(values[:, here]).sum() / size) if size else 0.0
        near = np.abs(values[:, max(0, at[0] - 2) : at[0] + 3, max(0, at[1] - 2) : at[1] + 3]).sum()
        best = np.argsort(-np.abs(total))[:2]
        months = [t(f"landcover.series.month_names.{int(str(days[int(k)])[5:7])}") for k in best]
        st.markdown(
            t("landcover.series.map.cam_note", own=share, near=float(near / size) if size else 0.0,
              side=round(5 * scene.pixel), one=months[0], two=months[1])
        )  # fmt: skip
        st.caption(t("landcover.series.map.cam_agrees", rho=rank_correlation(found.month, total)))
        st.caption(t("landcover.series.map.cam_how"))
