"""What a visitor reads when something cannot be done; what the server's log keeps."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from eogen.errors import Cancelled, InputError, Unavailable
from pages.kit.style import escape
from pages.kit.words import Words

log = logging.getLogger("eogen.pages")


def sentence(error: InputError, words: Words) -> str:
    """Say ``error`` in the reader's language; where that lacks it, in English with a warning in the log."""
    key = f"errors.{error.code}"
    if key not in words:
        log.warning("no text %s in assets/words/%s", key, words.lang)
        return str(error)
    return words(key, **error.facts)


def box_html(error: InputError, words: Words) -> str:
    """Return the box that :func:`show` draws. Facts may come from files and visitors: everything is escaped.

    A fact named ``command`` is shown as a line to copy.
    """
    missing = isinstance(error, Unavailable)
    title = words("kit.errors.missing_title" if missing else "kit.errors.title")
    said = escape(sentence(error, words))
    command = error.facts.get("command")
    line = f'<pre tabindex="0"><code>{escape(command)}</code></pre>' if command else ""
    kept = "" if missing else f"<p><small>{escape(words('kit.errors.kept'))}</small></p>"
    kind, role = ("missing", "status") if missing else ("input", "alert")
    title = f'<p class="title">{escape(title)}</p>'
    return f'<div class="eo-box {kind}" role="{role}">{title}<p>{said}</p>{line}{kept}</div>'


def show(error: InputError, words: Words) -> None:
    """Show in a box what was wrong and what to do; softer when something is only absent."""
    st.html(box_html(error, words))


def apologise(error: Exception, words: Words) -> str:
    """Log ``error`` with its traceback, show the visitor a short sentence; return the incident id in both."""
    incident = secrets.token_hex(4)
    log.error("incident %s", incident, exc_info=error)
    st.html(
        f'<div class="eo-box fault" role="alert"><p>{escape(words("kit.errors.sorry"))}</p>'
        f"<p><small>{escape(words('kit.errors.incident', id=incident))}</small></p></div>"
    )
    return incident


@contextmanager
def guard(words: Words) -> Iterator[None]:
    """Keep a page usable when one of its sections fails: ``with guard(words): …`` or ``@guard(words)``.

    An :class:`InputError` becomes its box, :class:`Cancelled` a short notice, any other exception an apology
    with an incident id whose traceback is in the server's log. Streamlit's own control flow (stop, rerun,
    switch page) is not an ``Exception`` and passes through.
    """
    try:
        yield
    except InputError as error:
        show(error, words)
    except Cancelled:
        st.html(f'<p class="eo-muted" role="status">{escape(words("kit.progress.cancelled"))}</p>')
    except Exception as error:  # noqa: BLE001 - the last wall before the visitor: logged whole, never hidden
        apologise(error, words)
