"""Send what is on the screen to validation: the desk of verdicts opens with its form for a new campaign filled in."""

from __future__ import annotations

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from pages.kit.hall import is_expert
from pages.kit.rooms import open_desks
from pages.kit.words import Words

#: The desk that opens, and what its address calls the kind of case and each option.
DESK, KIND, OPTION = "verdicts", "new", "opt_"


def to_validation(
    words: Words, kind: str, **options: str | int | float | list[str] | tuple[str, ...]
) -> None:
    """Draw the link that opens the form for a campaign of ``kind``; nothing without that desk, or for the public.

    Args:
        words: the reader's language.
        kind: name of a kind of case (:func:`eogen.verdicts.kinds.kinds`).
        **options: of the kind, as they are on the screen; an empty one is left to the form.
    """
    if DESK not in open_desks() or not is_expert():
        return
    try:
        st.page_link(
            f"pages/{DESK}.py", label=words("kit.send.label"), icon=":material/fact_check:",
            help=words("kit.send.help"), width="content", query_params=address(words.lang, kind, **options),
        )  # fmt: skip
    except StreamlitPageNotFoundError:  # a panel drawn alone, without the hall: there is no desk to open
        return


def address(
    lang: str, kind: str, **options: str | int | float | list[str] | tuple[str, ...]
) -> dict[str, str]:
    """Return the parameters of the address: ``new=kind`` and ``opt_<name>=value``, several values joined by commas."""
    given = {
        name: ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for name, value in options.items()
    }
    asked = {f"{OPTION}{name}": value for name, value in given.items() if value}
    return {"lang": lang, "view": "expert", KIND: kind, **asked}
