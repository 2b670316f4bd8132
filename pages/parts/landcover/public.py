"""The public view: bet on what the picture shows, see what the machine says and where it looked, hide a piece."""

from __future__ import annotations

import threading

import streamlit as st
import xarray as xr
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from eogen.landcover.bands import CLASSES
from eogen.landcover.captions import captions
from eogen.landcover.classifier import Classifier
from pages.kit import card, progress, provenance
from pages.kit.address import whole
from pages.kit.hall import Visitor
from pages.kit.maps.layers import picture
from pages.kit.maps.swipe import swipe
from pages.kit.stand import mode, stars
from pages.kit.words import Words
from pages.parts.landcover import compute, draw, sources, upload

#: The network of the public view (it needs red, green and blue only) and the explanation shown with it.
MODEL, METHOD = "rgb_cnn", "grad_cam"
#: Seed of the deck of images, and answers offered for each bet.
DECK, CHOICES = 2026, 4
#: Side of the square a visitor hides, pixels.
SQUARE = 12


def show(guest: Visitor) -> None:
    """Draw the page."""
    t = guest.words
    item = _item(t)
    image = upload.patch(item, t)
    model = compute.classifier(MODEL)
    answer, probability = compute.top(compute.predict(model, image))
    bet = st.session_state.get(_bet(item)) or ("none" if item.label is None else None)
    hiding = bet is not None and st.session_state.get("hiding") == item.name
    st.markdown(t(f"landcover.public.lead{'' if bet is None else '_hide' if hiding else '_after'}"))
    left, right = st.columns([1, 1.2], gap="large")
    if bet is None:
        with left:
            _plain(t, image)
            _caption(t, item, image)
        with right:
            _betting(t, item)
        _think(model, image, answer)
        return
    with left:
        if hiding:
            _hide_here(t, item, image)
        else:
            _looked(t, model, image, answer)
        _caption(t, item, image)
    with right:
        if hiding:
            _hidden(t, item, model, image, answer)
        else:
            _said(t, item, model, image, answer, probability, bet)
        _actions(t, item, hiding)


def _item(t: Words) -> sources.Item:
    """Return the image on the table: the visitor's own, or the card of the deck."""
    if (own := upload.current()) is not None:
        return own
    deck = sources.deck(DECK)
    return deck[whole("card", 0) % len(deck)]


def _next() -> None:
    st.query_params["card"] = str(whole("card", 0) + 1)
    st.session_state.pop("hiding", None)
    upload.forget()


def _bet(item: sources.Item) -> str:
    return f"bet_{item.source}_{item.name}"


def _place(label: str, item: sources.Item) -> None:
    st.session_state[_bet(item)] = label


def _betting(t: Words, item: sources.Item) -> None:
    """Offer four answers, the true one among them, in an order that does not give it away."""
    assert item.label is not None
    st.header(t("landcover.public.bet"), anchor=False)
    start = (sum(map(ord, item.name)) * 7) % len(CLASSES)
    others = [CLASSES[(start + 3 * i) % len(CLASSES)] for i in range(len(CLASSES))]
    offered = sorted(
        [item.label, *[c for c in others if c != item.label][: CHOICES - 1]],
        key=lambda c: t(f"classes.{c}.short"),
    )
    with st.container(key="bets"):
        for label in offered:
            st.button(
                t(f"classes.{label}.short"),
                key=f"choose_{label}",
                width="stretch",
                on_click=_place,
                args=(label, item),
            )
    if not mode.standing():
        upload.offer(t)


def _plain(t: Words, image: xr.DataArray) -> None:
    labels = draw.map_labels(t, map=t("landcover.map.image"), opacity=t("landcover.map.opacity"))
    picture(draw.base(image, "bright"), key="plain", labels=labels, clickable=False)


def _looked(t: Words, model: Classifier, image: xr.DataArray, answer: str) -> None:
    """Draw the picture and where the machine looked, under one divider."""
    evidence = compute.explain(model, image, answer, METHOD)
    labels = draw.map_labels(
        t,
        map=t("landcover.map.looked", answer=t(f"classes.{answer}.a")),
        before=t("landcover.map.image_pill"),
        after=t("landcover.map.looked_pill"),
        bar=t("landcover.map.bar"),
    )
    swipe(
        draw.base(image, "bright"),
        draw.lit(image, evidence),
        key="looked",
        labels=labels,
        height=None,
        clickable=False,
    )


def _said(
    t: Words,
    item: sources.Item,
    model: Classifier,
    image: xr.DataArray,
    answer: str,
    probability: float,
    bet: str,
) -> None:
    """Say the answer, what it looked at, and how far to believe that."""
    st.markdown(t("landcover.public.says", answer=t(f"classes.{answer}.a"), sure=probability))
    if item.label is not None:
        stars.record("landcover", _bet(item), won=bet == item.label)
        right = ("you_" if bet == item.label else "") + ("machine" if answer == item.label else "")
        st.markdown(t(f"landcover.public.score_{right or 'nobody'}", truth=t(f"classes.{item.label}.a")))
    evidence = compute.explain(model, image, answer, METHOD)
    said = captions(image, evidence.evidence, at_most=1)[0]
    st.markdown(f"{t(f'landcover.captions.{said.code}')} {_colour(t, model, image, answer)}")
    card.bars(
        [
            card.Bar(t(f"classes.{label}.short"), p, main=label == answer)
            for label, p in compute.ranked(compute.predict(model, image), 3)
        ],
        t,
        label=t("landcover.public.how_sure"),
        room="landcover",
    )
    _believe(t, model, image, evidence)


def _think(model: Classifier, image: xr.DataArray, answer: str) -> None:
    """Explain and measure while the visitor thinks, so that the answer to the bet is there at once."""

    def work() -> None:
        evidence = compute.explain(model, image, answer, METHOD)
        compute.explain(model, image, answer, "band_shapley_exact")
        compute.trust(model, image, evidence)

    thread = threading.Thread(target=work, name="eogen-think", daemon=True)
    add_script_run_ctx(thread, get_script_run_ctx())
    thread.start()


def _colour(t: Words, model: Classifier, image: xr.DataArray, answer: str) -> str:
    """Say which of the bands the network sees counted most (exact Shapley values)."""
    values = compute.explain(model, image, answer, "band_shapley_exact").shapley
    best = str(values["band"].values[int(values.values.argmax())])
    return t("landcover.public.colour", colour=t(f"bands.{best}"))


def _believe(t: Words, model: Classifier, image: xr.DataArray, evidence: xr.Dataset) -> None:
    """Say, with a number, how far the explanation can be trusted."""
    found = progress.run(
        t("landcover.trust.working"),
        lambda report: compute.trust(model, image, evidence, progress=report),
        t,
        key=f"believe_{image.attrs['sha256'][:12]}",
    )
    if found is None:
        return
    gauge = found[1].gauges[0]
    with st.container(border=True):
        card.gauge(
            t("landcover.public.believe"),
            gauge.value,
            t,
            low=-0.1,
            high=0.8,
            text=t.number(max(gauge.value, 0.0), 2),
            verdict=t(f"landcover.public.{gauge.code}"),
            ends=("", t("landcover.public.surest")),
            references={t("explanations.random.name"): float(found[0].srg.sel(order="random"))},
            interval=(gauge.value - 2 * gauge.error, gauge.value + 2 * gauge.error),
            room="landcover",
        )


def _caption(t: Words, item: sources.Item, image: xr.DataArray) -> None:
    provenance.caption(sources.provenance(item, t, image, expert=False), t)


def _actions(t: Words, item: sources.Item, hiding: bool) -> None:
    st.button(
        t("landcover.public.another"),
        type="primary",
        width="stretch",
        icon=":material/arrow_forward:",
        on_click=_next,
        key="another",
    )
    if hiding:
        st.button(
            t("landcover.public.back"),
            width="stretch",
            icon=":material/undo:",
            on_click=_stop_hiding,
            key="back",
        )
    else:
        st.button(
            t("landcover.public.hide"),
            width="stretch",
            icon=":material/visibility_off:",
            on_click=_start_hiding,
            args=(item,),
            key="hide",
        )


def _start_hiding(item: sources.Item) -> None:
    st.session_state["hiding"] = item.name
    st.session_state["places"] = []


def _stop_hiding() -> None:
    st.session_state.pop("hiding", None)


def _hide_here(t: Words, item: sources.Item, image: xr.DataArray) -> None:
    """Let the visitor cover squares of the picture by touching it."""
    places: list[tuple[int, int]] = st.session_state.setdefault("places", [])
    labels = draw.map_labels(t, map=t("landcover.map.image"), opacity=t("landcover.map.opacity"))
    spot = picture(draw.edited(image, places, SQUARE), key="hide_here", labels=labels)
    if (at := draw.pixel(image, spot)) is not None:
        corner = (max(at[0] - SQUARE // 2, 0), max(at[1] - SQUARE // 2, 0))
        if corner not in places:
            places.append(corner)
            st.rerun()


def _moved(t: Words, before: float, after: float, flipped: bool) -> str:
    """Say in one word what hiding did, as far as the percentages written show it."""
    return "flipped" if flipped else "same" if t.percent(before) == t.percent(after) else "moved"


def _hidden(t: Words, item: sources.Item, model: Classifier, image: xr.DataArray, answer: str) -> None:
    """Say how the probability moved."""
    places = st.session_state.get("places", [])
    if not places:
        return
    change = compute.hidden(model, image, answer, places, SQUARE)
    before, after = (float(p.sel({"class": answer})) for p in (change.before, change.after))
    st.markdown(
        t(
            f"landcover.public.hide_{_moved(t, before, after, change.flipped)}",
            n=len(places),
            before=before,
            after=after,
            answer=t(f"classes.{answer}.a"),
            now=t(f"classes.{change.answer}.a"),
        )
    )
    card.bars(
        [
            card.Bar(t("landcover.public.whole"), before),
            card.Bar(t("landcover.public.with_hole"), after, main=True),
        ],
        t,
        label=t("landcover.public.how_sure"),
        room="landcover",
    )
