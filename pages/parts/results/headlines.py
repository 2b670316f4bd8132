"""One line per room: its leading model beside the best simple method, and a bar of targets met."""

from __future__ import annotations

from collections.abc import Sequence

from eogen.results import Figure, Report
from eogen.standing import Standing, apart, standing
from pages.kit import provenance
from pages.kit.style import escape
from pages.kit.words import Words
from pages.parts.results import naming, roles, tables

#: Report -> the figures that answer "how good?", each on one data set; real ones first.
LEADS: dict[str, tuple[tuple[str, str], ...]] = {
    "canopy": (("rmse", "CESBIO"), ("rmse", "ETH")),
    "ocean": (("rmse", "nep_2021_daily_modis_viirs, 8-day"),),
    "change": (("ap", "OSCD_pairRGB8"), ("ap", "LEVIR-CD_1024")),
    "rain": (("r2/csi", "imerg_sbrazil_202311, day left out"), ("r2/csi", "simulated, late")),
    "landcover": (("folds_accuracy", "EuroSAT 13 bands"),),
    "landcover_series": (("accuracy", "worldcereal/dekad_2023_FRA_LPIS_POLY_110, by group"),),
}


def of(report: Report, name: str, dataset: str) -> Standing:
    """Return who leads a figure on a data set; what bounds it (chance, ceilings) does not compete."""
    rows = [
        f
        for f in report.figures
        if (f.name, f.dataset) == (name, dataset) and roles.role(report.room, f.method) != "control"
    ]
    return standing(rows, lambda method: roles.is_baseline(report.room, method))


def best_own(report: Report, found: Standing) -> Figure | None:
    """Return the best of the project's own methods."""
    if found.best is None:
        return None
    return next((f for f in found.ranked if roles.role(report.room, f.method) == "own"), None)


def verdict(own: Figure, base: Figure, ahead: bool, t: Words) -> str:
    """Return which of ``leads``, ``behind``, ``level_ahead``, ``level_behind``, ``equal`` two figures are.

    ``equal``: both read the same with the digits that are shown.
    """
    if tables.interval(own, t).partition(" ")[0] == tables.interval(base, t).partition(" ")[0]:
        return "equal"
    if apart(own, base):
        return "leads" if ahead else "behind"
    return "level_ahead" if ahead else "level_behind"


def html(t: Words, reports: Sequence[Report]) -> str:
    """Return a table: a row per leading figure, the best own model beside the best baseline, targets met per room."""
    heads = ("room", "figure", "own", "simple", "verdict", "goals")
    head = "".join(f'<th scope="col">{escape(t(f"results.headline.{name}"))}</th>' for name in heads)
    body = "".join(_rows(t, report) for report in reports)
    return f'<table class="eo-standings"><thead><tr>{head}</tr></thead>{body}</table>'


def _rows(t: Words, report: Report) -> str:
    """Return the rows of a room: its name and its targets span them."""
    lines = [
        cells for name, dataset in LEADS.get(report.room, ()) if (cells := _line(t, report, name, dataset))
    ]
    lines = lines or ['<td colspan="4">–</td>']
    span = f' rowspan="{len(lines)}"' if len(lines) > 1 else ""
    room = escape(naming.room_of(report.room))
    name = f'<th scope="rowgroup"{span}><span class="eo-room {room}">{escape(naming.title(t, report.room))}</span></th>'
    goals = f'<td class="goals"{span}>{_bar(t, report)}</td>'
    first, *rest = lines
    return f'<tbody class="{room}"><tr>{name}{first}{goals}</tr>{"".join(f"<tr>{line}</tr>" for line in rest)}</tbody>'


def _line(t: Words, report: Report, name: str, dataset: str) -> str:
    found = of(report, name, dataset)
    own, base = best_own(report, found), found.baseline
    if own is None:
        return ""
    method, _, data = naming.of(t, report.room)
    what = naming.with_unit(t, report.room, name, own.unit)
    said = [
        f"<b>{escape(what)}</b> {provenance.badge_html(naming.origin(dataset), t)}<br>{escape(data(dataset))}",
        f"<b>{escape(method(own.method))}</b><br>{_number(t, own)}",
    ]
    if base is None:
        said += ["–", ""]
    else:
        how = verdict(own, base, found.ranked.index(own) < found.ranked.index(base), t)
        said.append(f"{escape(method(base.method))}<br>{_number(t, base)}")
        said.append(f'<span class="verdict {how}">{escape(t(f"results.headline.{how}"))}</span>')
    # a phone has no room for the heads of the columns: it shows each over its cell
    heads = ("", t("results.headline.own"), t("results.headline.simple"), "")
    return "".join(
        f'<td data-head="{escape(head)}">{cell}</td>' if head else f"<td>{cell}</td>"
        for head, cell in zip(heads, said, strict=True)
    )


def _number(t: Words, figure: Figure) -> str:
    """Write the value, its interval in small."""
    value, _, rest = tables.interval(figure, t).partition(" ")
    return f"{escape(value)} <small>{escape(rest)}</small>" if rest else escape(value)


def _bar(t: Words, report: Report) -> str:
    goals = [f for f in report.figures if f.reached is not None]
    met = sum(f.reached is True for f in goals)
    share = 100 * met / len(goals) if goals else 0
    bar = f'<span class="bar" aria-hidden="true"><i style="width:{share:.1f}%"></i></span>'
    return f"{bar}<span>{escape(t('results.overview.count', met=met, n=len(goals)))}</span>"
