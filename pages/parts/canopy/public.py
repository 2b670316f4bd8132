"""The public view: add leaves to a field and watch what the machine still can tell; or guess before it does."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from eogen.canopy import models
from eogen.canopy.sensors import BANDS
from eogen.canopy.territory import CEREAL
from pages.kit import figures, progress, provenance
from pages.kit.address import choose, whole
from pages.kit.hall import Visitor
from pages.kit.maps.layers import picture
from pages.kit.maps.legend import scale_legend
from pages.kit.maps.swipe import swipe
from pages.kit.stand import stars
from pages.kit.words import Words
from pages.parts.canopy import compute, draw, fields, sources
from pages.parts.canopy.fields import Shown
from pages.parts.canopy.strip import hill_html

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: Whose answers the public sees.
MODEL = "flow"
#: Layers on the slider, and those that can be bet on.
LAYERS = [f"{half / 2:g}" for half in range(17)]
BETS = range(9)
#: Widths of the 90 % interval, in layers, up to which the machine is very, or rather, sure.
VERY, RATHER = 1.5, 3.0
#: From so many layers on, more of them hardly show.
SATURATED = 4.5
#: A bet as close as the machine's within this many layers is a draw.
DRAW = 0.15
#: How high light sent back is drawn, percent.
TOP = 60


def show(guest: Visitor) -> None:
    """Draw the page."""
    t = guest.words
    compute.encoder(MODEL)  # absent weights are said before anything is drawn
    if "game" in st.query_params:
        _game(t)
    else:
        st.markdown(t("canopy.public.lead"))
        _leaves(t)
        _prepare()


@st.cache_resource(show_spinner=False, max_entries=1)
def _prepare() -> threading.Thread:
    """Make the fields of the game while the first visitor moves the slider."""
    thread = threading.Thread(target=fields.deck, name="eogen-fields", daemon=True)
    add_script_run_ctx(thread, get_script_run_ctx())
    thread.start()
    return thread


def _believed(field: Shown) -> np.ndarray:
    return compute.quantiles(MODEL, models.weights_stamp(MODEL), field.key, field.seen)


@st.fragment
def _leaves(t: Words) -> None:
    """Draw the field under the slider, and what the machine says of it."""
    left, right = st.columns([2, 1], gap="large")
    with left:
        here = st.container()
        lai = float(
            choose(
                st.select_slider,
                t("canopy.public.slider"),
                LAYERS,
                name="leaves",
                default="2",
                format_func=lambda v: t.number(float(v)),
            )
        )
        field = fields.with_leaves(lai)
        with here:
            picture(
                draw.natural(field.key, field.data),
                key="canopy_field",
                labels=_labels(t, t("canopy.public.map", n=lai)),
                outline=field.outline,
                clickable=False,
                pixelated=True,
            )
        provenance.caption(_provenance(t), t)
    with right:
        believed = _believed(field)
        _says(t, believed, lai)
        with st.container(border=True):
            _hill(t, believed, [("truth", t("canopy.public.truth"), lai)])
            st.caption(t("canopy.public.what"))
        if st.button(
            t("canopy.public.play"),
            type="primary",
            width="stretch",
            icon=":material/casino:",
            on_click=_deal,
            args=(0,),
            key="play",
        ):
            st.rerun()  # the whole page: a button in a fragment runs the fragment only
        _light(t, field)


def _labels(t: Words, text: str) -> dict[str, str]:
    return draw.map_labels(t, map=text, opacity=t("canopy.map.opacity"))


def _provenance(t: Words) -> provenance.Provenance:
    return sources.simulated_provenance(t, expert=False)


def _interval(believed: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(believed, [0.05, 0.95])
    return float(low), float(high)


def _spoken(believed: np.ndarray) -> tuple[int, int]:
    """Return the whole layers around the 90 % interval: what is said is never narrower than what is believed."""
    low, high = _interval(believed)
    return int(np.floor(low)), int(np.ceil(high))


def _says(t: Words, believed: np.ndarray, truth: float) -> None:
    """Say what the machine says, and how sure it is."""
    low, high = _interval(believed)
    least, most = _spoken(believed)
    said = t("canopy.public.says", low=least, high=most, truth=t.number(truth))
    st.markdown(f"{said} {_sure(t, low, high)}")
    if truth >= SATURATED and high - low > RATHER:
        st.markdown(t("canopy.public.saturated"))


def _sure(t: Words, low: float, high: float) -> str:
    wide = high - low
    return t(f"canopy.public.sure_{'very' if wide < VERY else 'some' if wide < RATHER else 'little'}")


def _hill(t: Words, believed: np.ndarray, marks: list[tuple[str, str, float]]) -> None:
    low, high = _interval(believed)
    truth = next((value for kind, _, value in marks if kind == "truth"), None)
    label = t("canopy.public.strip_blind" if truth is None else "canopy.public.strip_alt", low=low, high=high,
              **({} if truth is None else {"truth": truth}))  # fmt: skip
    st.html(hill_html(believed, t, marks=marks, label=label, title=t("canopy.public.strip")))


def _light(t: Words, field: Shown) -> None:
    """Draw the light that the field sends back: the whole spectrum, and the ten bands of the satellite."""
    figure = figures.kept(("light", t.lang, field.key), partial(_spectrum, t, field))
    st.markdown(f"**{t('canopy.public.colours')}**")
    figures.show(figure, key="canopy_light", alt=t("canopy.public.colours_alt"))


def _spectrum(t: Words, field: Shown) -> go.Figure:
    inside = field.mask
    theta = compute.canopy(
        **CEREAL,
        lai=field.lai,
        **{name: float(field.data[name].values[inside].mean()) for name in ("psoil", "rsoil")},
    )
    wave, _ = compute.spectrum(theta, tuple(field.seen.geometry[0].tolist()))
    figure = figures.figure(
        t,
        x=figures.axis(t("canopy.public.wavelength"), "nm", range=[400, 2500], nticks=5),
        y=figures.axis(t("canopy.public.reflected"), "%", range=[0, TOP], nticks=4),
        height=190,
    )
    step = 5
    figure.add_scatter(
        x=np.arange(400, 2501)[::step], y=100 * wave[::step], mode="lines",
        line={"color": figures.ACCENT["canopy"], "width": 2}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=compute.centres(), y=100 * field.seen.reflectance[0].numpy(), mode="markers",
        marker={"color": figures.BASELINE, "size": 7}, text=list(BANDS),
        hovertemplate="%{text}: %{y:.0f} %<extra></extra>",
    )  # fmt: skip
    figure.add_vrect(x0=400, x1=700, fillcolor="rgba(128,128,128,.14)", line_width=0)
    figure.add_annotation(
        x=1800, y=TOP, text=t("canopy.public.invisible"), showarrow=False, yanchor="top", font={"size": 12}
    )
    return figure


def _deal(number: int) -> None:
    st.query_params["game"] = str(number)
    st.query_params.pop("guess", None)


def _stop() -> None:
    for name in ("game", "guess"):
        st.query_params.pop(name, None)


def _bet(layers: int) -> None:
    st.query_params["guess"] = str(layers)


def _game(t: Words) -> None:
    """Draw one round of the game."""
    number = whole("game", 0)
    field = fields.card(number)
    guess = whole("guess", -1)
    played = guess in BETS
    st.markdown(t(f"canopy.public.lead_{'after' if played else 'game'}"))
    left, right = st.columns([2, 1], gap="large")
    with left:
        _reveal(t, field) if played else _blind(t, field)
        provenance.caption(_provenance(t), t)
    with right:
        if played:
            _score(t, field, guess)
            st.button(
                t("canopy.public.another"), type="primary", width="stretch", icon=":material/arrow_forward:",
                on_click=_deal, args=(number + 1,), key="another_field",
            )  # fmt: skip
        else:
            st.header(t("canopy.public.bet"), anchor=False)
            st.caption(t("canopy.public.what"))
            with st.container(key="canopy_bets"):
                for layers in BETS:
                    st.button(
                        str(layers), key=f"bet_{layers}", width="stretch", on_click=_bet, args=(layers,)
                    )
        st.button(
            t("canopy.public.stop"), width="stretch", icon=":material/undo:", on_click=_stop, key="stop_game"
        )


def _blind(t: Words, field: Shown) -> None:
    picture(
        draw.natural(field.key, field.data),
        key="canopy_blind",
        labels=_labels(t, t("canopy.public.map_game")),
        outline=field.outline,
        clickable=False,
        pixelated=True,
    )


def _reveal(t: Words, field: Shown) -> None:
    """Draw the field, and at right how many leaves the machine sees everywhere."""
    seen, there = compute.pixels(field.data)
    found = progress.run(
        t("canopy.map.working"),
        lambda report: compute.leaf_area(MODEL, field.key, seen, report),
        t,
        key=f"reveal_{field.key}",
    )
    if found is None:
        return
    values = np.full(there.shape, np.nan, np.float32)
    values[there] = found[0]
    swipe(
        draw.natural(field.key, field.data),
        draw.coloured(("lai", field.key, MODEL), values, draw.LAI, field.data),
        key="canopy_reveal",
        labels=draw.map_labels(
            t,
            map=t("canopy.public.map_game"),
            before=t("canopy.public.before"),
            after=t("canopy.public.after"),
            bar=t("canopy.map.bar"),
        ),
        height=None,
        outline=field.outline,
        clickable=False,
        pixelated=True,
    )
    st.html(scale_legend(draw.LAI, title=t("canopy.public.legend"), number=t.number))


def _score(t: Words, field: Shown, guess: int) -> None:
    """Say who was closer, and whether the machine's doubt was honest."""
    believed = _believed(field)
    low, high = _interval(believed)
    middle = float(np.median(believed))
    ahead = abs(guess - field.lai) - abs(middle - field.lai)
    who = "both" if abs(ahead) < DRAW else "machine" if ahead > 0 else "you"
    stars.record("canopy", field.key, won=who != "machine")
    st.markdown(t(f"canopy.public.score_{who}", truth=field.lai))
    least, most = _spoken(believed)
    inside = t("canopy.public.inside" if least <= field.lai <= most else "canopy.public.outside")
    st.markdown(f"{t('canopy.public.its', low=least, high=most)} {_sure(t, low, high)} {inside}")
    with st.container(border=True):
        _hill(
            t,
            believed,
            [("truth", t("canopy.public.truth"), field.lai), ("you", t("canopy.public.you"), float(guess)),
             ("machine", t("canopy.public.machine"), middle)],
        )  # fmt: skip
