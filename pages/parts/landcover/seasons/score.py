"""Who was right, field by field: the visitor, the machine and the forest beside it; and the visit's summary."""

from __future__ import annotations

import threading

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from pages.kit import card
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.landcover.seasons import compute, deck, sources, strip
from pages.parts.landcover.seasons.deck import Field

#: The bets of a visit: field -> class, in the order they were made.
BETS = "season_bets"
#: Fields after which the visit is summed up.
VISIT = 10
#: Sources whose forest has been fitted in this process: until then nobody waits for its answers.
_READY: set[str] = set()
_FITTING = threading.Lock()


def bets() -> dict[Field, str]:
    """Return the visitor's bets."""
    return st.session_state.setdefault(BETS, {})


def prepare(source: str) -> None:
    """Fit the forest in a thread, once for the process; it plays from then on."""
    if deck.players(source)[1] is None or source in _READY or _FITTING.locked():
        return

    def work() -> None:
        with _FITTING:
            if source not in _READY:
                compute.knows(source, compute.LIVE)
                _READY.add(source)

    thread = threading.Thread(target=work, name="eogen-forest", daemon=True)
    add_script_run_ctx(thread, get_script_run_ctx())
    thread.start()


def tally() -> list[tuple[str, list[bool]]]:
    """Return the players with what they got right, in the order of the bets: ``you``, ``machine``, ``forest``."""
    played = bets()
    found = [("you", [bet == field.label for field, bet in played.items()])]
    found.append(("machine", [right(field, 0) for field in played]))
    if all(field.source in _READY for field in played) and played:
        found.append(("forest", [right(field, 1) for field in played]))
    return found


def right(field: Field, player: int) -> bool:
    """Return whether the machine (0) or the baseline beside it (1) knows a field."""
    method = deck.players(field.source)[player]
    return method is not None and deck.answer(field, method) == field.label


def board(t: Words) -> None:
    """Draw the score of the visit so far."""
    scores, n = tally(), len(bets())
    st.markdown(t("landcover.series.public.tally", n=n))
    rows = [
        card.Bar(
            t(f"landcover.series.public.players.{who}"), sum(won) / max(n, 1),
            text=t("landcover.series.public.out_of", k=sum(won), n=n), main=who == "you",
        )
        for who, won in scores
    ]  # fmt: skip
    card.bars(rows, t, label=t("landcover.series.public.scores"), room="landcover")


def summary(t: Words) -> None:
    """Draw what the visit came to: the score, who won, and the fields played."""
    scores = {who: sum(won) for who, won in tally()}
    best = (
        "won"
        if scores["you"] > scores["machine"]
        else "tie"
        if scores["you"] == scores["machine"]
        else "lost"
    )
    st.header(t(f"landcover.series.public.summary_{best}"), anchor=False)
    left, rest = st.columns([1, 1.2], gap="large")
    with left:
        board(t)
        st.button(
            t("landcover.series.public.again"), type="primary", width="stretch", icon=":material/replay:",
            on_click=again, key="again",
        )  # fmt: skip
    with rest:
        st.html(_fields(t))


def again() -> None:
    """Forget the bets and go on with the next field."""
    st.session_state.pop(BETS, None)
    st.session_state.pop("season_over", None)


def _fields(t: Words) -> str:
    """Return the fields played: their year, what they were, who knew."""
    scores = tally()
    rows = []
    for k, field in enumerate(bets()):
        held = sources.parcels(field.source)
        year = strip.small(held["reflectance"].values[field.row], [str(b) for b in held["band"].values])
        knew = [t(f"landcover.series.public.by.{who}") for who, won in scores if won[k]]
        said = (
            t("landcover.series.public.knew", who=t.list(knew))
            if knew
            else t("landcover.series.public.nobody")
        )
        name = t(f"landcover.series.classes.{field.label}.short")
        rows.append(f"<li>{year}<b>{escape(name)}</b> <span>{escape(said)}</span></li>")
    label = t("landcover.series.public.played")
    return f'<ul class="eo-years" role="list" aria-label="{escape(label)}">{"".join(rows)}</ul>'
