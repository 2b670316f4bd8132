"""The link to validation from the expert view of land cover, its seasons, rain and canopy, in both languages."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from eogen.verdicts.kinds import kind
from pages.kit.words import load
from tests.pages.reading import visit

#: Page, address, kind, and the options that travel; each language once per room.
LINKS = (
    ("landcover", {"set": "simulated"}, "explanations",
     {"landcover_source": ["simulated"], "landcover_model": ["index_network"]}),
    ("landcover", {"topic": "season", "parcels": "territory"}, "seasons", {"landcover_parcels": ["territory"]}),
    ("rain", {"panel": "map", "method": "pca_kmeans"}, "families", {"rain_method": ["pca_kmeans"]}),
    ("canopy", {"panel": "inspector", "family_a": "flow", "family_b": "copula"}, "posteriors",
     {"canopy_families": ["flow,copula"]}),
)  # fmt: skip


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch):
    """A machine without any real data."""
    monkeypatch.setenv("EOGEN_DATA", str(tmp_path))


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize(("page", "address", "name", "options"), LINKS)
def test_what_is_on_the_screen_is_sent(page, address, name, options, lang):
    at = visit(page, lang=lang, view="expert", **address)
    assert not at.exception
    label = load(lang)("kit.send.label")
    (found,) = [one.proto for one in at.get("page_link") if one.proto.label == label]
    asked = parse_qs(found.query_string)
    assert asked.pop("new") == [name]
    assert asked.items() >= {f"opt_{key}": value for key, value in options.items()}.items()
    known = {option.name: list(option.values()) for option in kind(name).options}
    for key, (value,) in asked.items():
        if key.startswith("opt_") and key != "opt_canopy_source":
            assert set(value.split(",")) <= set(known[key.removeprefix("opt_")])
