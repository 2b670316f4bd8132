"""Cases of single images: does an explanation justify the answer, and is the answer what one sees?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr

from eogen.colour import Scale, table
from eogen.errors import InputError
from eogen.landcover import methods, models, render, shelf
from eogen.landcover.classifier import Classifier
from eogen.landcover.methods import EXPLANATIONS
from eogen.progress import Progress
from eogen.verdicts.kinds import Case, Panel
from eogen.verdicts.pictures import legend, png

#: One image in so many also carries each control.
CONTROLLED = 5
#: Control whose map holds nothing of the image: what it lights up justifies nothing. (Edges may, by luck, do.)
KNOWN_BAD = "random"
#: What evidence is drawn in, the same for every method: a scale of its own would give the method away.
SCALE = Scale("cividis", 0.0, 1.0)
#: Opacity of the strongest evidence, and light left to the image below.
OPACITY, LIGHT = 0.92, 0.55


def model_names() -> list[str]:
    """Return the networks whose weights are on this machine, the one that explains itself first."""
    there = [name for name, spec in models.MODELS.items() if spec.path.is_file()]
    return sorted(there, key=lambda name: not models.MODELS[name].additive)


def method_names() -> list[str]:
    """Return the explanations that look at the network; controls come by themselves."""
    return [e.name for e in EXPLANATIONS.values() if e.kind == "where" and not e.control]


def explanations(options: Mapping[str, Any], progress: Progress) -> list[Case]:
    """Return one case for each image and explanation, and the controls of one image in five.

    The score is the calibrated probability of the answer that is to be justified: where the network doubts, so may its
    explanation.

    Raises:
        InputError: ``method_needs`` for an explanation that the network does not allow; ``landcover_judged_bands``.
    """
    model = classifier(options["landcover_model"])
    allowed = methods.available(model)
    for name in options["landcover_methods"]:
        if name not in allowed:
            raise methods.needs(name, EXPLANATIONS[name].needs)
    controls = [e.name for e in EXPLANATIONS.values() if e.control]
    found = []
    for number, (held, said, chance) in enumerate(_answered(model, options["landcover_source"], progress)):
        some = controls if number % CONTROLLED == 0 else []
        for name in (*options["landcover_methods"], *some):
            found.append(
                _case(
                    held, model, said, chance, method=name, truth="not_sensible" if name == KNOWN_BAD else ""
                )
            )
    return found


def labels(options: Mapping[str, Any], progress: Progress) -> list[Case]:
    """Return one case for each image: the class that the network says, with its calibrated probability.

    Images that the network learnt from are left out: it would be right, and sure of it, without knowing anything.

    Raises:
        InputError: ``landcover_judged_bands``; ``landcover_judged_seen`` where no image is left.
    """
    model = classifier(options["landcover_model"])
    return [
        _case(held, model, said, chance, method=model.name, truth="right" if said == held.label else "wrong")
        for held, said, chance in _answered(model, options["landcover_source"], progress, unseen=True)
    ]


def draw_explanation(case: Case) -> tuple[Panel, ...]:
    """Return the image, and the image with what speaks for the answer lit up.

    Raises:
        Unavailable: ``landcover_case_gone``, ``no_model_weights``.
    """
    facts = case.facts
    image = _image(str(facts["source"]), str(facts["image"]))
    said = str(facts["said"])
    evidence = methods.explain(classifier(str(facts["model"])), image, said, case.method).evidence.values
    return (
        Panel(f"landcover_said_{said}", png(render.bright(image))),
        Panel(
            "landcover_evidence",
            png(lit(render.bright(image), evidence)),
            legend(SCALE, "landcover_evidence"),
        ),
    )


def draw_label(case: Case) -> tuple[Panel, ...]:
    """Return the image, and where it has the band, the same with plants in red.

    Raises:
        Unavailable: ``landcover_case_gone``.
    """
    facts = case.facts
    image = _image(str(facts["source"]), str(facts["image"]))
    panels = [Panel(f"landcover_said_{facts['said']}", png(render.bright(image)))]
    if "B08" in image["band"].values:
        panels.append(Panel("landcover_infrared", png(render.false_colour(image))))
    return tuple(panels)


def lit(pixels: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    """Return pixels (y, x, 3) darkened, with the evidence (y, x) that speaks for the answer over them.

    Evidence is shown as a share of its own strongest hundredth, 0 to 1; what speaks against the answer is 0.
    """
    speaks = np.nan_to_num(evidence.astype(np.float64)).clip(0)
    share = (speaks / (np.quantile(speaks, 0.99) or 1.0)).clip(0, 1)
    grey = pixels.astype(np.float64).mean(-1, keepdims=True) * LIGHT
    weight = OPACITY * share[..., None]
    colour = table(SCALE.name)[np.round(share * 255).astype(int)]
    return (grey * (1 - weight) + colour * weight).round().astype(np.uint8)


def classifier(name: str) -> Classifier:
    """Return a trained network, read once.

    Raises:
        InputError: ``unknown_model``.
        Unavailable: ``no_model_weights``.
    """
    return _classifier(name, models.weights_stamp(name))


@lru_cache(maxsize=3)
def _classifier(name: str, stamp: str) -> Classifier:
    return models.load(name)


@lru_cache(maxsize=64)
def _image(source: str, name: str) -> xr.DataArray:
    return shelf.image(source, name)


def _answered(
    model: Classifier, source: str, progress: Progress, *, unseen: bool = False
) -> Iterator[tuple[shelf.Shelved, str, float]]:
    """Yield images, of those the network did not learn from alone if asked, its answer and the probability of that."""
    held = [s for s in shelf.images(source) if not (unseen and _learnt(model, s))]
    if not held:
        raise InputError(
            "landcover_judged_seen",
            "The network {model} learnt from every image of {source} that is here; choose another model or source.",
            model=model.name, source=source,
        )  # fmt: skip
    for number, one in enumerate(held):
        progress(number, len(held), "predict")
        image = _image(source, one.name)
        if missing := [b for b in model.bands if b not in image["band"].values]:
            raise InputError(
                "landcover_judged_bands",
                "The images of {source} lack {count} of the bands that {model} reads ({missing}); choose another model "
                "or source.",
                source=source, count=len(missing), model=model.name, missing=", ".join(missing),
            )  # fmt: skip
        probability = model.predict(image)["probability"]
        best = int(probability.values.argmax())
        yield one, str(probability["class"].values[best]), float(probability.values[best])


def _case(
    held: shelf.Shelved, model: Classifier, said: str, chance: float, *, method: str, truth: str
) -> Case:
    """Return the case of an image and its answer."""
    name, licence = shelf.SETS[held.source]
    return Case(
        item=f"{held.source}/{held.name[:16]}/{model.name}/{method}",
        dataset=held.source,
        scene=held.name[:16],
        facts={
            "source": held.source, "image": held.name, "model": model.name, "said": said, "chance": round(chance, 4),
            "learnt": _learnt(model, held),
        },
        method=method,
        weights=model.sha256,
        stratum=said,
        score=chance,
        truth=truth,
        origin="simulated" if held.source == "simulated" else "real",
        source=name,
        licence=licence,
    )  # fmt: skip


def _learnt(model: Classifier, held: shelf.Shelved) -> bool:
    """Return whether the network learnt from an image."""
    return held.source != "simulated" and models.seen(model.name, held.name)
