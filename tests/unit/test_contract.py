"""The shape of the house: two wings, arrows that only go down, rooms that do not know each other."""

from __future__ import annotations

from pathlib import Path

import grimp
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ROOMS = ("canopy", "ocean", "change", "rain", "landcover")
#: The one drawn exception: the simulated Sentinel-2 territory stands on canopy's physics.
ALLOWED = {("landcover", "canopy"), ("change", "canopy")}
#: From the ground up; a module may import its own floor (rooms excepted) and those below.
FLOORS = ("ground", "shared", "room", "command", "kit", "page", "app")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("eogen", "pages", include_external_packages=True, cache_dir=None)


def edges(graph: grimp.ImportGraph) -> list[tuple[str, str]]:
    return [(m, i) for m in sorted(graph.modules) for i in graph.find_modules_directly_imported_by(m)]


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "eogen" and len(parts) > 1 and parts[1] in ROOMS else None


def floor(module: str) -> int | None:
    parts = module.split(".")
    if parts[0] == "pages":
        return FLOORS.index("kit" if parts[1:2] == ["kit"] else "page")
    if parts[0] != "eogen":
        return None
    if room_of(module):
        return FLOORS.index("room")
    if parts[1:2] and parts[1] in ("__main__", "cli"):
        return FLOORS.index("command")
    return FLOORS.index("shared" if parts[1:2] and parts[1] in ("nn", "catalog", "verdicts") else "ground")


def test_the_science_wing_never_imports_the_screen(graph: grimp.ImportGraph) -> None:
    bad = [
        (m, i) for m, i in edges(graph) if m.startswith("eogen") and i.split(".")[0] in ("streamlit", "pages")
    ]
    assert not bad, bad


def test_rooms_do_not_import_each_other(graph: grimp.ImportGraph) -> None:
    between = {(a, b) for m, i in edges(graph) if (a := room_of(m)) and (b := room_of(i)) and a != b}
    assert between <= ALLOWED, between - ALLOWED


def test_arrows_only_go_down(graph: grimp.ImportGraph) -> None:
    bad = [
        (m, i)
        for m, i in edges(graph)
        if (upper := floor(m)) is not None and (lower := floor(i)) is not None and upper < lower
    ]
    assert not bad, bad


def test_the_kit_knows_no_room(graph: grimp.ImportGraph) -> None:
    bad = [(m, i) for m, i in edges(graph) if m.startswith("pages.kit") and room_of(i)]
    assert not bad, bad


def test_files_hold_one_idea() -> None:
    long = {
        str(f.relative_to(REPOSITORY)): n
        for folder in ("eogen", "pages", "tests", "benchmarks")
        for f in (REPOSITORY / folder).rglob("*.py")
        if (n := len(f.read_text().splitlines())) > 400
    }
    assert not long, f"files over 400 lines: {long}"


def test_the_files_that_go_first_are_there() -> None:
    from tests.conftest import LONGEST

    missing = [name for name in LONGEST if not (REPOSITORY / "tests" / name).is_file()]
    assert not missing, f"tests/conftest.py orders files that are gone: {missing}"
