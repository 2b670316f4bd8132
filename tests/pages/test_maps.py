"""The map elements as Streamlit sees them, and the legends and files they make."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from streamlit.testing.v1 import AppTest

from eogen.colour import Scale
from eogen.raster import Overlay, features_geojson, overlay
from pages.kit.maps import folium_map, leaflet, view
from pages.kit.maps.layers import Layer
from pages.kit.maps.legend import class_legend, scale_legend, ticks
from pages.kit.maps.standalone import WORDS, standalone_html
from tests.browser.harness import REPOSITORY
from tests.pages.reading import PATIENCE

# rioxarray 0.19 and rasterio 1.4 multiply affine 3 matrices the old way; cmocean 4.0 passes a table's length.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Use .@. matmul:PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Passing 'N' to ListedColormap"),
]
LABELS = {"lang": "fr", "map": "m", "zoom_in": "+", "zoom_out": "-", "keys": "k", "at": "{x} {y}"}


def scene():
    n = 128
    y, x = 5_035_000 - 5 - 10 * np.arange(n), 596_005 + 10 * np.arange(n)
    wave = np.add.outer(np.sin(np.arange(n) / 9), np.cos(np.arange(n) / 13))
    return xr.DataArray(wave, {"y": y, "x": x}, ("y", "x")).rio.write_crs(32631)


def standalone(**options):
    field, scale = scene(), Scale("PuOr", -2, 2)
    found = features_geojson(field > 1.5)
    return standalone_html(
        [
            Layer(overlay(scale.colour(field), field), "Évidence"),
            folium_map.Objects(found, "Objets", show={"area_m2": "Surface (m²)"}),
        ],
        words={
            "lang": "fr",
            "title": "Carte <simulée>",
            "opacity": "Opacité",
            "provenance": "Simulé par EOGen, graine 0.",
            "attribution": "EOGen, GPL-3.0-or-later",
            "online": "Le fond demande un réseau.",
        },
        legends=[
            scale_legend(scale, title="Preuve", ends=("contre", "pour")),
            scale_legend(Scale("algae", 0.1, 10, log=True), title="Chlorophylle", unit="mg m⁻³"),
            class_legend([("#D55E00", "Objets")]),
        ],
        **options,
    )


@pytest.mark.parametrize("which", ["geo", "plane", "layers", "folium"])
def test_the_elements_run(which):
    app = AppTest.from_file(REPOSITORY / "tests/browser/apps/swipe_app.py", default_timeout=PATIENCE)
    app.query_params["which"] = which
    app.run()
    assert not app.exception
    found = json.loads(app.text[-1].value.removeprefix("RESULT "))
    assert found.get("clicked") is None
    if which in ("geo", "plane"):
        assert found["position"] == 0.5


def test_what_the_wheel_serves_is_upstream_leaflet():
    """The sha384 that leafletjs.com and unpkg publish for 1.9.3 (subresource integrity)."""
    import base64
    import hashlib

    digest = hashlib.sha384((leaflet.FOLDER / "leaflet.js").read_bytes()).digest()
    assert base64.b64encode(digest).decode().startswith("okbbMvvx/")


def options(**changes):
    return {
        "labels": LABELS,
        "words": (),
        "height": 400,
        "marker": None,
        "rectangle": None,
        "pixelated": None,
        "outline": None,
        "clickable": True,
    } | changes


def test_missing_labels_are_named():
    labels = {k: v for k, v in LABELS.items() if k != "zoom_out"}
    with pytest.raises(KeyError, match=r"zoom_out, bar"):
        view.scene(Overlay("", [[0, 0], [1, 1]]), **options(labels=labels, words=("bar",)))


@pytest.mark.parametrize(
    "other", [Overlay("", [[0, 0], [1, 2]]), Overlay("", [[0, 0], [1, 1]], geographic=False)]
)
def test_pictures_of_one_map_lie_at_one_place(other):
    with pytest.raises(ValueError, match="different places"):
        view.scene(Overlay("", [[0, 0], [1, 1]]), other, **options())


@pytest.mark.parametrize(("size", "sharp"), [((64, 64), True), ((128, 100), True), ((512, 400), False)])
def test_small_images_show_their_pixels(size, sharp):
    assert view.scene(Overlay("", [[0, 0], [1, 1]], size=size), **options())["pixelated"] is sharp


def test_clicks_are_places_or_pixels():
    assert view.clicked({}) is None
    assert view.clicked({"clicked": {"lat": 45.5, "lng": 4}}) == view.Place(45.5, 4.0)
    pixel = view.clicked({"clicked": {"x": 3.7, "y": 0.2}})
    assert (pixel.row, pixel.column) == (0, 3)


def test_a_map_on_earth_refuses_the_pixel_plane():
    with pytest.raises(ValueError, match="pixel plane"):
        folium_map.extent([Layer(overlay(np.zeros((8, 8), "uint8")), "x")])
    with pytest.raises(ValueError, match="at least one"):
        folium_map.extent([])


def test_extent_holds_objects_and_pictures():
    field = scene()
    (south, west), (north, east) = folium_map.extent([folium_map.Objects(features_geojson(field > 1.5), "o")])
    picture = overlay(np.zeros((128, 128), "uint8"), field)
    assert folium_map.extent([Layer(picture, "p")]) == picture.bounds
    assert picture.bounds[0][0] < south < north < picture.bounds[1][0]
    assert picture.bounds[0][1] <= west < east < picture.bounds[1][1]


def test_the_outline_is_small_and_of_europe():
    path = REPOSITORY / "pages/kit/maps/europe_110m.geojson"
    assert path.stat().st_size <= 60_000
    assert {"France", "Spain"} <= {f["properties"]["name"] for f in folium_map.europe()["features"]}


# --- legends ------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.open, self.text = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (("cividis", 0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (("PuOr", -2, 2), [-2, -1, 0, 1, 2]),
        (("algae", 0.1, 10, True), [0.1, 0.3, 1, 3, 10]),
        (("algae", 0.013, 0.017, True), [0.013, 0.017]),
        (("algae", 1e-6, 1e6, True), [1e-6, 1e-3, 1, 1e3, 1e6]),
    ],
)
def test_ticks_are_round(scale, expected):
    assert ticks(Scale(*scale)) == pytest.approx(expected)


def test_a_legend_speaks_the_readers_language_and_escapes():
    html = scale_legend(
        Scale("PuOr", -0.5, 0.5),
        title="<b>Preuve</b>",
        unit="%",
        number=lambda v: f"{v:.2f}".replace(".", ","),
        ends=("contre", "pour"),
        missing="nuages",
    )
    tags = Tags(html)
    assert "b" not in tags.open
    assert {"-0,40", "0,00", "contre", "pour", "nuages"} <= set(tags.text)
    assert 'aria-label="&lt;b&gt;Preuve&lt;/b&gt; (%): -0,50 – 0,50"' in html


def test_the_legend_has_the_colours_of_the_picture():
    scale = Scale("thermal", 0, 1)
    stops = re.search(r"linear-gradient\(90deg,([^)]*)\)", scale_legend(scale, title="t"))[1].split(",")
    drawn = scale.colour(np.linspace(0, 1, len(stops))[None])[0, :, :3]
    assert len(stops) > 10
    assert stops == [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in drawn]


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#123456;}"])
def test_class_colours_are_checked(colour):
    with pytest.raises(ValueError, match="rrggbb"):
        class_legend([(colour, "x")])


# --- stand-alone maps ---------------------------------------------------------------------------------------


def loads(html):
    """Every address the page would load something from (a link to click on loads nothing)."""
    return re.findall(r"""(?<!<a )(?:src|href)\s*=\s*["'](https?://[^"']+)|url\((https?://[^)]+)\)""", html)


def test_a_stand_alone_map_loads_nothing():
    html = standalone()
    assert loads(html) == []
    assert "default-src 'none'" in html
    assert "openstreetmap" not in html.lower()
    assert html.count("data:image/webp") == 1
    assert "Carte &lt;simulée&gt;" in html
    assert '<html lang="fr">' in html


def test_a_background_is_an_explicit_choice_and_says_what_it_needs():
    html = standalone(online=True)
    assert "tile.openstreetmap.org" in html
    assert "Le fond demande un réseau." in html
    assert "© OpenStreetMap contributors" in html


def test_words_of_a_stand_alone_map_are_complete():
    with pytest.raises(KeyError, match=", ".join(WORDS)):
        standalone_html([], words={})


def test_maps_find_leaflet_when_it_was_imported_outside_of_a_visit(monkeypatch):
    """Streamlit forgets what is declared without a visit; maps stayed empty after the warm-up had imported them."""
    said = []
    monkeypatch.setattr(leaflet.components, "declare_component", lambda name, path: said.append((name, path)))
    assert leaflet.serve() == leaflet.ROUTE
    leaflet.localise_folium()
    assert said == [("leaflet", leaflet.FOLDER)] * 2
    source = Path(view.__file__).read_text("utf-8")
    assert "leaflet.serve()" in source
    assert "leaflet.ROUTE" not in source, "the address is given only by what declares it"
