"""The prior studio: edit what is believed beforehand, confront it with real spectra, replay a pixel under it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
import torch

from eogen.canopy import models
from eogen.canopy.methods import FAMILIES
from eogen.canopy.posteriors.importance import ImportanceWeighted
from eogen.canopy.prior_check import PriorCheck, edited, prior_check, widened
from eogen.canopy.priors import JointPrior, prior
from eogen.canopy.space import INFERRED, column
from eogen.canopy.variables import Prior
from pages.kit import card, export, progress
from pages.kit.address import choose
from pages.kit.errors import guard
from pages.kit.words import Words
from pages.parts.canopy import compute, names, prior_edit, prior_views, sets
from pages.parts.canopy.sources import Spot
from pages.parts.canopy.studio import Replay, Studio

if TYPE_CHECKING:
    from pages.parts.canopy.expert import View

BASES = ("legacy", "atbd", "crops")
#: Draws of a prior that figures are made of, and particles of a replay.
DRAWS, PARTICLES = 4000, 4096
#: Effective draws below which a replay says nothing.
FEW = 100
KEPT = 32


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _draws(key: str, _believed: JointPrior) -> torch.Tensor:
    return _believed.sample(DRAWS, torch.Generator().manual_seed(0))


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _check(key: tuple[str, str], _believed: JointPrior, _set: sets.Spectra) -> PriorCheck:
    return prior_check(_believed, _set.seen)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _replay(key: tuple[str, str, str, str], _believed: JointPrior | None, _here: Spot) -> Replay:
    family = key[0]
    network, _ = compute.encoder(family)
    with torch.inference_mode():
        found = ImportanceWeighted(
            network(_here.seen),
            _here.seen,
            prior=_believed,
            noise=FAMILIES[family].noise,
            particles=PARTICLES,
        )
        draws = found.sample(compute.DRAWS, torch.Generator().manual_seed(1))[:, 0]
    return Replay(draws, float(found.ess[0]), PARTICLES, float(found.log_evidence[0]))


def show(t: Words, view: View) -> None:
    """Draw the panel."""
    st.markdown(t("canopy.studio.lead"))
    left, right = st.columns([1, 1.9], gap="large")
    with left:
        studio = _edit(t)
    if studio is None:
        return
    with right:
        prior_views.before_and_after(t, studio)
    st.divider()
    st.header(t("canopy.studio.check_title"), anchor=False)
    with guard(t):
        _confront(t, studio, view)
    st.divider()
    st.header(t("canopy.studio.replay_title"), anchor=False)
    with guard(t):
        _again(t, studio, view)
    frame = prior_views.table(studio)
    export.bar(
        [
            export.Chart("canopy_prior_bands", "prior-bands"),
            export.table(f"prior-{studio.base}", lambda: frame),
        ],
        t,
        key="canopy_priors",
        address=False,
    )


def _edit(t: Words) -> Studio | None:
    """Draw the controls; return the prior before and after, or None where what was asked for is no prior."""
    base = choose(
        partial(st.segmented_control, required=True),
        t("canopy.studio.base"),
        BASES,
        name="prior",
        default=BASES[0],
        format_func=lambda name: t(f"canopy.priors.{name}.name"),
    )
    before = prior(base)
    variable = choose(
        st.selectbox,
        t("canopy.studio.variable"),
        list(INFERRED),
        name="law_of",
        default="lai",
        format_func=lambda name: names.title(t, name),
    )
    laws = prior_edit.parse(st.query_params.get(prior_edit.EDITS, ""))
    turn = st.session_state.setdefault("prior_turn", 0)
    own: Prior = before.priors[variable]
    law = prior_edit.law(t, variable, own, laws.get(variable, own), f"{base}_{variable}_{turn}")
    if law == own:
        laws.pop(variable, None)
    else:
        laws[variable] = law
    weights = prior_edit.shares(t, before, turn)
    if laws:
        st.query_params[prior_edit.EDITS] = prior_edit.write(laws)
    else:
        st.query_params.pop(prior_edit.EDITS, None)
    even = weights is None or (len(set(weights.values())) == 1 and max(weights.values()) > 0)
    if laws or not even:
        said = [t(f"canopy.variables.{name}.short") for name in laws]
        said += [] if even else [t("canopy.studio.shares")]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(t("canopy.studio.edited", names=said), width="content")
            st.button(t("canopy.studio.reset"), icon=":material/undo:", key="prior_reset", on_click=_reset)
    with guard(t):
        after = edited(before, laws, weights)
        text = f"{base}|{prior_edit.write(laws)}|{weights}"
        return Studio(
            base,
            variable,
            before,
            after,
            text,
            _draws(base, before),
            _draws(text, after),
            bool(laws) or not even,
        )
    return None


def _reset() -> None:
    st.session_state["prior_turn"] = st.session_state.get("prior_turn", 0) + 1
    for name in (prior_edit.EDITS, prior_edit.SHARES):
        st.query_params.pop(name, None)


def _confront(t: Words, studio: Studio, view: View) -> None:
    """Say whether the prior makes spectra such as the real ones."""
    offered = sets.offered(view.scene, simulated=False)
    if not offered:
        st.info(t("canopy.studio.no_set"), icon=":material/database:")
        return
    default = next((name for name in ("cesbio", "forest") if name in offered), offered[0])
    name = choose(
        partial(st.segmented_control, required=True),
        t("canopy.studio.set"),
        offered,
        name="against",
        default=default,
        format_func=lambda s: t(f"canopy.latent.sets.{s}"),
    )
    spectra = sets.load(name, view.scene)
    found = progress.run(
        t("canopy.studio.checking"),
        lambda report: [
            _check((key, spectra.key), believed, spectra)
            for key, believed in ((studio.base, studio.before), (studio.key, studio.after))
        ],
        t,
        key=f"check_{studio.key}_{spectra.key}",
    )
    if found is None:
        return
    left, right = st.columns([1.7, 1], gap="large")
    with left:
        prior_views.quantiles(t, found, studio.changed)
    with right:
        rows = []
        for which in ("far", "lonely"):
            for moment, check in zip(
                ("before", "after") if studio.changed else ("before",), found, strict=False
            ):
                label = t(f"canopy.studio.{which}")
                rows.append(
                    card.Bar(
                        label,
                        getattr(check, which),
                        note=t(f"canopy.studio.{moment}"),
                        main=moment == "after",
                    )
                )
        card.bars(rows, t, label=t("canopy.studio.share"), room="canopy")
        now = found[-1]
        worst = int(np.argmax(now.outside))
        st.caption(t("canopy.studio.ideal", n=spectra.data.sizes["pixel"]))
        st.caption(t("canopy.studio.worst", band=now.bands[worst], share=float(now.outside[worst])))
        if spectra.origin == "simulated":
            st.caption(t("canopy.studio.not_real"))


def _again(t: Words, studio: Studio, view: View) -> None:
    """Show what the posterior of the current pixel becomes under the edited prior."""
    family = next(
        (one.name for one in view.beliefs if one.name in FAMILIES and FAMILIES[one.name].trained), None
    )
    if family is None:
        st.info(t("canopy.studio.no_family"), icon=":material/help:")
        return
    believed = FAMILIES[family].prior
    st.markdown(
        t(
            "canopy.studio.replay_lead",
            family=t(f"canopy.families.{family}.name"),
            prior=t(f"canopy.priors.{believed}.name"),
        )
    )
    stamp = models.weights_stamp(family)
    first = _replay((family, stamp, view.spot.key, "own"), None, view.spot)
    again = _replay((family, stamp, view.spot.key, studio.key), studio.after, view.spot)
    quantities = ("lai", studio.variable if studio.variable != "lai" else "ccc")
    prior_views.replayed(t, quantities, first, again, view.spot)
    if out := widened(compute.encoder(family)[0].prior, studio.after):
        st.warning(
            t("canopy.studio.widened", names=[t(f"canopy.variables.{n}.short") for n in out]),
            icon=":material/warning:",
        )
    said = t("canopy.studio.effective", ess=round(again.ess), particles=again.particles)
    if again.ess < FEW or not np.isfinite(again.log_evidence):
        st.warning(said + " " + t("canopy.studio.few"), icon=":material/warning:")
    else:
        st.caption(said)
    gain = again.log_evidence - first.log_evidence
    if np.isfinite(gain):
        st.caption(t("canopy.studio.evidence", gain=gain))
    for name in quantities:
        values = [np.quantile(column(r.draws, name).numpy(), [0.05, 0.5, 0.95]) for r in (first, again)]
        low, middle, high = ([names.value(t, name, float(v[i])) for v in values] for i in range(3))
        st.caption(
            t(
                "canopy.studio.moved",
                name=names.title(t, name),
                before=t("canopy.studio.interval", middle=middle[0], low=low[0], high=high[0]),
                after=t("canopy.studio.interval", middle=middle[1], low=low[1], high=high[1]),
            )
        )
