"""The page that shows every shared element, run in both languages and views."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.kit.words import LANGUAGES, load
from tests.pages.reading import PATIENCE
from tests.real import REPOSITORY

DEMO = REPOSITORY / "tests" / "pages" / "apps" / "kit_demo.py"


def demo(**params) -> AppTest:
    at = AppTest.from_file(str(DEMO), default_timeout=PATIENCE)
    for name, value in params.items():
        at.query_params[name] = value
    return at.run()


def html(at: AppTest) -> str:
    return "".join(element.proto.body for element in at.get("html"))


@pytest.mark.parametrize("view", ["public", "expert"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_element_is_drawn(lang, view):
    at = demo(lang=lang, view=view)
    words = load(lang)
    assert not at.exception
    assert at.title[0].value == words("rooms.landcover.question")
    body = html(at)
    for key in ("kit.provenance.real", "kit.errors.sorry", "kit.gauge.none", "kit.export.link_title"):
        assert words(key) in body
    for piece in (
        'class="eo-bars',
        'class="eo-gauge',
        'class="eo-metric',
        'class="eo-card',
        "data:image/svg+xml",
    ):
        assert piece in body
    assert "a secret path" not in body
    assert "<script>alert" not in body
    labels = [b.label for b in at.get("download_button")]
    assert labels == ["CSV", "GeoTIFF", "GeoJSON", "JSON"]


def test_the_link_reopens_the_view_without_the_stand():
    at = demo(lang="en", view="expert", stand="1", idle="30", tour="2", seconds="0", image="a b&c")
    assert at.code[0].value.endswith("?image=a+b%26c&lang=en&seconds=0&view=expert")


def test_without_a_language_french_is_spoken():
    assert demo().title[0].value == load("fr")("rooms.landcover.question")


def test_a_rerun_gives_the_same_page():
    at = demo(lang="fr")
    first = [element.proto.body for element in at.get("html") if "Incident" not in element.proto.body]
    again = [element.proto.body for element in at.run().get("html") if "Incident" not in element.proto.body]
    assert first == again
