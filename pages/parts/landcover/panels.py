"""What stands beside and under the two explanations: gauges, curves, bands, hiding, agreement, results."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st
import xarray as xr

from eogen.landcover import methods
from eogen.landcover.bands import BANDS, GROUPS
from eogen.landcover.classifier import Classifier
from eogen.landcover.hide import compare, set_band
from eogen.landcover.models import MODELS
from eogen.landcover.sanity import agreement as agree
from eogen.landcover.sanity import hit, share
from eogen.landcover.trust import shortcut_alarm
from pages.kit import card, figures, progress
from pages.kit.maps.layers import picture
from pages.kit.words import Words
from pages.parts.landcover import compute, draw

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from pages.parts.landcover.expert import Judged, Side

#: Side of the square hidden by a click, pixels.
SQUARE = 8
#: Maps compared with each other: fast, and of different families.
COMPARED = (
    "exact_evidence",
    "grad_cam",
    "layer_cam",
    "integrated_gradients",
    "gradient_shap",
    "saliency",
    "sobel",
)
#: The ends of the gauges: SRG, rank correlation, relative change.
SCALES = {"faithfulness": (-0.2, 0.8), "sanity": (0.0, 1.0), "stability": (0.0, 1.0)}


def gauges(t: Words, side: Judged) -> None:
    """Draw faithfulness, sanity and stability of one explanation."""
    controls = {
        t(f"explanations.{name}.name"): float(side.scores.srg.sel(order=name)) for name in ("random", "sobel")
    }
    for gauge in side.verdict.gauges:
        low, high = SCALES[gauge.name]
        faithful = gauge.name == "faithfulness"
        card.gauge(
            t(f"landcover.gauges.{gauge.name}"),
            gauge.value,
            t,
            low=low,
            high=high,
            verdict=t(f"landcover.trust.{gauge.code}"),
            interval=(gauge.value - 2 * gauge.error, gauge.value + 2 * gauge.error)
            if gauge.error == gauge.error
            else None,
            references=controls if faithful else None,
            room="landcover",
        )


def pointing(t: Words, side: Side, truth: xr.DataArray) -> None:
    """Say how much of the evidence lies on the true object, beside what chance would give."""
    evidence, mask = side.evidence.evidence.values, truth.values
    st.caption(
        t(
            "landcover.truth.hit" if hit(evidence, mask) else "landcover.truth.miss",
            share=share(evidence, mask),
            chance=float(mask.mean()),
        )
    )


def alarm(t: Words, model: Classifier, image: xr.DataArray, target: str) -> None:
    """Warn when the answer leans on the bands that see the air."""
    if "B10" not in model.bands:
        return
    shapley = compute.explain(model, image, target, "group_shapley")
    if (found := shortcut_alarm(shapley)) is not None:
        st.warning(
            t(f"landcover.alarm.{found.code}", bands=t.list(found.bands), share=found.share),
            icon=":material/warning:",
        )


def _removal(t: Words, side: Judged) -> go.Figure:
    """Return the curves of one side."""
    method, scores = side.method, side.scores
    figure = figures.figure(
        t,
        x=figures.axis(t("landcover.removal.removed"), "%", range=[0, 100]),
        y=figures.axis(t("landcover.removal.probability"), "%", range=[0, 100]),
        legend=True,
        height=300,
    )
    for name, label, shade, width in (
        ("evidence", t(f"explanations.{method}.name"), figures.ACCENT["landcover"], 3),
        ("sobel", t("explanations.sobel.name"), figures.SEQUENCE[5], 1.5),
        ("random", t("explanations.random.name"), figures.BASELINE, 1.5),
    ):
        for first, dash in (("most", "solid"), ("least", "dot")):
            figure.add_scatter(
                x=100 * scores.removed.values,
                y=100 * scores.score.sel(order=name, first=first).values,
                name=label,
                legendgroup=name,
                showlegend=first == "most",
                line={"color": shade, "width": width, "dash": dash},
            )
    return figure


def removal(t: Words, sides: list[Judged]) -> None:
    """Draw what happens to the probability while the image is removed in the order of each map."""
    st.markdown(t("landcover.removal.lead"))
    for column, side in zip(st.columns(2, gap="large"), sides, strict=False):
        with column:
            seen = side.scores.score.values.tobytes() + side.scores.removed.values.tobytes()
            figure = figures.kept(("removal", t.lang, side.method, seen), partial(_removal, t, side))
            srg = float(side.scores.srg.sel(order="evidence"))
            figures.show(
                figure,
                key=f"removal_{side.name}",
                alt=t("landcover.removal.alt", method=t(f"explanations.{side.method}.name"), gain=srg),
                expert=True,
            )
    st.caption(t("landcover.removal.note"))
    if any(MODELS[side.model.name].additive for side in sides):
        st.caption(t("landcover.removal.additive"))


def bands(t: Words, sides: list[Side], image: xr.DataArray, target: str) -> None:
    """Draw exact Shapley values by spectral group, by band on request, and a what-if on one band."""
    st.markdown(t("landcover.bands.lead"))
    models = {side.model.name: side.model for side in sides}
    found: dict[str, list[xr.DataArray]] = {}
    for model in models.values():
        groups = compute.explain(model, image, target, "group_shapley").shapley
        fine = progress.run(
            t("landcover.working", method=t("landcover.bands.by_band")),
            lambda report, model=model: compute.explain(model, image, target, "band_shapley"),
            t,
            key=f"bands_{model.name}_{target}_{image.attrs['sha256'][:8]}",
        )
        found[model.name] = [groups] if fine is None else [groups, fine.shapley]
    top = max(float(abs(values).max()) for kinds in found.values() for values in kinds)
    for column, (name, kinds) in zip(st.columns(len(found), gap="large"), found.items(), strict=True):
        with column:
            st.markdown(f"**{t(f'models.{name}.name')}**")
            for values in kinds:
                _signed_bars(t, values, top)
    st.caption(t("landcover.bands.note"))
    _what_if_band(t, sides[0].model, image, target)


def _signed_bars(t: Words, values: xr.DataArray, top: float) -> None:
    """Draw Shapley values by group or by band; ``top`` fills half a track, the same in all lists of the panel."""
    (kind,) = values.dims
    rows = []
    for name, value in zip(values[kind].values.tolist(), values.values.tolist(), strict=True):
        if kind == "band":
            label, note = (
                f"{name} · {t(f'bands.{name}')}",
                t("bands.wavelength", wavelength=BANDS[name].wavelength),
            )
        else:
            label = t(f"groups.{name}.name") if name in GROUPS else f"{name} · {t(f'bands.{name}')}"
            note = ", ".join(b.name for b in BANDS.values() if b.group == name)
        rows.append(card.Bar(label, value, t.percent(value, 1, signed=True), note))
    card.bars(rows, t, label=t("landcover.bands.label"), room="landcover", top=top, signed=True)


def _what_if_band(t: Words, model: Classifier, image: xr.DataArray, target: str) -> None:
    """Let the reader brighten or darken one band and watch the probability."""
    left, right = st.columns([1, 1.4], gap="large")
    with left:
        band = st.selectbox(
            t("landcover.bands.which"),
            model.bands,
            format_func=lambda b: f"{b} · {t(f'bands.{b}')}",
            key="what_if_band",
        )
        factor = st.select_slider(
            t("landcover.bands.factor"),
            [step / 20 for step in range(61)],
            1.0,
            format_func=lambda f: t.number(f, 2),
            key="what_if_factor",
        )
    with right:
        change = compare(model, image, set_band(image, band, factor=factor), target)
        before, after = (float(p.sel({"class": target})) for p in (change.before, change.after))
        card.bars(
            [
                card.Bar(t("landcover.hide.before"), before),
                card.Bar(t("landcover.bands.after"), after, main=True),
            ],
            t,
            label=t("landcover.bands.what_if"),
            room="landcover",
        )
        st.caption(t("landcover.bands.synthetic"))


@st.fragment
def hide(t: Words, model: Classifier, image: xr.DataArray, target: str) -> None:
    """Let the reader cover squares and watch the probability; show the par score."""
    key = f"hidden_{image.attrs['sha256'][:12]}"
    places: list[tuple[int, int]] = st.session_state.setdefault(key, [])
    left, right = st.columns([1, 1.2], gap="large")
    change = compute.hidden(model, image, target, places, SQUARE)
    with left:
        spot = picture(
            draw.edited(image, places, SQUARE),
            key="expert_hide",
            labels=draw.map_labels(t, map=t("landcover.map.image"), opacity=t("landcover.map.opacity")),
        )
        if (at := draw.pixel(image, spot)) is not None:
            corner = (at[0] // SQUARE * SQUARE, at[1] // SQUARE * SQUARE)
            places.remove(corner) if corner in places else places.append(corner)
            st.rerun(scope="fragment")
    with right:
        st.markdown(t("landcover.hide.lead", size=SQUARE))
        before, after = (float(p.sel({"class": target})) for p in (change.before, change.after))
        card.bars(
            [
                card.Bar(t("landcover.hide.before"), before),
                card.Bar(t("landcover.hide.after"), after, main=True),
            ],
            t,
            label=t("landcover.hide.label"),
            room="landcover",
        )
        st.markdown(t("landcover.hide.now", answer=t(f"classes.{change.answer}.name"), n=len(places)))
        par = compute.smallest(model, image, SQUARE)
        st.markdown(
            t("landcover.hide.par", n=len(par.places), answer=t(f"classes.{par.answer}.name"))
            if par.flipped
            else t("landcover.hide.no_par")
        )
        if places:
            st.button(
                t("landcover.hide.clear"), on_click=places.clear, icon=":material/undo:", key="hide_clear"
            )


def agreement(t: Words, model: Classifier, image: xr.DataArray, target: str) -> None:
    """Show how far the methods disagree with each other on this image."""
    st.markdown(t("landcover.agreement.lead"))
    offered = [name for name in COMPARED if name in methods.available(model)]

    def work(report: progress.Progress) -> xr.DataArray:
        maps = {}
        for done, name in enumerate(offered):
            report(done, len(offered), "explain")
            maps[name] = compute.explain(model, image, target, name).evidence.values
        return agree(maps)

    matrix = progress.run(
        t("landcover.agreement.working"),
        work,
        t,
        key=f"agree_{model.name}_{target}_{image.attrs['sha256'][:8]}",
    )
    if matrix is None:
        return
    names = [t(f"explanations.{name}.name") for name in matrix.one.values]
    figure = figures.figure(
        t,
        x=figures.axis(t("landcover.agreement.method"), ""),
        y=figures.axis(t("landcover.agreement.method"), "", autorange="reversed"),
        height=420,
    )
    figure.add_heatmap(
        x=names,
        y=names,
        z=matrix.values,
        zmin=-1,
        zmax=1,
        colorscale=figures.scale("signed"),
        text=[[t.number(float(value), 2) for value in row] for row in matrix.values],
        texttemplate="%{text}",
        colorbar={"title": {"text": t("landcover.agreement.unit")}},
    )
    figures.show(figure, key="agreement", alt=t("landcover.agreement.alt"), expert=True)
