"""The pictures of a case as HTML: side by side, each with its name, one legend for all that share it."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from eogen.verdicts.campaigns import Campaign, Held
from eogen.verdicts.kinds import Legend, Panel
from pages.kit.provenance import badge_html
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.verdicts import naming

SIDES = ("left", "right")


def html(t: Words, campaign: Campaign, panels: Sequence[Panel], order: Sequence[str]) -> str:
    """Return the panels in the order in which the reviewer sees them.

    A panel that is an answer is only called left or right; its name, its file and its legend tell nothing else.
    """
    by_name = {panel.name: panel for panel in panels}
    cells = []
    for name in order:
        panel = by_name[name]
        key = title_key(campaign, name, order)
        title, alt = said(t, key, name), said(t, f"{key}_alt", name)
        source = base64.b64encode(panel.png).decode()
        cells.append(
            f'<figure><img alt="{escape(alt)}" src="data:image/png;base64,{source}">'
            f"<figcaption>{escape(title)}</figcaption></figure>"
        )
    legends = {_legend(t, panel.legend): None for name in order if (panel := by_name[name]).legend}
    kind = f"n{len(cells)} {escape(campaign.kind)}"
    grid = f'<div class="eo-case {kind}">{"".join(cells)}</div>'
    return f"{grid}{''.join(legends)}"


def said(t: Words, key: str, name: str) -> str:
    """Return a text, or the bare name where a campaign of another version names what this one has no words for."""
    return t(key) if key in t else name


def title_key(campaign: Campaign, name: str, order: Sequence[str]) -> str:
    """Return the key of a panel's title: the side for one that is an answer, else its own."""
    if campaign.sides and name in campaign.answers:
        at = [other for other in order if other in campaign.answers].index(name)
        return f"verdicts.panels.{SIDES[at]}"
    return f"verdicts.panels.{name}"


def origin_html(t: Words, campaign: Campaign, held: Sequence[Held], one: Held) -> str:
    """Return where the pictures come from; in a blind one what all cases come from together, which tells nothing."""
    if campaign.blind or campaign.sides:
        sources = dict.fromkeys(" · ".join(filter(None, (h.case.source, h.case.licence))) for h in held)
        said = t("verdicts.judge.hidden", sources=" ; ".join(filter(None, sources)) or "–")
        return f'<p class="eo-muted">{escape(said)}</p>'
    case = one.case
    # a control is recognised by its method, so where there are some no case tells its own
    telling = not any(h.case.method in naming.CONTROLS for h in held)
    line = naming.place(t, campaign, case, methods=telling)
    return f'<div class="eo-caption">{badge_html(case.origin, t)}<p>{escape(line)}</p></div>'


def _legend(t: Words, legend: Legend | None) -> str:
    if legend is None:
        return ""
    stops = ", ".join(legend.colours)
    name = said(t, f"verdicts.quantities.{legend.quantity}", legend.quantity)
    ends = [t.number(legend.low), t.number(legend.high)]
    between = (legend.low * legend.high) ** 0.5 if legend.log else (legend.low + legend.high) / 2
    middle = t.number(float(f"{between:.2g}"))
    return (
        f'<div class="eo-case-legend"><span>{escape(name)}</span><div aria-hidden="true" '
        f'style="background:linear-gradient(to right, {escape(stops)})"></div>'
        f"<p><span>{ends[0]}</span><span>{middle}</span><span>{ends[1]}</span></p></div>"
    )
