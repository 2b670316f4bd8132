"""The explanations of the room: one row per method, and :func:`explain`, which runs any of them.

To add a method: write ``run(question, **parameters)`` in a file of its own and add a row. The page, the
evaluation and the tests read the rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, Literal

import numpy as np
import xarray as xr

from eogen.errors import InputError
from eogen.landcover.band_shapley import band_shapley, band_shapley_exact, group_shapley
from eogen.landcover.cam import exact_evidence, grad_cam, layer_cam
from eogen.landcover.controls import random_map, sobel
from eogen.landcover.gradients import (
    input_x_gradient,
    integrated_gradients,
    occlusion,
    saliency,
    smooth_grad,
)
from eogen.landcover.question import OUTPUTS, Explainable, Question, ask, missing
from eogen.landcover.shapley import gradient_shap, kernel_shap, partition_shap


@dataclass(frozen=True)
class Explanation:
    """One way to explain.

    Attributes:
        name: stable snake_case name; ``landcover.methods.<name>`` in the words files is its title.
        run: answers a :class:`Question` with evidence (y, x), or with a Dataset of bands.
        paper: who proposed it.
        needs: what the network must offer: ``"forward"``, ``"gradient"``, ``"cam_layer"``, ``"evidence"``;
            ``"nothing"`` marks the controls, which never look at the network.
        signed: whether negative values speak against the class.
        kind: ``"where"`` (a map) or ``"bands"``.
        milliseconds: typical time for 64x64x13 on one core.
        output: number that is explained unless the caller says otherwise.
        parameters: defaults that differ from those of ``run``.
    """

    name: str
    run: Callable[..., Any]
    paper: str
    needs: Literal["nothing", "forward", "gradient", "cam_layer", "evidence"]
    signed: bool
    milliseconds: float
    kind: Literal["where", "bands"] = "where"
    output: str = "logit"
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return the key of the title in the words files."""
        return f"landcover.methods.{self.name}"

    @property
    def control(self) -> bool:
        """Return whether the method is a control that never looks at the network."""
        return self.needs == "nothing"

    @property
    def settings(self) -> dict[str, Any]:
        """Return every parameter with its default."""
        own = {k: p.default for k, p in signature(self.run).parameters.items() if k != "question"}
        return own | dict(self.parameters)


_ROWS = (
    Explanation(
        "exact_evidence", exact_evidence, "EOGen index network; CAM: Zhou et al. 2016", "evidence", True, 2
    ),
    Explanation("grad_cam", grad_cam, "Selvaraju et al. 2017", "cam_layer", True, 4),
    Explanation("layer_cam", layer_cam, "Jiang et al. 2021", "cam_layer", False, 4),
    Explanation(
        "gradient_shap", gradient_shap, "Lundberg & Lee 2017; Erion et al. 2021", "gradient", True, 120
    ),
    Explanation(
        "integrated_gradients", integrated_gradients, "Sundararajan et al. 2017", "gradient", True, 120
    ),
    Explanation("saliency", saliency, "Simonyan et al. 2014", "gradient", False, 5),
    Explanation("input_x_gradient", input_x_gradient, "Shrikumar et al. 2017", "gradient", True, 5),
    Explanation("smooth_grad", smooth_grad, "Smilkov et al. 2017", "gradient", False, 80),
    Explanation("occlusion", occlusion, "Zeiler & Fergus 2014", "forward", True, 300),
    Explanation("partition_shap", partition_shap, "Owen 1977; Lundberg & Lee 2017", "forward", True, 500),
    Explanation(
        "kernel_shap", kernel_shap, "Lundberg & Lee 2017; SLIC: Achanta et al. 2012", "forward", True, 500
    ),
    Explanation("random", random_map, "control", "nothing", False, 0.1),
    Explanation("sobel", sobel, "control: Sobel edges of the luminance", "nothing", False, 0.5),
    Explanation(
        "group_shapley",
        group_shapley,
        "Shapley 1953",
        "forward",
        True,
        60,
        kind="bands",
        output="probability",
    ),
    Explanation(
        "band_shapley",
        band_shapley,
        "Shapley 1953; Mitchell et al. 2022",
        "forward",
        True,
        600,
        kind="bands",
        output="probability",
    ),
    Explanation(
        "band_shapley_exact",
        band_shapley_exact,
        "Shapley 1953",
        "forward",
        True,
        20_000,
        kind="bands",
        output="probability",
    ),
)

#: Every explanation by name, best first for a menu; the controls and the bands come last.
EXPLANATIONS: dict[str, Explanation] = {row.name: row for row in _ROWS}


def method(name: str) -> Explanation:
    """Return a row of the registry.

    Raises:
        InputError: ``unknown_method``.
    """
    if name not in EXPLANATIONS:
        raise InputError(
            "unknown_method",
            "There is no explanation called {given!r}; choose one of {known}.",
            given=name,
            known=", ".join(EXPLANATIONS),
        )
    return EXPLANATIONS[name]


def suits(explanation: Explanation, module: object) -> bool:
    """Return whether a network offers what the explanation needs."""
    return explanation.needs in ("nothing", "forward", "gradient") or hasattr(module, explanation.needs)


def available(classifier: Explainable, kind: str = "where") -> list[str]:
    """Return the names of the explanations of one kind that this classifier's network allows."""
    with classifier.exclusive() as module:
        return [e.name for e in EXPLANATIONS.values() if e.kind == kind and suits(e, module)]


def needs(name: str, part: str) -> InputError:
    """Return the error of a method that asks for a part the network has not."""
    return InputError(
        "method_needs",
        "{method} needs a network with {needs}, which this one has not; choose another method or model.",
        method=name,
        needs=part,
    )


def answer(question: Question, name: str, **parameters: Any) -> Any:
    """Answer a question with a method of the registry: evidence (y, x) float32, or a Dataset of bands.

    Raises:
        InputError: ``unknown_method``, ``method_needs``, ``unknown_parameter``.
    """
    row = method(name)
    if not suits(row, question.module):
        raise needs(name, row.needs)
    if unknown := set(parameters) - set(row.settings):
        raise InputError(
            "unknown_parameter",
            "{method} has no parameter {given}; it has {known}.",
            method=name,
            given=", ".join(sorted(unknown)),
            known=", ".join(row.settings) or "none",
        )
    return row.run(question, **(dict(row.parameters) | parameters))


def explain(
    classifier: Explainable,
    image: xr.DataArray,
    target: str | int,
    method_name: str,
    *,
    seed: int = 0,
    output: str | None = None,
    **parameters: Any,
) -> xr.Dataset:
    """Explain why ``classifier`` gives ``target`` the score it gives.

    Args:
        classifier: a loaded model.
        image: reflectance ("band", "y", "x"), any size the model accepts; missing pixels count as the mean.
        target: class name or index.
        method_name: a key of :data:`EXPLANATIONS`.
        seed: of whatever is random in the method.
        output: ``"logit"``, ``"log_odds"`` or ``"probability"``; default: the method's own.
        **parameters: of the method, see ``EXPLANATIONS[name].settings``.

    Returns:
        ``evidence`` (y, x) float32, NaN where the image has no value, on the image's coordinates and CRS; for
        methods of kind "bands" ``shapley`` over "group" or "band". attrs: method, target, output, seconds,
        signed (0 or 1), seed, model, model_sha256, image_sha256, and the parameters as text.

    Raises:
        InputError: ``unknown_method``, ``unknown_parameter``, ``unknown_output``, ``unknown_class``,
            ``method_needs``, ``no_valid_pixels``, ``missing_bands``.
    """
    row = method(method_name)
    output = output or row.output
    with classifier.exclusive() as module:
        question = ask(classifier, module, image, target, output=output, seed=seed)
        start = time.perf_counter()
        found = answer(question, method_name, **parameters)
        seconds = time.perf_counter() - start
    if row.kind == "where":
        found = on_image(found, image, classifier.bands, OUTPUTS[output] if row.signed else "1")
    found.attrs |= {
        "method": method_name,
        "target": str(classifier.classes[question.target]),
        "output": output,
        "seconds": seconds,
        "signed": int(row.signed),
        "seed": seed,
        "model": classifier.name,
        "model_sha256": classifier.sha256,
        "image_sha256": str(image.attrs.get("sha256", "")),
        "parameters": ", ".join(f"{k}={v}" for k, v in (row.settings | parameters).items()),
    }
    return found


def on_image(evidence: np.ndarray, image: xr.DataArray, bands: tuple[str, ...], units: str) -> xr.Dataset:
    """Lay evidence (y, x) on the coordinates and CRS of its image, NaN where a band is missing."""
    place = image.isel(band=0, drop=True)
    values = np.where(missing(image, bands), np.nan, evidence).astype(np.float32)
    data = xr.DataArray(
        values, place.coords, place.dims, name="evidence", attrs={"units": units, "long_name": "evidence"}
    )
    return data.to_dataset()
