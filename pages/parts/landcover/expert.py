"""The expert view: two explanations side by side, their trust, the bands, what-ifs, batches, exports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st
import xarray as xr

from eogen.landcover import methods, models
from eogen.landcover.classifier import Classifier
from eogen.landcover.trust import Verdict
from pages.kit import card, progress, provenance
from pages.kit.address import choose, number
from pages.kit.errors import guard
from pages.kit.hall import Visitor
from pages.kit.send import to_validation
from pages.kit.words import Words
from pages.parts.landcover import (
    batch,
    compute,
    draw,
    exports,
    mosaic,
    overview,
    panels,
    results,
    sources,
    upload,
)
from pages.parts.landcover.maps import evidence_map, title

#: What each side shows at first, when the image has its bands: (model, method).
FIRST = {
    "a": (("index_network", "exact_evidence"), ("rgb_cnn", "grad_cam")),
    "b": (("ms_cnn", "gradient_shap"), ("rgb_cnn", "gradient_shap")),
}


#: How the image under the evidence is shown.
LOOKS = ("true", "bright", "false")


@dataclass(frozen=True)
class Side:
    """One of the two explanations on the screen; ``name`` is "a" or "b"."""

    name: str
    model: Classifier
    method: str
    evidence: xr.Dataset


@dataclass(frozen=True)
class Judged(Side):
    """An explanation with the measure of its trust."""

    scores: xr.Dataset
    verdict: Verdict


def show(guest: Visitor) -> None:
    """Draw the page. The stage holds controls and pictures: on a phone the pictures come first."""
    t = guest.words
    with st.container(key="landcover_stage"):
        with st.container(key="landcover_controls"):
            columns = st.columns([1.25, 1.15, 0.75, 1.2, 1.2, 1.2, 1.2])
            item = _choose_image(t, columns[:3])
            if item is None:
                return
            chosen = _choose_sides(t, upload.image(item), columns[3:])
        overview.show(item, compute.classifier(chosen["a"][0]), t)
        image = upload.patch(item, t)
        left, right = st.columns([2, 1], gap="large")
    with right:
        target = _target(t, compute.classifier(chosen["a"][0]), image)
    sides = [side for name, pair in chosen.items() if (side := _side(t, name, *pair, image, target))]
    if len(sides) < len(chosen):
        return
    with right:
        look = choose(
            partial(st.segmented_control, required=True),
            t("landcover.looks.label"),
            [name for name in LOOKS if name != "false" or "B08" in image.band.values],
            name="look",
            default=LOOKS[0],
            format_func=lambda name: t(f"landcover.looks.{name}"),
        )
    with left:
        _pictures(t, item, image, sides, target, look)
        provenance.caption(sources.provenance(item, t, image), t)
    with right:
        _probabilities(t, item, sides, image, target)
        panels.alarm(t, sides[0].model, image, target)
    judged = _trust(t, sides, image)
    panel = _panel(t, item, judged, sides, image, target)
    if len(judged) == len(sides):
        exports.bar(t, item, image, judged, target, panel)
        _send(t, item, chosen)


def _send(t: Words, item: sources.Item, chosen: dict[str, tuple[str, str]]) -> None:
    """Draw the link that makes a campaign of such explanations: those of the first network."""
    network = chosen["a"][0]
    several = [method for model, method in chosen.values() if model == network]
    to_validation(
        t, "explanations", landcover_source=item.source, landcover_model=network,
        landcover_methods=list(dict.fromkeys(several)),
    )  # fmt: skip


def _panel(
    t: Words, item: sources.Item, judged: list[Judged], sides: list[Side], image: xr.DataArray, target: str
) -> str:
    """Draw the chosen panel only: the others cost seconds that nobody asked for. Return its name."""
    model = sides[0].model
    offered = {
        "removal": lambda: panels.removal(t, judged),
        "bands": lambda: panels.bands(t, sides, image, target),
        "hide": lambda: panels.hide(t, model, image, target),
        "agreement": lambda: panels.agreement(t, model, image, target),
        "mosaic": lambda: mosaic.show(t, item, sides, target),
        "batch": lambda: batch.show(t, model, sides[0].method),
        "results": lambda: results.show(t),
    }
    name = choose(
        partial(st.segmented_control, required=True, label_visibility="collapsed"),
        t("landcover.panels.label"),
        list(offered),
        name="panel",
        default="removal",
        format_func=lambda p: t(f"landcover.panels.{p}"),
    )
    with guard(t):
        offered[name]()
    return name


def _choose_image(t: Words, columns: list) -> sources.Item | None:
    """Draw the choice of set, class and number; return the image, or None while nothing was dropped."""
    offered = sources.available()
    source = choose(
        columns[0].selectbox,
        t("landcover.controls.set"),
        offered,
        name="set",
        default=offered[0],
        format_func=lambda s: t(f"landcover.sets.{s}"),
    )
    if source == "upload":
        with columns[1]:
            upload.offer(t, "uploader_expert")
        if (own := upload.current()) is None:
            st.info(t("landcover.upload.waiting"), icon=":material/upload:")
        return own
    labels = sources.classes(source)
    label = None
    place = columns[2] if labels else columns[1]
    if labels:
        label = choose(
            columns[1].selectbox,
            t("landcover.controls.class"),
            labels,
            name="class",
            default="River" if "River" in labels else labels[0],
            format_func=lambda c: t(f"classes.{c}.name"),
        )
    found = sources.of_class(source, label)
    n = number(
        place.number_input,
        t("landcover.controls.number", count=len(found)),
        1,
        len(found),
        name="n",
        default=1,
    )
    return found[n - 1]


def _choose_sides(t: Words, whole: xr.DataArray, columns: list) -> dict[str, tuple[str, str]]:
    """Draw the choice of model and method of both sides; return them."""
    suited = compute.suited(whole)
    chosen = {}
    for name, (model_column, method_column) in {"a": columns[:2], "b": columns[2:]}.items():
        wanted = next(pair for pair in FIRST[name] if pair[0] in suited)
        model = choose(
            model_column.selectbox,
            t(f"landcover.controls.model_{name}"),
            suited,
            name=f"model_{name}",
            default=wanted[0],
            format_func=lambda m: t(f"models.{m}.short"),
        )
        offered = methods.available(compute.classifier(model))
        method = choose(
            method_column.selectbox,
            t(f"landcover.controls.method_{name}"),
            offered,
            name=f"method_{name}",
            default=wanted[1] if wanted[1] in offered else offered[0],
            key=f"method_{name}_{model}",
            format_func=lambda m: t(f"explanations.{m}.name"),
        )
        chosen[name] = (model, method)
    return chosen


def _target(t: Words, model: Classifier, image: xr.DataArray) -> str:
    """Draw the choice of the explained class, the model's answer at first; return it."""
    order = [label for label, _ in compute.ranked(compute.predict(model, image))]
    return choose(
        st.selectbox,
        t("landcover.controls.target"),
        order,
        name="target",
        default=order[0],
        key=f"target_{image.attrs['sha256'][:8]}_{model.name}",
        format_func=lambda c: t(f"classes.{c}.name"),
    )


def _side(t: Words, name: str, model_name: str, method: str, image: xr.DataArray, target: str) -> Side | None:
    """Explain one side; None where it was stopped or cannot be."""
    model = compute.classifier(model_name)
    evidence = progress.run(
        t("landcover.working", method=t(f"explanations.{method}.name")),
        lambda report: compute.explain(model, image, target, method),
        t,
        key=f"side_{name}_{model_name}_{method}_{target}_{image.attrs['sha256'][:8]}",
    )
    return None if evidence is None else Side(name, model, method, evidence)


def _pictures(
    t: Words, item: sources.Item, image: xr.DataArray, sides: list[Side], target: str, look: str
) -> None:
    """Draw the two maps of evidence over the image, moving together, each under its legend.

    Where the true evidence is known it is outlined, and each map is scored against it.
    """
    truth = item.truth() if item.truth is not None and item.label == target else None
    scales = draw.scale([side.evidence for side in sides])
    for column, side, shades in zip(st.columns(2, gap="small"), sides, scales, strict=True):
        with column:
            evidence_map(t, side, image, side.evidence, shades, group="landcover", look=look, truth=truth)
            if truth is not None:
                panels.pointing(t, side, truth)


def _probabilities(t: Words, item: sources.Item, sides: list[Side], image: xr.DataArray, target: str) -> None:
    for model in {side.model.name: side.model for side in sides}.values():
        st.markdown(f"**{t(f'models.{model.name}.name')}**", help=t(f"models.{model.name}.sentence"))
        card.bars(
            [
                card.Bar(t(f"classes.{label}.name"), p, main=label == target)
                for label, p in compute.ranked(compute.predict(model, image), 3)
            ],
            t,
            label=t("landcover.probabilities", model=t(f"models.{model.name}.name")),
            room="landcover",
        )
        known = models.seen(model.name, image.attrs.get("source_sha256", image.attrs["sha256"]))
        if item.origin == "real":
            st.caption(t(f"landcover.{'seen' if known else 'unseen'}"))
        provenance.model_card(model.card, t, key=model.name)


def _trust(t: Words, sides: list[Side], image: xr.DataArray) -> list[Judged]:
    """Measure and draw the three gauges of every explanation, with words and with the controls."""
    judged = []
    for column, side in zip(st.columns(len(sides), gap="large"), sides, strict=True):
        with column:
            time = t.duration(side.evidence.attrs["seconds"])
            st.markdown(f"**{title(t, side)}** · {time}")
            found = progress.run(
                t("landcover.trust.working"),
                lambda report, side=side: compute.trust(side.model, image, side.evidence, progress=report),
                t,
                key=f"trust_{side.name}_{side.model.name}_{side.method}_{side.evidence.attrs['target']}"
                f"_{image.attrs['sha256'][:8]}",
            )
            if found is None:
                continue
            judged.append(Judged(**vars(side), scores=found[0], verdict=found[1]))
            st.markdown(t(f"landcover.trust.{found[1].code}"))
            panels.gauges(t, judged[-1])
    return judged
