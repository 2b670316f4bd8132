"""Many dates of one place: how surprising each date is, given the last few; what broke, and when."""

from __future__ import annotations

import numpy as np
import streamlit as st
import xarray as xr

from eogen.change.breaks import breaks
from eogen.change.calibrate import p_values, self_usual
from eogen.change.sequence import surprise
from eogen.colour import Scale
from eogen.progress import Progress
from eogen.raster import Overlay
from pages.kit import export, figures, progress, provenance
from pages.kit.address import choose, number
from pages.kit.hall import Visitor
from pages.kit.maps.legend import scale_legend
from pages.kit.maps.swipe import swipe
from pages.kit.words import Words
from pages.parts.change import draw, titles
from pages.parts.change.state import State, digest

LOOKS = ("surprise", "breaks")


def show(guest: Visitor, state: State) -> None:
    """Draw the panel."""
    t = guest.words
    st.markdown(t("change.timeline.lead"))
    count = state.images.sizes["time"]
    if count < 3:
        st.info(t("change.timeline.two"), icon=":material/calendar_month:")
        return
    columns = st.columns([1, 1.3, 1.3])
    memory = number(
        columns[0].slider, t("change.timeline.memory"), 1, min(5, count - 1), name="memory", default=min(3, count - 1),
        help=t("change.timeline.memory_help"),
    )  # fmt: skip
    name = state.methods[0]
    key = f"timeline_{state.key}_{name}_{memory}"
    made = progress.run(
        t("change.timeline.running", method=titles.method(t, name)),
        lambda report: surprises(state, name, memory, report),
        t,
        key=key,
    )
    if made is None:
        return
    p = made.p_value.values
    share = _shares(p, state.rate)
    look = choose(
        columns[1].segmented_control, t("change.timeline.look"), LOOKS, name="timeline", default="surprise",
        format_func=lambda n: t(f"change.timeline.{n}"), required=True,
    )  # fmt: skip
    days = [state.date(k) or str(k + 1) for k in range(count)]
    top = days[int(np.nanargmax(share))]
    day = choose(
        columns[2].selectbox, t("change.timeline.date"), days[1:], name="day", default=top, key=f"day_{state.key}",
        format_func=lambda d: t.date(d) if len(d) == 10 else d,
    )  # fmt: skip
    at = days.index(day)
    figures.show(
        _bars(t, state, days, share, at), key="change_timeline", alt=t("change.timeline.alt"), expert=True
    )
    left, right = st.columns([1.3, 1], gap="large")
    broken = _break(t, state, name) if look == "breaks" else None
    with left:
        _pictures(t, state, made, broken, look, at)
    with right:
        _said(t, state, days, share, broken, at)
        if look == "breaks":
            ends = Scale("cividis", 0, count - 1)
            st.html(
                scale_legend(
                    ends, title=t("change.timeline.break_legend"), at=[0, count - 1],
                    number=lambda v: _day(t, days[int(v)]),
                )
            )  # fmt: skip
        else:
            st.html(
                scale_legend(
                    draw.surprise_scale(p[at]), title=t("change.map.legend"), number=t.number,
                    ends=(t("change.public.usual"), t("change.public.unusual")),
                )
            )  # fmt: skip
    stem = f"change-{state.source}".replace("/", "-")
    files: list[export.File | export.Chart] = [
        export.table(f"{stem}-dates", lambda: _table(days, share, state)),
        export.Chart("change_timeline", f"{stem}-dates"),
    ]
    export.bar(files, t, key="change_timeline")


@st.cache_resource(show_spinner=False, max_entries=8)
def _surprises(key: str, name: str, memory: int, _images: xr.DataArray, _progress: Progress) -> xr.Dataset:
    found = surprise(_images, name, memory, progress=_progress)
    p = np.full((len(found.nll) + 1, *found.nll.shape[1:]), np.nan, np.float32)
    for k, nll in enumerate(found.nll.values, 1):  # nothing comes before the first date
        if np.isfinite(nll).any():
            one = xr.Dataset({"nll": (("y", "x"), nll)}, attrs={"estimator": name})
            p[k] = p_values(one, self_usual(one)).p_value.values
    return xr.Dataset({"p_value": (("time", "y", "x"), p)}, attrs=found.attrs)


def surprises(state: State, name: str, memory: int, progress: Progress) -> xr.Dataset:
    """Return ``p_value`` (time, y, x) of an estimator with a memory of so many dates; NaN on the first date."""
    return _surprises(state.key, name, memory, state.images, progress)


@st.cache_resource(show_spinner=False, max_entries=8)
def _broken(key: str, name: str, rate: float, _images: xr.DataArray, _progress: Progress) -> np.ndarray:
    found = breaks(_images, name, progress=_progress)
    return np.where(found.p_value.values <= rate, found["index"].values, -1).astype(np.int16)


def _break(t: Words, state: State, name: str) -> np.ndarray | None:
    """Return (y, x) the number of the first date on which a pixel is changed for good; -1 for none."""
    return progress.run(
        t("change.timeline.running", method=titles.method(t, name)),
        lambda report: _broken(state.key, name, state.rate, state.images, report), t,
        key=f"breaks_{state.key}_{name}_{state.rate}",
    )  # fmt: skip


def _shares(p: np.ndarray, rate: float) -> np.ndarray:
    """Return the part of the pixels seen on each date that exceed the limit; NaN where none was."""
    seen = np.isfinite(p).sum((1, 2))
    over = (np.nan_to_num(p, nan=1.0) <= rate).sum((1, 2))
    return np.where(seen > 0, over / np.maximum(seen, 1), np.nan)


def _day(t: Words, day: str) -> str:
    return t.date(day) if len(day) == 10 else day


def _bars(t: Words, state: State, days: list[str], share: np.ndarray, at: int) -> object:
    fig = figures.figure(
        t, x=figures.axis(t("change.timeline.date"), "", type="category", tickangle=-35),
        y=figures.axis(t("change.timeline.share"), "%", rangemode="tozero"), height=300,
    )  # fmt: skip
    colours = [figures.ACCENT["change"] if k == at else figures.BASELINE for k in range(1, len(days))]
    fig.add_bar(
        x=[_day(t, d) for d in days[1:]], y=100 * share[1:], marker={"color": colours},
        hovertemplate="%{y:.2f} %<extra>%{x}</extra>",
    )  # fmt: skip
    fig.add_hline(y=100 * state.rate, line={"color": figures.SEQUENCE[0], "dash": "dot", "width": 1.5},
                  annotation_text=t("change.timeline.expected"), annotation_position="top left",
                  annotation_font_size=12)  # fmt: skip
    return fig


def _pictures(
    t: Words, state: State, made: xr.Dataset, broken: np.ndarray | None, look: str, at: int
) -> None:
    """Draw the date under one divider with its surprise, or with the map of what broke when."""
    p = made.p_value.values[at]

    def base() -> np.ndarray:
        return draw.up(draw.natural(state.key, state.images, at), draw.zoom(state.shape))

    def over() -> np.ndarray:
        if broken is not None:
            scale = Scale("cividis", 0, state.images.sizes["time"] - 1)
            colours = scale.colour(np.where(broken >= 0, broken.astype(float), np.nan))
            pixels = draw.over(draw.natural(state.key, state.images, at) // 2 + 60, colours, 1.0)
        else:
            pixels = draw.surprise_scale(p).colour(draw.surprise(p))[..., :3]
            pixels[~np.isfinite(p)] = (128, 128, 128)
        return draw.up(pixels, draw.zoom(state.shape))

    key = ("timeline", state.key, made.attrs.get("estimator", ""), state.methods[0], at)
    rims = (look, state.rate if look == "breaks" else 0.0, digest(broken), digest(p))
    sides: list[Overlay] = [
        draw.placed((*key, "base"), base, state.images), draw.placed((*key, *rims), over, state.images)
    ]  # fmt: skip
    day = state.date(at)
    swipe(
        *sides, key="change_timeline_map", height=None, pixelated=True, clickable=False,
        labels=draw.map_labels(
            t, map=t("change.timeline.map"), before=_day(t, day) if day else t("change.controls.date_number", n=at + 1),
            after=t(f"change.timeline.{look}"), bar=t("change.map.bar"),
        ),
    )  # fmt: skip
    provenance.caption(state.provenance, t)


def _said(
    t: Words, state: State, days: list[str], share: np.ndarray, broken: np.ndarray | None, at: int
) -> None:
    """Say what the date is worth, which date broke most, and the truth where it is known."""
    if np.isfinite(share[at]):
        st.markdown(
            t(
                "change.timeline.at",
                date=_day(t, days[at]),
                share=float(share[at]),
                rate=titles.rate(t, state.rate),
            )
        )
    else:
        st.markdown(t("change.timeline.unseen", date=_day(t, days[at])))
    top = int(np.nanargmax(share))
    st.markdown(t("change.timeline.most", date=_day(t, days[top]), share=float(share[top])))
    index = int(state.images.attrs.get("break_index", -1))
    label = state.label
    if broken is None or index < 0 or label is None or not (label == 1).any():
        return
    inside = label == 1
    right = float((np.abs(broken[inside] - index) <= 1).mean())
    found = float((broken[inside] >= 0).mean())
    st.markdown(t("change.timeline.truth", date=_day(t, days[index]), found=found, right=right))


def _table(days: list[str], share: np.ndarray, state: State) -> object:
    import pandas as pd

    return pd.DataFrame({"date": days, "share_above_limit": share, "expected": state.rate})
