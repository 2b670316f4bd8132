"""Several choices at once that live in the address, by their stable names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st


def several(
    widget: Callable[..., Any],
    label: str,
    options: Sequence[str],
    *,
    name: str,
    default: Sequence[str],
    **more: Any,
) -> list[str]:
    """Draw a multiple-choice widget whose value lives in ``?name=a,b``; return the chosen, in the order of ``options``.

    As :func:`pages.kit.address.choose`: what is not on offer is ignored, the default stays out of the address. None at
    all is ``?name=none``.
    """
    if name not in st.session_state:
        asked = st.query_params.get(name)
        st.session_state[name] = (
            list(default) if asked is None else [o for o in options if o in asked.split(",")]
        )
    held = widget(label, options, key=name, **more) or []
    chosen = [option for option in options if option in held]
    if chosen == list(default):
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != (value := ",".join(chosen) or "none"):
        st.query_params[name] = value
    return chosen
