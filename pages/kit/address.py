"""State in the address: any view can be sent, bookmarked or printed as a QR code.

Streamlit's own ``bind="query-params"`` writes the *shown* label of an option, which changes with the language; here
the stable name of the option is written, so that a link opens the same view in any language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st


def choose(
    widget: Callable[..., Any],
    label: str,
    options: Sequence[str],
    *,
    name: str,
    default: str,
    key: str | None = None,
    **more: Any,
) -> str:
    """Draw a single-choice widget whose value lives in ``?name=``; return the chosen option.

    The address sets it when the widget is first drawn in a session; a value that is not on offer is ignored. The
    default stays out of the address.

    Args:
        widget: e.g. ``st.selectbox`` or ``column.segmented_control``.
        label: of the widget, in the reader's language.
        options: stable names.
        name: of the parameter.
        default: one of ``options``.
        key: of the widget where it differs from ``name`` (a menu that depends on another menu).
        **more: handed to the widget, e.g. ``format_func``.
    """
    key = key or name
    if st.session_state.get(key) not in options:
        asked = st.query_params.get(name)
        st.session_state[key] = asked if asked in options else default
    value = widget(label, options, key=key, **more)
    _write(name, value, default)
    return value


def number(
    widget: Callable[..., Any], label: str, least: int, most: int, *, name: str, default: int, **more: Any
) -> int:
    """Draw a whole-number widget whose value lives in ``?name=``; return it. See :func:`choose`."""
    held = st.session_state.get(name)
    if held is None:
        held = whole(name, default)
    st.session_state[name] = min(max(int(held), least), most)
    value = int(widget(label, least, most, key=name, **more))
    _write(name, str(value), str(default))
    return value


def whole(name: str, default: int) -> int:
    """Return the whole number of at most nine digits in ``?name=``; ``default`` where there is anything else."""
    asked = st.query_params.get(name, "")
    return int(asked) if re.fullmatch("[0-9]{1,9}", asked) else default


def _write(name: str, value: str, default: str) -> None:
    if value == default:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value
