"""A prior edited by hand: the controls of one variable at a time; all edits live in the address."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import streamlit as st

from eogen.canopy.crops import COVERS, HierarchicalPrior
from eogen.canopy.priors import JointPrior
from eogen.canopy.space import INFERRED
from eogen.canopy.variables import VARIABLES, Prior
from pages.kit.address import choose
from pages.kit.words import Words
from pages.parts.canopy import names

#: Steps of a slider, and of the weights of the covers.
STEPS, WEIGHTS = 80, 10
#: Names of the parameters of the address.
EDITS, SHARES = "edits", "shares"
_LAWS = {"u": "uniform", "n": "normal"}


def write(laws: Mapping[str, Prior]) -> str:
    """``{"lai": Prior(1, 6, "uniform")}`` -> ``"lai:u:1:6"``; several are separated by commas.

    >>> write({"cab": Prior(20, 60, "normal", 45, 10, (45, 60))})
    'cab:n:20:60:45:10:45:60'
    """
    rows = []
    for name, law in laws.items():
        numbers = [law.low, law.high]
        if law.law == "normal":
            numbers += [law.loc, law.scale]
        numbers += list(law.narrow or ())
        rows.append(":".join([name, law.law[0], *(f"{x:.6g}" for x in numbers)]))
    return ",".join(rows)


def parse(text: str) -> dict[str, Prior]:
    """Return what :func:`write` wrote; parts that make no sense are passed over.

    >>> parse("lai:u:1:6,cab:x:1,²:u:1:2,ala:n:30:80")
    {'lai': Prior(low=1.0, high=6.0, law='uniform', loc=None, scale=None, narrow=None)}
    """
    found = {}
    for part in text[:600].split(","):
        name, _, rest = part.partition(":")
        kind, *given = rest.split(":")
        try:
            numbers = [float(x) for x in given]
        except ValueError:
            continue
        least = {"u": 2, "n": 4}.get(kind)
        if name not in INFERRED or least is None or len(numbers) not in (least, least + 2):
            continue
        if not np.isfinite(numbers).all():
            continue
        loc, scale = numbers[2:4] if kind == "n" else (None, None)
        narrow = (numbers[least], numbers[least + 1]) if len(numbers) > least else None
        found[name] = Prior(numbers[0], numbers[1], _LAWS[kind], loc, scale, narrow)
    return found


def shares(t: Words, before: JointPrior, turn: int) -> dict[str, float] | None:
    """Draw the weights of the covers of a prior of two levels; return them, or None where it has one level."""
    if not isinstance(before, HierarchicalPrior):
        return None
    asked = st.query_params.get(SHARES, "").split("-")
    held = [min(int(x), WEIGHTS) if x.isdecimal() and x.isascii() else 1 for x in asked]
    held = held if len(held) == len(COVERS) else [1] * len(COVERS)
    with st.popover(t("canopy.studio.shares"), icon=":material/grass:"):
        found = {
            name: st.slider(t(f"canopy.studio.covers.{name}"), 0, WEIGHTS, value, key=f"share_{name}_{turn}")
            for (name, value) in zip(before.names, held, strict=True)
        }
    if set(found.values()) == {1}:
        st.query_params.pop(SHARES, None)
    else:
        st.query_params[SHARES] = "-".join(map(str, found.values()))
    return {name: float(value) for name, value in found.items()}


def law(t: Words, name: str, before: Prior, now: Prior, key: str) -> Prior:
    """Draw the controls of one variable's law; return it.

    Args:
        t: the reader's language.
        name: of the variable.
        before: its law before any edit.
        now: its present law.
        key: names the widgets.
    """
    kind = choose(
        partial(st.segmented_control, required=True),
        t("canopy.studio.law"),
        list(_LAWS.values()),
        name=f"law_{key}",
        default=now.law,
        format_func=lambda value: t(f"canopy.studio.laws.{value}"),
    )
    st.query_params.pop(f"law_{key}", None)  # the edits themselves are in the address
    write_value = partial(names.value, t, name)
    least, most = VARIABLES[name].low, VARIABLES[name].high
    unit = f" ({names.unit(name)})" if names.unit(name) else ""
    ends = _options(least, most, before.low, before.high, now.low, now.high)
    low, high = st.select_slider(
        t("canopy.studio.bounds") + unit,
        ends,
        (now.low, now.high),
        format_func=write_value,
        key=f"bounds_{key}",
    )
    if low >= high:  # both ends on one step: the sentence of the science wing says so
        return Prior(low, high, "uniform")
    loc = scale = None
    if kind == "normal":
        span = before.high - before.low
        centre = before.loc if now.loc is None else now.loc
        centre = (low + high) / 2 if centre is None else centre
        width = now.scale or before.scale or span / 4
        loc = st.select_slider(
            t("canopy.studio.centre") + unit, _options(least, most, before.low, before.high, centre), centre,
            format_func=write_value, key=f"centre_{key}",
        )  # fmt: skip
        scale = st.select_slider(
            t("canopy.studio.spread") + unit, _options(span / 40, 1.5 * span, width), width,
            format_func=write_value, key=f"spread_{key}",
        )  # fmt: skip
    return Prior(low, high, kind, loc, scale, _narrow(t, name, now, (low, high), key))


def _narrow(
    t: Words, name: str, now: Prior, ends: tuple[float, float], key: str
) -> tuple[float, float] | None:
    """Draw the range at the greatest leaf area, which ties a variable to leaf area."""
    if name == "lai":
        return None
    if not st.checkbox(t("canopy.studio.tied"), now.narrow is not None, key=f"tied_{key}"):
        return None
    held = now.narrow or ends
    held = (min(max(held[0], ends[0]), ends[1]), min(max(held[1], ends[0]), ends[1]))
    return st.select_slider(
        t("canopy.studio.narrow"), _options(*ends, *held), held,
        format_func=partial(names.value, t, name), key=f"narrow_{key}_{ends[0]:.4g}_{ends[1]:.4g}",
    )  # fmt: skip


def _options(low: float, high: float, *others: float) -> list[float]:
    """Return even steps from low to high, and some values that must be among them."""
    return sorted({*map(float, np.linspace(low, high, STEPS + 1)), *map(float, others)})
