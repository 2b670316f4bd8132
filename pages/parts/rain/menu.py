"""The controls of the expert view: weather, season, seed, run; the satellites and the hour are in the address."""

from __future__ import annotations

from functools import partial
from typing import Any

from eogen.rain.regimes import NAMES as REGIMES
from eogen.rain.simulate import RUNS
from pages.kit.address import choose, number, whole
from pages.kit.words import Words
from pages.parts.rain import days, fleet, public
from pages.parts.rain.days import Choice
from pages.parts.rain.state import State

#: Months on whose first day a simulated day starts.
SEASONS = {"winter": "2023-01-15", "spring": "2023-04-15", "summer": "2023-07-14", "autumn": "2023-10-12"}
#: The choice that lets the weather follow the season.
FREE = "season"
SEED = 1


def state(t: Words, columns: list[Any]) -> State:
    """Draw the controls in four columns; return what is on the screen."""
    seed = number(columns[0].number_input, t("rain.controls.seed"), 0, 9999, name="seed", default=SEED)
    season = choose(
        columns[1].selectbox, t("rain.controls.season"), tuple(SEASONS), name="season", default="summer",
        format_func=lambda n: t(f"rain.seasons.{n}"),
    )  # fmt: skip
    regime = choose(
        columns[2].selectbox, t("rain.controls.regime"), (*REGIMES, FREE), name="regime", default="frontal",
        format_func=lambda n: t(f"rain.regimes.{n}"), help=t("rain.controls.regime_help"),
    )  # fmt: skip
    run = choose(
        partial(columns[3].segmented_control, required=True), t("rain.controls.run"), RUNS, name="run", default="early",
        format_func=lambda n: t(f"rain.controls.{n}"), help=t("rain.controls.run_help"),
    )  # fmt: skip
    choice = Choice(seed, SEASONS[season], "" if regime == FREE else regime, run).without(
        *fleet.switched_off()
    )
    return State(choice, min(whole("at", 8), days.SLOTS - 1), public.told(t, choice))
