"""The expert view: one spectrum, what two families and the reference believe of it, and how far to trust them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import streamlit as st
from torch import Tensor

from eogen.canopy.methods import FAMILIES, Family
from pages.kit import card, progress, provenance
from pages.kit.address import choose
from pages.kit.errors import guard
from pages.kit.hall import Visitor
from pages.kit.words import Words
from pages.parts.canopy import compute, exports, inspector, menu, names, sources
from pages.parts.canopy.compute import Belief
from pages.parts.canopy.sources import Scene, Spot


@dataclass(frozen=True)
class View:
    """What is on the screen: what every panel is given.

    Attributes:
        spot: the spectrum that is looked at.
        scene: the picture it comes from, where it comes from one.
        beliefs: of the chosen families, and of the reference where it was asked for.
        source: of the menu that the spectrum comes from.
    """

    spot: Spot
    scene: Scene | None
    beliefs: list[Belief]
    source: str = ""


def show(guest: Visitor) -> None:
    """Draw the page. The stage holds controls and pictures: on a phone the pictures come first."""
    t = guest.words
    if not compute.families():
        compute.encoder("flow")  # says which command makes the weights
    with st.container(key="canopy_stage"):
        with st.container(key="canopy_controls"):
            columns = st.columns([1.3, 1.3, 1.3, 1.3, 1.1])
            source = menu.source(t, columns[0])
        left, right = st.columns([2, 1], gap="large")
    found = None
    with left, guard(t):
        found = menu.OFFERED[source](t, columns[1])
    if found is None:
        return
    spot, scene = found
    pair = _families(t, spot, columns[2:4])
    wanted = find_spec("eogen.canopy.reference") is not None and menu.reference(t, columns[4])
    with right:
        beliefs = [compute.belief(name, spot.key, spot.seen) for name in dict.fromkeys(pair)]
        if wanted and (found := _reference(t, spot, FAMILIES[pair[0]])) is not None:
            beliefs.append(found)
        _summary(t, spot, beliefs)
    view = View(spot, scene, beliefs, source)
    panel = _panel(t, view)
    exports.bar(t, view, panel)


def _families(t: Words, spot: Spot, columns: list) -> list[str]:
    """Draw the choice of the two families; return them."""
    offered = compute.suited(spot.seen)
    if not offered:
        raise compute.no_field_model()
    order = ("field", "flow", "independent") if spot.real else ("flow", "independent")
    first = [name for name in (*order, *offered) if name in offered]
    first = list(dict.fromkeys(first))
    wanted = {"a": first[0], "b": first[1] if len(first) > 1 else first[0]}
    glossary = "\n\n".join(
        f"**{t(f'canopy.families.{name}.name')}** · {t(f'canopy.families.{name}.sentence')}"
        for name in offered
    )
    return [
        choose(
            column.selectbox,
            t(f"canopy.controls.family_{side}"),
            offered,
            name=f"family_{side}",
            default=wanted[side],
            format_func=lambda name: t(f"canopy.families.{name}.name"),
            help=glossary,
        )
        for side, column in zip("ab", columns, strict=True)
    ]


def _reference(t: Words, spot: Spot, like: Family) -> Belief | None:
    """Compute the reference under the prior and the noise of a family; None where it was stopped."""
    return progress.run(
        t("canopy.reference.working"),
        lambda report: compute.reference(like.prior, spot.key, spot.seen, like.noise, spot.truth, report),
        t,
        key=f"reference_{spot.key}_{like.prior}_{like.noise}",
    )


def _summary(t: Words, spot: Spot, beliefs: list[Belief]) -> None:
    """Say leaf area and canopy chlorophyll under each family, beside what is known."""
    for name in ("lai", "ccc"):
        value = sources.known(spot, name)
        top = inspector.bounds(name, beliefs)[1]
        st.markdown(f"**{names.title(t, name)}**")
        rows = []
        for one in beliefs:
            low, middle, high = (float(v) for v in one.quantile(name, [0.05, 0.5, 0.95]))
            rows.append(
                card.Bar(
                    inspector.label(t, one), middle, names.value(t, name, middle),
                    t("canopy.summary.interval", low=names.value(t, name, low), high=names.value(t, name, high)),
                    main=one is beliefs[0], low=low, high=high,
                )
            )  # fmt: skip
        if value is not None:
            said = t("canopy.inspector.truth" if spot.truth is not None else "canopy.inspector.measured")
            rows.append(card.Bar(said, value.value, names.value(t, name, value.value)))
        card.bars(rows, t, label=names.title(t, name), room="canopy", top=top)
    if spot.truth is not None:
        said = [
            t("canopy.summary.nats", name=inspector.label(t, one), nats=_nats(one, spot, spot.truth))
            for one in beliefs
        ]
        st.caption(t("canopy.summary.density", each=" · ".join(said)))
    for one in beliefs:
        _worth(t, one)
    with st.container(horizontal=True, gap="small"):
        for one in beliefs:
            if one.name != "reference":
                _, model = compute.encoder(one.name)
                provenance.model_card(model, t, key=one.name, label=inspector.label(t, one))


def _nats(one: Belief, spot: Spot, truth: Tensor) -> float:
    """Return the log density of the true canopy under a belief."""
    return one.facts["nats"] if "nats" in one.facts else compute.nats(one.name, spot.key, spot.seen, truth)


def _worth(t: Words, one: Belief) -> None:
    """Say how far draws that were computed for this pixel can be believed."""
    if one.name == "reference":
        said = t(
            "canopy.reference.said",
            prior=t(f"canopy.priors.{one.prior}.name"),
            seconds=one.seconds,
            **one.facts,
        )
        st.caption(
            f"{said} {t('canopy.reference.settled' if one.facts['settled'] else 'canopy.reference.unsettled')}"
        )
    elif "ess" in one.facts:
        st.caption(t("canopy.reference.ess", name=inspector.label(t, one), ess=one.facts["ess"]))


#: Panels: name -> file of this folder whose ``show(t, view)`` draws it; loaded only when opened.
PANELS = {
    "inspector": "inspector",
    "spectrum": "spectrum",
    "ambiguity": "ambiguity",
    "latent": "latent",
    "maps": "chipmap",
    "priors": "priors",
    "results": "results",
}


def offered() -> list[str]:
    """Return the panels whose file is there."""
    return [name for name, file in PANELS.items() if find_spec(f"pages.parts.canopy.{file}") is not None]


def _panel(t: Words, view: View) -> str:
    """Draw the chosen panel only: the others cost seconds that nobody asked for. Return its name."""
    name = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        t("canopy.panels.label"),
        offered(),
        name="panel",
        default="inspector",
        format_func=lambda p: t(f"canopy.panels.{p}"),
    )
    with guard(t):
        draw = import_module(f"pages.parts.canopy.{PANELS[name]}").show
        draw(t) if name == "results" else draw(t, view)  # measured on data sets, not on this pixel
    return name
