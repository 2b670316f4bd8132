"""What of this room can be judged: a filled patch beside the one really seen, and whole filled scenes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from eogen.colour import Scale
from eogen.errors import InputError
from eogen.ocean import blind, display, seas, sights, whole_fields
from eogen.ocean.sights import Sight
from eogen.ocean.trial import Trial
from eogen.ocean.whole_fields import Scene
from eogen.progress import Progress
from eogen.verdicts import pictures
from eogen.verdicts.kinds import Case, Kind, Option, Panel

#: Dates tried, patches of each method and real scenes at most, seeds of simulated seas.
DATES, PATCHES = ("4", "8", "16"), 60
SEEDS = ("3", *(str(seed) for seed in range(100) if seed != 3))
#: Colours of land, and of what nobody saw or is not shown.
LAND, BLANK = (214, 205, 186), (244, 246, 248)


def patches(options: Mapping[str, Any], progress: Progress) -> list[Case]:
    """Return patches that were hidden from the chosen methods: real on one side, filled on the other.

    Raises:
        InputError: ``judged_no_case``; those of readers and methods.
        Unavailable: ``judged_source``; ``no_model_weights``.
    """
    found = []
    for seen, name, trial, dates in _trials(options, progress):
        for one in blind.deal(trial, seen.seed, PATCHES):
            frame = int(trial.frames[one.frame])
            facts = {
                "at": one.frame,
                "rows": list(one.rows),
                "columns": list(one.columns),
                "member": one.member,
            }
            rows, columns = slice(*one.rows), slice(*one.columns)
            made = _about(seen, frame, rows, columns, dates) | facts
            found.append(
                _case(seen, one.name, name, made, thing=f"{one.rows[0]}-{one.columns[0]}-{one.member}",
                      stratum=name, truth="real")
            )  # fmt: skip
    return _some(found, options)


def patch(case: Case) -> tuple[Panel, ...]:
    """Return what was seen and what was filled: the same cells, one scale.

    Raises:
        InputError: ``judged_other_images``; those of readers and methods.
    """
    facts = case.facts
    seen, trial = _again(case)
    one = blind.Case(
        case.item, facts["at"], tuple(facts["rows"]), tuple(facts["columns"]), facts["member"], True
    )
    real, filled = blind.pictures(trial, seen.cube.values, one)
    scale, quantity = _scale(seen, real, filled)
    land = ~seen.cube.sea.values[slice(*one.rows), slice(*one.columns)]
    return tuple(
        Panel(name, _picture(seen, field, land, scale), pictures.legend(scale, quantity))
        for name, field in (("real", real), ("filled", filled))
    )


def fillings(options: Mapping[str, Any], progress: Progress) -> list[Case]:
    """Return scenes that the chosen methods filled, and some seas really seen whole, shown the same way.

    Raises:
        InputError: ``judged_no_case``; those of readers and methods.
        Unavailable: ``judged_source``; ``no_model_weights``.
    """
    found: list[Case] = []
    whole: dict[str, tuple[int, list[Scene]]] = {}
    for seen, name, trial, dates in _trials(options, progress):
        values, sea = seen.cube.values, seen.cube.sea.values
        rng = np.random.default_rng((seen.seed, 17, int(seen.content, 16) % 2**32))
        if seen.content not in whole:
            whole[seen.content] = whole_fields.seen_whole(values, sea)
            found += _real(seen, whole[seen.content][1], dates, rng)
        side, real = whole[seen.content]
        for k, scene in enumerate(whole_fields.filled(trial, sea, side, rng)):
            at = int(np.flatnonzero(trial.frames == scene.frame)[0])
            holes = real[k % len(real)] if real else None
            member = k % sights.MEMBERS
            field = whole_fields.answer(trial, scene, member, sea)
            score = whole_fields.ordinary(values, scene, field, trial.held[at][scene.cut])
            facts = _scene_facts(seen, scene, dates, [scene.frame, trial.signature.donors[at]], holes, member)
            found.append(_case(seen, _item(seen, name, facts), name, facts, thing=_thing(facts), stratum=name,
                               score=score))  # fmt: skip
    return _some(found, options)


def filling(case: Case) -> tuple[Panel, ...]:
    """Return a scene before, with its gap, and after, without.

    Raises:
        InputError: ``judged_other_images``; those of readers and methods.
    """
    facts = case.facts
    scene = Scene(facts["frame"], facts["row"], facts["column"], facts["side"])
    if case.method:
        seen, trial = _again(case)
        sea = seen.cube.sea.values
        held = trial.held[int(np.flatnonzero(trial.frames == scene.frame)[0])][scene.cut]
        after = whole_fields.answer(trial, scene, facts["member"], sea)
    else:
        seen = sights.unchanged(facts["source"], facts["seed"], facts["content"])
        sea = seen.cube.sea.values
        held = whole_fields.hidden_by(seen.cube.values, sea, scene, facts["clouds_of"])
        after = seen.cube.values[scene.frame][scene.cut]
    before = np.where(held, np.nan, seen.cube.values[scene.frame][scene.cut])
    if facts["holes_of"] is not None:
        blank = Scene(*facts["holes_of"], scene.side)
        blank_cells = ~np.isfinite(seen.cube.values[blank.frame][blank.cut]) & seen.cube.sea.values[blank.cut]
        before, after = (np.where(blank_cells, np.nan, field) for field in (before, after))
    scale, quantity = _scale(seen, before, after)
    legend, land = pictures.legend(scale, quantity), ~sea[scene.cut]
    return (
        Panel("ocean_before", _picture(seen, before, land, scale), legend),
        Panel("ocean_after", _picture(seen, after, land, scale), legend),
    )


def _trials(options: Mapping[str, Any], progress: Progress) -> list[tuple[Sight, str, Trial, int]]:
    source, dates = options["ocean_source"], int(options["ocean_dates"])
    seeds = [int(s) for s in options["ocean_seeds"]] if source in seas.SIMULATED else [0]
    asked = [(seed, name) for seed in seeds for name in options["ocean_methods"]]
    found = []
    for number, (seed, name) in enumerate(asked):
        progress(number, len(asked), "candidates")
        seen = sights.sight(source, seed)
        found.append((seen, name, sights.tried(seen, name, dates), dates))
    return found


def _again(case: Case) -> tuple[Sight, Trial]:
    facts = case.facts
    seen = sights.unchanged(facts["source"], facts["seed"], facts["content"])
    return seen, sights.tried(seen, case.method, facts["dates"])


def _real(seen: Sight, whole: list[Scene], dates: int, rng: np.random.Generator) -> list[Case]:
    """Return the scenes seen whole as cases that look filled."""
    values, sea = seen.cube.values, seen.cube.sea.values
    found = []
    for scene in (whole[k] for k in np.sort(rng.permutation(len(whole))[:PATCHES])):
        clouds = whole_fields.hiding(values, sea, scene, rng)
        if clouds is None:
            continue
        held = whole_fields.hidden_by(values, sea, scene, clouds)
        score = whole_fields.ordinary(values, scene, values[scene.frame][scene.cut], held)
        facts = _scene_facts(seen, scene, dates, clouds, scene, 0)
        found.append(_case(seen, _item(seen, "", facts), "", facts, thing=_thing(facts), stratum="observed",
                           score=score, truth="plausible"))  # fmt: skip
    return found


def _scene_facts(
    seen: Sight, scene: Scene, dates: int, clouds: list[int], holes: Scene | None, member: int
) -> dict[str, Any]:
    """Return the same facts for a real and for a filled scene: no key of them is there for one alone."""
    return _about(seen, scene.frame, *scene.cut, dates) | {
        "row": scene.row, "column": scene.column, "side": scene.side, "member": member,
        "clouds_of": [int(t) for t in clouds],
        "holes_of": None if holes is None else [holes.frame, holes.row, holes.column],
    }  # fmt: skip


def _about(seen: Sight, frame: int, rows: slice, columns: slice, dates: int) -> dict[str, Any]:
    cube = seen.cube
    lon = (float(cube.lon.values[columns].mean()) + 180) % 360 - 180
    return {
        "source": seen.source, "seed": seen.seed, "content": seen.content, "dates": dates, "frame": frame,
        "date": str(cube.time.values[frame])[:10], "lon": round(lon, 4),
        "lat": round(float(cube.lat.values[rows].mean()), 4),
    }  # fmt: skip


def _item(seen: Sight, name: str, facts: Mapping[str, Any]) -> str:
    """Return a name that tells methods apart without saying which: a reviewer may read it."""
    told = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{seen.source}-{seen.seed}/{facts['date']}/{_thing(facts)}/{told}"


def _thing(facts: Mapping[str, Any]) -> str:
    return f"{facts['row']}-{facts['column']}-{facts['side']}"


def _case(
    seen: Sight, item: str, name: str, facts: dict[str, Any], *, thing: str, stratum: str, truth: str = "",
    score: float | None = None,
) -> Case:  # fmt: skip
    about = seen.cube.attrs
    return Case(
        item=item, dataset=str(about.get("dataset", "")), scene=f"{seen.source} {facts['date']}", thing=thing,
        facts=facts, method=name, weights=sights.weights(name) if name else "", stratum=stratum,
        score=None if score is None else round(score, 4), truth=truth, origin=str(about.get("kind", "real")),
        source=str(about.get("dataset", "") or seen.source), licence=str(about.get("licence", "")),
    )  # fmt: skip


def _some(found: list[Case], options: Mapping[str, Any]) -> list[Case]:
    if not found:
        raise InputError(
            "judged_no_case", "Nothing was found to judge in {source} with these choices; choose a higher limit or "
            "other images.", source=options["ocean_source"],
        )  # fmt: skip
    return found


def _scale(seen: Sight, *fields: np.ndarray) -> tuple[Scale, str]:
    name = str(seen.cube.name)
    return display.scale(name, *fields), f"ocean_{name.removeprefix('log10_')}"


def _picture(seen: Sight, field: np.ndarray, land: np.ndarray, scale: Scale) -> bytes:
    """Return a field (row, column; south first) as a picture, north up."""
    colours = scale.colour(display.shown(str(seen.cube.name), field))
    pixels = np.where(colours[..., 3:] > 0, colours[..., :3], np.array(BLANK, np.uint8))
    pixels[land] = LAND
    return pictures.png(pixels[::-1])


_OPTIONS = (
    Option("ocean_source", sights.names),
    Option("ocean_methods", sights.offered, several=True),
    Option("ocean_dates", lambda: DATES),
    Option("ocean_seeds", lambda: SEEDS, several=True),
)
KINDS = (
    Kind("real_or_filled", "ocean", ("real", "filled"), patches, patch, _OPTIONS, sides=True),
    Kind("fillings", "ocean", ("plausible", "not_plausible"), fillings, filling, _OPTIONS),
)
