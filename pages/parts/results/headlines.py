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


def sentence(t: Words, report: Report, name: str, dataset: str) -> str:
    """Return one sentence, HTML, on the best own model and the best baseline; nothing where it was not measured."""
    found = of(report, name, dataset)
    own, base = best_own(report, found), found.baseline
    if own is None:
        return ""
    method, figure, data = naming.of(t, report.room)
    facts = {
        "figure": figure(name), "set": data(dataset), "own": method(own.method), "value": tables.interval(own, t),
        "unit": naming.unit(t, own.unit),
    }  # fmt: skip
    facts = {k: escape(v) for k, v in facts.items()}
    if base is None:
        return t("results.headline.alone", **facts)
    ahead = found.ranked.index(own) < found.ranked.index(base)
    clear = apart(own, base)
    key = {
        (True, True): "leads",
        (False, True): "behind",
        (True, False): "level_ahead",
        (False, False): "level_behind",
    }
    place = key[ahead, bool(clear)] if own.value != base.value else "equal"
    more = {"baseline": escape(method(base.method)), "base": escape(tables.interval(base, t))}
    return t(f"results.headline.{place}", **facts, **more)


def html(t: Words, reports: Sequence[Report]) -> str:
    """Return the list of rooms."""
    return f'<ul class="eo-standings">{"".join(_row(t, report) for report in reports)}</ul>'


def _row(t: Words, report: Report) -> str:
    goals = [f for f in report.figures if f.reached is not None]
    met = sum(f.reached is True for f in goals)
    leads = LEADS.get(report.room, ())
    said = [(dataset, text) for name, dataset in leads if (text := sentence(t, report, name, dataset))]
    lines = "".join(f"<p>{provenance.badge_html(naming.origin(d), t)} {text}</p>" for d, text in said)
    share = 100 * met / len(goals) if goals else 0
    room = naming.room_of(report.room)
    bar = f'<span class="bar" aria-hidden="true"><i style="width:{share:.1f}%"></i></span>'
    count = t("results.overview.count", met=met, n=len(goals))
    return (
        f'<li class="{escape(room)}"><span class="eo-room">{escape(naming.title(t, report.room))}</span>'
        f'<div class="said">{lines}</div><div class="goals">{bar}<span>{escape(count)}</span></div></li>'
    )
